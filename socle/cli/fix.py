"""`socle fix`: a corrected copy of a file, with the list of what was changed."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from socle.cli.reading import delimiter_of, reading_options, sheet_of
from socle.cli.report_output import opened_output
from socle.cli.validate import COULD_NOT_RUN, INVALID, VALID, CannotRun, read_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.validation.engine import Options
    from services.validation.engine.fix import Change
    from services.validation.engine.messages import Language
    from services.validation.engine.schema import Schema

_KINDS = {
    "format": ("format de fichier", "file format"),
    "encoding": ("encodage", "encoding"),
    "delimiter": ("séparateur", "delimiter"),
    "title-lines": ("lignes de titre retirées", "title lines removed"),
    "label": ("nom de colonne", "column name"),
    "order": ("ordre des colonnes", "order of columns"),
    "value": ("valeur réécrite", "value rewritten"),
    "spaces": ("espaces retirés", "spaces removed"),
    "accents": ("accents réparés", "accents repaired"),
}
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[\d.,]+$")


@click.command(name="fix")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FICHIER")
@click.option(
    "--schema",
    "schema_name",
    required=True,
    metavar="NOM[@VERSION]|FICHIER",
    help="Schéma embarqué (voir « socle schemas »), fichier JSON ou URL. / Bundled schema, JSON file or URL.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Copie corrigée ; par défaut <nom>.corrige.csv. / Corrected copy; by default <name>.corrige.csv.",
)
@click.option(
    "--changes",
    "changes_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Liste des corrections ; par défaut <nom>.corrections.csv. / List of the changes.",
)
@reading_options
@click.option("--force", is_flag=True, help="Remplacer les fichiers qui existent. / Replace existing files.")
@click.option(
    "--lang",
    "language",
    type=click.Choice(["fr", "en"]),
    default="fr",
    show_default=True,
    help="Langue. / Language.",
)
def fix(
    file: Path,
    schema_name: str,
    output: Path | None,
    changes_path: Path | None,
    encoding: str | None,
    delimiter: str | None,
    sheet: str | None,
    force: bool,
    language: Language,
) -> None:
    """Écrire une copie où ce qui est sûr est corrigé. / Write a copy in which what is certain is corrected.

    Le fichier d'origine n'est jamais modifié. Code de sortie : 0 la copie est conforme, 1 il reste des erreurs, 2 la
    copie n'a pas pu être faite. / The original is never changed. Exit code: 0 the copy is valid, 1 errors remain, 2
    the copy could not be made.
    """
    copy = output or file.with_name(f"{file.stem}.corrige.csv")
    listed = changes_path or file.with_name(f"{file.stem}.corrections.csv")
    _check_places(file, copy, listed, force)
    parsed = read_schema(schema_name, language)
    if parsed.schema is None:
        raise CannotRun("Le schéma a des erreurs : voir « socle validate ». / The schema has errors.")
    from services.validation.engine import Options, validate

    options = Options(
        label=file.name, encoding=encoding, delimiter=delimiter_of(delimiter), sheet=sheet_of(sheet)
    )
    try:
        counts = _write(file, parsed.schema, copy, listed, options, language)
    except OSError as error:
        raise CannotRun(f"{error.filename or copy}: {error.strerror}") from error
    before = validate(file, parsed.schema, options).error_count
    sys.exit(_tell(before, copy, listed, parsed.schema, counts, language))


def _check_places(file: Path, copy: Path, listed: Path, force: bool) -> None:
    places = [file.resolve(), copy.resolve(), listed.resolve()]
    if len(set(places)) < 3:
        raise click.UsageError(
            "Trois fichiers différents sont nécessaires. / Three different files are needed."
        )
    for path in (copy, listed):
        if path.exists() and not force:
            raise click.UsageError(
                f"{path} existe : --force pour le remplacer. / It exists: --force to replace it."
            )


def _write(
    file: Path, schema: Schema, copy: Path, listed: Path, options: Options, language: Language
) -> Counter[tuple[str, str]]:
    """Write the copy and the list; returns how many changes of each kind each field had."""
    from services.validation.engine import Unreadable
    from services.validation.engine.fix import fix as run
    from services.validation.engine.messages import word

    counts: Counter[tuple[str, str]] = Counter()
    try:
        with (
            opened_output(copy) as target,
            opened_output(listed) as list_target,
            _change_list(list_target, counts, language) as note,
        ):
            run(file, schema, target, note, options)
    except Unreadable as stopped:
        raise CannotRun(word(stopped.finding.key, stopped.finding.params, language).text) from stopped
    return counts


@contextmanager
def _change_list(
    target: IO[bytes], counts: Counter[tuple[str, str]], language: Language
) -> Iterator[Callable[[Change], None]]:
    """Each change told becomes a line of CSV; spreadsheets will not run a cell of it as a formula."""
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    french = language == "fr"
    writer.writerow(
        ["ligne", "champ", "avant", "après", "correction"]
        if french
        else ["row", "field", "before", "after", "change"]
    )

    def note(change: Change) -> None:
        counts[change.kind, change.field] += 1
        kind = _KINDS[change.kind][0 if french else 1]
        writer.writerow(
            [change.row or "", *map(_harmless, (change.field, change.before, change.after)), kind]
        )

    yield note
    text.flush()
    text.detach()


def _harmless(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else text


def _tell(
    before: int,
    copy: Path,
    listed: Path,
    schema: Schema,
    counts: Counter[tuple[str, str]],
    language: Language,
) -> int:
    """Say what was changed and what the copy is worth, after `before` errors; returns the exit code."""
    from services.validation.engine import validate

    french = language == "fr"
    for (kind, name), count in sorted(counts.items(), key=lambda item: -item[1]):
        click.echo(f"{count:>8}  {_KINDS[kind][0 if french else 1]}{f' : {name}' if name else ''}")
    after = validate(copy, schema)
    total = sum(counts.values())
    if french:
        click.echo(f"{total} correction(s) dans {copy} ; la liste est dans {listed}.")
        click.echo(f"Erreurs : {before} avant, {after.error_count} après.")
    else:
        click.echo(f"{total} change(s) in {copy}; the list is in {listed}.")
        click.echo(f"Errors: {before} before, {after.error_count} after.")
    if after.valid:
        return VALID
    return INVALID if after.table.header else COULD_NOT_RUN
