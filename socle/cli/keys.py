"""`socle keys`: the API keys, created, listed and revoked by the operator; `socle keys signing`: those of labels."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import click
from stdnum.fr import siren

from shared import auth
from shared.clock import now
from socle.cli.options import administration_database, data_option
from socle.cli.signing_keys import signing

T = TypeVar("T")


@click.group()
def keys() -> None:
    """Les clés d'API : créer, lister, révoquer. / API keys: create, list, revoke."""


keys.add_command(signing)


@keys.command()
@click.option("--label", required=True, help="À quoi sert la clé. / What the key is for.")
@click.option(
    "--scopes",
    required=True,
    help=f"Droits, séparés par des virgules : {', '.join(auth.SCOPES)}. / Scopes, separated by commas.",
)
@click.option("--owner-siren", help="SIREN de l'organisation. / SIREN of the owner.")
@click.option(
    "--expires",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    help="Dernier jour de validité (AAAA-MM-JJ, UTC). / Last day of validity.",
)
@data_option
def create(label: str, scopes: str, owner_siren: str | None, expires: datetime | None, data: Path) -> None:
    """Créer une clé ; elle s'affiche une seule fois. / Create a key; it is shown once."""
    chosen = _known_scopes(scopes)
    owner = _valid_siren(owner_siren) if owner_siren is not None else None
    expires_at = _end_of_day(expires) if expires is not None else None
    key = auth.make_key()

    async def store(connection: "asyncpg.Connection[Any]") -> None:
        await auth.store_key(
            connection, key, owner_siren=owner, label=label, scopes=chosen, expires_at=expires_at
        )

    _with_database(data, store)
    click.echo(key.text)
    click.echo(
        "Notez cette clé, elle ne sera plus affichée. / Note this key, it is not shown again.", err=True
    )


@keys.command(name="list")
@data_option
def list_(data: Path) -> None:
    """Lister les clés, sans leur secret. / List the keys, without their secret."""
    for row in _with_database(data, auth.list_keys):
        ends = f"{row['expires_at']:%Y-%m-%d}" if row["expires_at"] else "-"
        click.echo(
            "\t".join(
                (
                    row["id"],
                    _state(row),
                    row["owner_siren"] or "-",
                    ",".join(row["scopes"]),
                    ends,
                    row["label"],
                )
            )
        )


@keys.command()
@click.argument("key_id", metavar="ID")
@data_option
def revoke(key_id: str, data: Path) -> None:
    """Révoquer une clé, sur-le-champ. / Revoke a key, at once."""

    async def end(connection: "asyncpg.Connection[Any]") -> bool:
        return await auth.revoke_key(connection, key_id)

    if not _with_database(data, end):
        raise click.ClickException(
            f"Aucune clé active ne porte l'identifiant « {key_id} » : voyez « socle keys list ».\n"
            f"No active key has the id `{key_id}`: see `socle keys list`."
        )
    click.echo(f"{key_id}: révoquée / revoked")


def _state(row: dict[str, Any]) -> str:
    if row["revoked_at"] is not None:
        return "révoquée"
    expired = row["expires_at"] is not None and row["expires_at"] <= now()
    return "expirée" if expired else "active"


def _known_scopes(text: str) -> list[str]:
    scopes = [scope.strip() for scope in text.split(",") if scope.strip()]
    unknown = [scope for scope in scopes if scope not in auth.SCOPES]
    if unknown or not scopes:
        raise click.BadParameter(
            f"{', '.join(unknown) or '(vide)'} : les droits connus sont / the known scopes are "
            f"{', '.join(auth.SCOPES)}",
            param_hint="--scopes",
        )
    return scopes


def _valid_siren(text: str) -> str:
    compact: str = siren.compact(text)
    if not siren.is_valid(compact):
        raise click.BadParameter(
            f"« {text} » n'est pas un SIREN (9 chiffres, dernier de contrôle). / Not a SIREN.",
            param_hint="--owner-siren",
        )
    return compact


def _end_of_day(day: datetime) -> datetime:
    end = datetime.combine(day.date(), time.max, tzinfo=UTC)
    if end <= now():
        raise click.BadParameter("cette date est passée / this date is past", param_hint="--expires")
    return end


def _with_database(data: Path, work: "Callable[[asyncpg.Connection[Any]], Awaitable[T]]") -> T:
    """Run `work` on a connection to the database to administer."""
    url = administration_database(data)

    async def run() -> T:
        connection = await asyncpg.connect(url)
        try:
            return await work(connection)
        finally:
            await connection.close()

    try:
        return asyncio.run(run())
    except (OSError, asyncpg.PostgresError) as error:
        raise click.ClickException(
            f"La base ne répond pas comme attendu ({error}). / The database does not answer as expected."
        ) from error
