"""`socle observatory`: the files that the observatory of the directory begins with."""

from pathlib import Path
from typing import Any

import click
import orjson

from services.directory.operations.observatoire_import import (
    Imported,
    UnreadableFile,
    import_file,
    is_matched,
)
from services.directory.store import observatoire as store
from shared.db import Database
from socle.cli.options import data_option
from socle.cli.service_database import with_service

PAGE = 1000


@click.group()
def observatory() -> None:
    """Les fichiers de l'observatoire. / The files of the observatory."""


@observatory.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FICHIER")
@click.option("--year", type=click.IntRange(2000, 2100), required=True, help="Année du fichier. / Its year.")
@click.option(
    "--kind",
    type=click.Choice(("organismes", "plateformes")),
    default="organismes",
    show_default=True,
    help="Ce que le fichier recense. / What the file lists.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Rapport complet en JSON. / Whole report.",
)
@data_option
def import_(file: Path, year: int, kind: str, report: Path | None, data: Path) -> None:
    """Importer un fichier CSV, et dire de chaque ligne ce qu'elle devient. / Import a CSV file, row by row.

    Rien ne se perd : toute ligne est gardée telle quelle. Importer deux fois le même fichier ne change rien.
    """
    content = file.read_bytes()
    try:
        imported, summary, rows = with_service(
            data, "directory", lambda db: _import(db, kind, year, file.name, content)
        )
    except UnreadableFile as refused:
        raise click.ClickException(f"{refused.fr} / {refused.en}") from refused
    if report is not None:
        _write(report, {**summary, "lignes": rows})
    _tell(imported, summary, rows)


async def _import(
    db: Database, kind: str, year: int, name: str, content: bytes
) -> tuple[Imported, dict[str, Any], list[dict[str, Any]]]:
    """Return what was imported, its summary and every row of it."""
    imported = await import_file(db, kind, year, name, content)
    summary = await store.get_import(db, imported.id)
    assert summary is not None
    rows: list[dict[str, Any]] = []
    while page := await store.lines(db, imported.id, None, rows[-1]["number"] if rows else 0, PAGE):
        rows += page
    return imported, summary, rows


def _write(report: Path, document: dict[str, Any]) -> None:
    try:
        report.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    except OSError as error:
        raise click.ClickException(
            f"Le fichier est importé, mais son rapport ne peut pas être écrit ({error}). / The file is imported, but "
            "its report cannot be written."
        ) from error


def _tell(imported: Imported, summary: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    told = (
        "déjà importé, rien ne change / already imported, nothing changes"
        if imported.known
        else "importé / imported"
    )
    counts = ", ".join(f"{code} {count}" for code, count in sorted(summary["outcomes"].items()))
    click.echo(f"{imported.id}\t{told}\t{summary['rows']} lignes / rows\t{counts}")
    for row in rows:
        if row["outcome"] != "siren":
            mark = "=" if is_matched(row["outcome"]) else "!"
            click.echo(
                f"{mark} {row['number']}\t{row['outcome']}\t{row['nom']}\t{row['siren']}\t{row['reason']}"
            )
