"""`socle validate`: validate files, from a terminal or a script, without any service."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

if TYPE_CHECKING:
    from services.validation.engine import Options, ParsedSchema, Report
    from services.validation.engine.messages import Language

FORMATS = ("text", "json")
VALID, INVALID, COULD_NOT_RUN = 0, 1, 2


class CannotRun(click.ClickException):
    """Nothing could be validated: exit code 2."""

    exit_code = COULD_NOT_RUN


@click.command(name="validate")
@click.argument("files", nargs=-1, required=True)
@click.option("--schema", "schema_name", required=True, metavar="NAME[@VERSION]|PATH|URL", help="Schema.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--lang", "language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
def validate(files: tuple[str, ...], schema_name: str, format_: str, language: Language) -> None:
    """Valider des fichiers contre un schéma. / Validate FILES against a schema.

    Exit code: 0 all valid, 1 some are not valid, 2 could not run.
    """
    from services.validation.engine import Options

    schema = read_schema(schema_name)
    codes = []
    for path in files:
        report = validate_one(path, schema, Options())
        click.echo(_render(report, format_, language), nl=False)
        codes.append(exit_code(report))
    sys.exit(max(codes))


def read_schema(name: str) -> ParsedSchema:
    """The schema of that name, path or address. Raises ClickException (exit code 2) when there is none."""
    from services.validation.engine import Unreadable, bundle, resolve_schema

    try:
        return resolve_schema(Path(name) if Path(name).is_file() else name)
    except bundle.SchemaNotFound as absent:
        near = f" Proches / close: {', '.join(absent.close)}." if absent.close else ""
        raise CannotRun(f"Schéma inconnu / unknown schema: {name}.{near}") from absent
    except Unreadable as stopped:
        raise CannotRun(str(stopped.finding.params)) from stopped


def validate_one(path: str, schema: ParsedSchema, options: Options) -> Report:
    """Validate one file; `-` is the standard input."""
    from services.validation.engine import validate as run

    source: str | BinaryIO = sys.stdin.buffer if path == "-" else path
    return run(source, schema, options)


def exit_code(report: Report) -> int:
    """0 valid, 1 not valid, 2 when nothing could be validated."""
    if report.valid:
        return VALID
    return INVALID if report.could_run else COULD_NOT_RUN


def _render(report: Report, format_: str, language: Language) -> str:
    if format_ == "json":
        import orjson

        return orjson.dumps(report.to_dict(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    from services.validation.engine.render.text import render_text

    return render_text(report, language, colour=sys.stdout.isatty())
