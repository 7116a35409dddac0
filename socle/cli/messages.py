"""`socle messages`: what no handler could deal with, listed and tried again."""

from pathlib import Path
from uuid import UUID

import click

from shared.db import Database
from shared.messaging.inbox import failed_messages, retry_failed
from socle.cli.options import data_option
from socle.cli.service_database import with_service
from socle.topology import SERVICES

service_option = click.option(
    "--service", type=click.Choice(tuple(SERVICES)), help="Un seul service. / One service only."
)


@click.group()
def messages() -> None:
    """Les messages qu'aucun essai n'a pu traiter. / Messages that no attempt could handle."""


@messages.command(name="list")
@service_option
@data_option
def list_(service: str | None, data: Path) -> None:
    """Lister les messages en échec, du plus ancien au plus récent. / List failed messages, oldest first."""
    for name in _chosen(service):
        for row in with_service(data, name, failed_messages):
            click.echo(
                f"{row['id']}\t{name}\t{row['type']}\t{row['received_at']:%Y-%m-%dT%H:%M:%SZ}\t"
                f"{row['attempts']}\t{row['error']}"
            )


@messages.command()
@click.argument("message_id", type=click.UUID, required=False, metavar="[ID]")
@service_option
@data_option
def retry(message_id: UUID | None, service: str | None, data: Path) -> None:
    """Relancer un message en échec, ou tous. / Try one failed message again, or all of them."""

    async def again(db: Database) -> int:
        return await retry_failed(db, message_id)

    count = sum(with_service(data, name, again) for name in _chosen(service))
    if message_id is not None and count == 0:
        raise click.ClickException(
            f"Aucun message en échec ne porte l'identifiant {message_id}. / No failed message has this id."
        )
    click.echo(f"{count} relancé(s) / tried again")


def _chosen(service: str | None) -> tuple[str, ...]:
    return (service,) if service is not None else tuple(SERVICES)
