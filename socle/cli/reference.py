"""`socle reference`: the reference of collectivités: what an edition would change, bring it in, what was changed."""

from pathlib import Path
from uuid import UUID

import click

from services.directory.domain.reference import KINDS
from services.directory.operations import reference as operations
from services.directory.operations.reference_files import FOLDER
from services.directory.store import collectivites as store
from shared.db import Database
from socle.cli.options import data_option
from socle.cli.service_database import with_service

folder_option = click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=FOLDER,
    help="Dossier d'une édition ; celle de la version installée par défaut. / Folder of an edition.",
)
SHOWN = 20


@click.group()
def reference() -> None:
    """Le référentiel des collectivités : prévisualiser, appliquer, relire. / The reference of collectivités."""


@reference.command()
@folder_option
@click.option("--all", "whole", is_flag=True, help="Tout montrer. / Show everything.")
@data_option
def preview(folder: Path, whole: bool, data: Path) -> None:
    """Montrer ce qu'une édition changerait, sans rien écrire. / Show what an edition would change."""
    found = with_service(data, "directory", lambda db: operations.preview(db, folder))
    in_force = str(found.in_force) if found.in_force else "aucune / none"
    click.echo(f"édition / edition {found.edition}, en vigueur / in force: {in_force}")
    for kind, count in found.counts.items():
        click.echo(f"{KINDS[kind][0]} / {KINDS[kind][1]}: {count}")
    for change in found.changes if whole else found.changes[:SHOWN]:
        click.echo(_line(change.kind, change.siren, change.nom, change.former_nom, change.into_siren))
    if not whole and len(found.changes) > SHOWN:
        click.echo(f"… {len(found.changes) - SHOWN} de plus avec --all / more with --all")


@reference.command()
@folder_option
@data_option
def apply(folder: Path, data: Path) -> None:
    """Mettre une édition en vigueur si elle est plus récente. / Bring an edition in if it is newer."""
    changes = with_service(data, "directory", lambda db: operations.import_reference(db, folder))
    if changes is None:
        click.echo(
            "Rien à faire : une édition aussi récente est en vigueur. / An edition as new is in force."
        )
        return
    click.echo(
        f"{changes.created} créées / created, {changes.updated} modifiées / updated, "
        f"{changes.removed} retirées / removed, {changes.unchanged} inchangées / unchanged"
    )


@reference.command()
@click.argument("import_id", type=click.UUID, required=False, metavar="[ID]")
@data_option
def journal(import_id: UUID | None, data: Path) -> None:
    """Lister les imports, ou ce que l'un d'eux a changé. / List the imports, or what one of them changed."""

    async def read(db: Database) -> list[str]:
        if import_id is None:
            rows = await store.imports(db, before=None, limit=200)
            return [
                f"{row['id']}\t{row['imported_at']:%Y-%m-%dT%H:%M:%SZ}\t{row['year']}.{row['revision']}\t"
                f"+{row['created']} ~{row['updated']} -{row['removed']}"
                for row in rows
            ]
        lines = []
        after = None
        while rows := await store.journal(db, import_id, kind=None, after=after, limit=1000):
            after = rows[-1]["id"]
            lines += [
                _line(row["kind"], row["siren"], row["nom"], row["former_nom"], row["into_siren"])
                for row in rows
            ]
        return lines

    for line in with_service(data, "directory", read):
        click.echo(line)


def _line(kind: str, siren: str, nom: str, former: str | None, into: str | None) -> str:
    return "\t".join(
        (kind, siren, nom, f"← {former}" if former else "", f"→ {into}" if into else "")
    ).rstrip()
