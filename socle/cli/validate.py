"""`socle validate`: validate files, from a terminal or a script, without any service."""

from __future__ import annotations

import contextlib
import gc
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from socle.cli.reading import delimiter_of, reading_options, sheet_of

if TYPE_CHECKING:
    from services.validation.engine import Options, ParsedSchema
    from services.validation.engine.messages import Language
    from services.validation.engine.render import FileReport, ReportDocument
    from socle.cli.data_package import PackagedTable
    from socle.cli.table_files import Target

FORMATS = ("text", "json", "ndjson", "validata", "sarif", "junit", "csv", "html")
VALID, INVALID, COULD_NOT_RUN = 0, 1, 2


class CannotRun(click.ClickException):
    """Nothing could be validated: exit code 2."""

    exit_code = COULD_NOT_RUN


@dataclass(frozen=True, slots=True)
class _Asked:
    """How to read every file, and how much of the errors to keep."""

    encoding: str | None
    delimiter: str | None
    sheet: str | int | None
    ignore_header_case: bool
    max_errors: int
    samples: int


@click.command(name="validate")
@click.argument("files", nargs=-1, required=True, metavar="FICHIER|DOSSIER|- …")
@click.option(
    "--schema",
    "schema_name",
    metavar="NOM[@VERSION]|FICHIER",
    help="Schéma embarqué (voir « socle schemas »), fichier JSON ou URL ; sans schéma, dit lesquels le fichier semble "
    "suivre. / Bundled schema, JSON file or URL; without one, tells which ones the file seems to follow.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="Forme du rapport. / Form of the report.",
)
@click.option(
    "--lines", is_flag=True, help="Avec validata : un rapport par ligne. / With validata: one report a line."
)
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Fichier où écrire le rapport. / File to write the report to.",
)
@click.option(
    "--lang",
    "language",
    type=click.Choice(["fr", "en"]),
    default="fr",
    show_default=True,
    help="Langue du rapport. / Language of the report.",
)
@reading_options
@click.option(
    "--ignore-header-case",
    is_flag=True,
    help="Accepter les noms de colonnes dans une autre casse. / Accept column names in another case.",
)
@click.option(
    "--max-errors",
    type=click.IntRange(min=0),
    default=10_000,
    show_default=True,
    help="Erreurs détaillées au plus par fichier ; toutes sont comptées. / Errors detailed at most by file; all count.",
)
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Erreurs détaillées au plus par colonne et genre. / Errors detailed at most by column and kind.",
)
def validate(
    files: tuple[str, ...],
    schema_name: str | None,
    format_: str,
    lines: bool,
    output: Path | None,
    language: Language,
    encoding: str | None,
    delimiter: str | None,
    sheet: str | None,
    ignore_header_case: bool,
    max_errors: int,
    samples: int,
) -> None:
    """Valider des fichiers ou des dossiers ; « - » est l'entrée standard. / Validate files or folders; `-` is stdin.

    Un paquet de données (datapackage.json) est validé fichier par fichier, clés étrangères comprises. / A data package
    (datapackage.json) is validated file by file, with the foreign keys between them.

    Code de sortie : 0 tout est conforme, 1 un fichier ne l'est pas, 2 un fichier n'a pas pu être contrôlé.
    / Exit code: 0 all valid, 1 some file is not, 2 some file could not be checked.
    """
    if lines and format_ != "validata":
        raise click.UsageError("--lines va avec / goes with: --format validata")
    asked = _Asked(
        encoding,
        delimiter_of(delimiter),
        sheet_of(sheet),
        ignore_header_case,
        max_errors,
        samples,
    )
    form = "validata-lines" if lines else format_
    sys.exit(_run(files, schema_name, form, output, language, asked))


def _run(
    files: tuple[str, ...],
    schema_name: str | None,
    form: str,
    output: Path | None,
    language: Language,
    asked: _Asked,
) -> int:
    _load_engine()
    from socle.cli.report_output import opened_output, write_report

    codes: list[int] = []
    try:
        targets = _targets(files, schema_name, language)
        with opened_output(output) as stream:
            write_report(stream, form, _reports(targets, asked, codes), language)
    except (click.ClickException, BrokenPipeError):
        raise
    except OSError as error:
        raise CannotRun(f"{error.filename or output}: {error.strerror}") from error
    except Exception:
        # Python's own exit code for a crash, 1, would say that a file is not valid.
        traceback.print_exc()
        return COULD_NOT_RUN
    return max(codes)


def _load_engine() -> None:
    """Import the engine without the garbage collector, which would look in vain through what modules make."""
    gc.disable()
    try:
        import_module("services.validation.engine.validation")
    finally:
        gc.freeze()
        gc.enable()


def _targets(files: tuple[str, ...], schema_name: str | None, language: Language) -> list[Target]:
    """What to validate, in order; in a data package, with the schema told there, else the one asked for."""
    from socle.cli.data_package import BadPackage, is_package, read_package
    from socle.cli.table_files import NoTable, Target, table_files

    schema = None if schema_name is None else read_schema(schema_name, language)
    targets: list[Target] = []
    try:
        for path in table_files(files):
            if is_package(path):
                tables = read_package(path, lambda name: read_schema(name, language))
                targets += _packaged(tables, schema_name or "", schema)
            else:
                targets.append(Target(path, schema_name or "", schema))
    except NoTable as absent:
        raise CannotRun(
            f"Aucun tableau dans ce dossier / no table in this folder: {absent.folder}"
        ) from absent
    except BadPackage as bad:
        raise CannotRun(str(bad)) from bad
    return targets


def _packaged(
    tables: Sequence[PackagedTable], schema_name: str, schema: ParsedSchema | None
) -> Iterator[Target]:
    """The files of a package: the foreign keys of each may lead to the others."""
    from services.validation.engine import Reference
    from socle.cli.table_files import Target

    references = {
        table.name: Reference(table.path, table.schema.schema)
        for table in tables
        if table.schema is not None and table.schema.schema is not None
    }
    for table in tables:
        told = (schema_name, schema) if table.schema is None else (table.schema_name, table.schema)
        yield Target(table.path, *told, references)


def _reports(targets: Sequence[Target], asked: _Asked, codes: list[int]) -> Iterator[FileReport]:
    """The report of each file, one at a time; its exit code goes to `codes`."""
    from services.validation.engine import Options
    from services.validation.engine.render import FileReport
    from socle.cli.progress import progress_of
    from socle.cli.table_files import shown_path

    for target in targets:
        shown = shown_path(target.path)
        with progress_of(shown) as progress:
            options = Options(
                label=Path(shown).name,
                delimiter=asked.delimiter,
                encoding=asked.encoding,
                sheet=asked.sheet,
                ignore_header_case=asked.ignore_header_case,
                samples=asked.samples,
                max_errors=asked.max_errors,
                references=target.references,
                progress=progress,
            )
            report = validate_one(target.path, target.schema, options)
        codes.append(exit_code(report))
        yield FileReport(shown, report, target.schema_name, {"ignore_header_case": asked.ignore_header_case})


def read_schema(name: str, language: Language = "fr") -> ParsedSchema:
    """The schema of that name, path or address. Raises CannotRun when there is none."""
    from services.validation.engine import Unreadable, bundle, resolve_schema
    from services.validation.engine.messages import word

    if name.lower().startswith(("http://", "https://")):
        return _remote_schema(name)
    try:
        return resolve_schema(Path(name) if Path(name).is_file() else name)
    except bundle.SchemaNotFound as absent:
        near = f" Proches / close: {', '.join(absent.close)}." if absent.close else ""
        raise CannotRun(f"Schéma inconnu / unknown schema: {name}.{near}") from absent
    except Unreadable as stopped:
        raise CannotRun(word(stopped.finding.key, stopped.finding.params, language).text) from stopped


def _remote_schema(url: str) -> ParsedSchema:
    """The schema at an address: one that is bundled is not fetched. Raises CannotRun."""
    from services.validation.engine import bundle, inspect_schema, schema_from_json
    from socle.cli.remote_schema import SchemaNotFetched, fetch_schema

    with contextlib.suppress(bundle.SchemaNotFound):
        return inspect_schema(bundle.resolve(url)[2])
    try:
        return schema_from_json(fetch_schema(url))
    except SchemaNotFetched as absent:
        raise CannotRun(f"{url} : {absent.fr} / {absent.en}") from absent


def validate_one(path: str, schema: ParsedSchema | None, options: Options) -> ReportDocument:
    """Validate one file; `-` is the standard input."""
    from services.validation.engine import validate as run
    from services.validation.engine.render import document

    source: str | BinaryIO = sys.stdin.buffer if path == "-" else path
    return document(run(source, schema, options))


def exit_code(report: ReportDocument) -> int:
    """0 valid, 1 not valid, 2 when the file could not be checked at all."""
    from services.validation.engine.render.document import could_run

    if report["valid"]:
        return VALID
    return INVALID if could_run(report) else COULD_NOT_RUN
