"""`socle migrate [SERVICE…]`: bring the database's schemas up to date."""

import asyncio

import click

from shared.settings import Settings
from socle.migrate import upgrade_all
from socle.settings import load_settings
from socle.topology import SERVICES


@click.command()
@click.argument("services", nargs=-1, type=click.Choice(tuple(SERVICES)), metavar="[SERVICE]…")
def migrate(services: tuple[str, ...]) -> None:
    """Mettre à jour les schémas de la base (SOCLE_DATABASE_URL), tous par défaut. / Upgrade the database."""
    try:
        applied = asyncio.run(upgrade_all(load_settings(Settings).database_url, services))
    except OSError as error:
        raise click.ClickException(
            f"La base ne répond pas ({error}) : vérifiez SOCLE_DATABASE_URL.\n"
            f"The database does not answer ({error}): check SOCLE_DATABASE_URL."
        ) from error
    for schema, revisions in applied.items():
        click.echo(f"{schema}: {', '.join(revisions) or 'à jour / up to date'}")
