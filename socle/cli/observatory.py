"""`socle observatory`: the files that the observatory of the directory begins with."""

import asyncio
import sys
from pathlib import Path

import asyncpg
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
from socle.cli.options import administration_database, data_option

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
    try:
        asyncio.run(_import(administration_database(data), file, year, kind, report))
    except UnreadableFile as refused:
        raise click.ClickException(f"{refused.fr} / {refused.en}") from refused
    except (OSError, asyncpg.PostgresError) as error:
        raise click.ClickException(
            f"La base ne répond pas comme attendu ({error}). / The database does not answer as expected."
        ) from error


async def _import(url: str, file: Path, year: int, kind: str, report: Path | None) -> None:
    db = await Database.open(url, schema="directory", pool_size=2)
    try:
        imported = await import_file(db, kind, year, file.name, await asyncio.to_thread(file.read_bytes))
        await _tell(db, imported, report)
    finally:
        await db.close()


async def _tell(db: Database, imported: Imported, report: Path | None) -> None:
    summary = await store.get_import(db, imported.id)
    assert summary is not None
    rows, after = [], 0
    while page := await store.lines(db, imported.id, None, after, PAGE):
        rows += page
        after = page[-1]["number"]
    if report is not None:
        document = {**summary, "lignes": rows}
        await asyncio.to_thread(report.write_bytes, orjson.dumps(document, option=orjson.OPT_INDENT_2))
    told = "déjà importé, rien ne change / already imported, nothing changes" if imported.known else "importé"
    counts = ", ".join(f"{code} {count}" for code, count in sorted(summary["outcomes"].items()))
    click.echo(f"{imported.id}\t{told}\t{summary['rows']} lignes / rows\t{counts}")
    for row in rows:
        if row["outcome"] != "siren":
            mark = "=" if is_matched(row["outcome"]) else "!"
            click.echo(
                f"{mark} {row['number']}\t{row['outcome']}\t{row['nom']}\t{row['siren']}\t{row['reason']}"
            )
    sys.stdout.flush()
