"""`socle schemas`: the schemas that come with Socle, and those of the national registry."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
import orjson

from services.validation.domain.problems import UnknownSchema
from services.validation.domain.registry import Registry
from socle.cli.options import data_option

if TYPE_CHECKING:
    from services.validation.operations.schema_sync import SyncOutcome
    from shared.db import Database

synced_option = click.option(
    "--synced",
    is_flag=True,
    help="Avec ceux que « schemas sync » a apportés. / With those brought by `schemas sync`.",
)


@click.group(invoke_without_command=True)
@click.pass_context
def schemas(ctx: click.Context) -> None:
    """Les schémas : lister, montrer, synchroniser. / The schemas: list, show, synchronise."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@schemas.command(name="list")
@synced_option
@data_option
def list_(synced: bool, data: Path) -> None:
    """Lister les schémas : nom, dernière version, titre. / List them: name, latest version, title."""
    registry = _registry(synced, data)
    for name in registry.names():
        click.echo(f"{name}\t{registry.latest(name).version}\t{registry.title(name)}")


@schemas.command()
@click.argument("reference", metavar="NOM[@VERSION]")
@synced_option
@data_option
def show(reference: str, synced: bool, data: Path) -> None:
    """Écrire le Table Schema d'un schéma, en JSON. / Write one schema's Table Schema as JSON."""
    registry = _registry(synced, data)
    try:
        descriptor = registry.descriptor(registry.choose(reference))
    except UnknownSchema as problem:
        raise click.ClickException(f"{problem.fr} / {problem.en}") from problem
    click.echo(orjson.dumps(descriptor, option=orjson.OPT_INDENT_2).decode())


@schemas.command()
@click.option(
    "--index",
    metavar="URL",
    help="Index à lire ; par défaut SOCLE_VALIDATION_REGISTRY_URL. / Index to read instead.",
)
@data_option
def sync(index: str | None, data: Path) -> None:
    """Apporter les schémas du registre national. / Bring the schemas of the national registry here.

    Tout le nouveau jeu est en vigueur d'un coup, ou rien ne change ; un schéma inutilisable est signalé et laissé de
    côté. Code de sortie : 0, ou 2 si le registre n'a pas pu être lu. / The whole new set is in force at once, or
    nothing changes; an unusable schema is told and left out. Exit code: 0, or 2 when the registry could not be read.
    """
    from services.validation.domain.registry_index import IndexUnusable
    from shared.http import FetchFailed, UrlNotAllowed
    from socle.cli.service_database import with_service

    try:
        outcome = with_service(data, "validation", lambda db: _synchronise(db, index))
    except (FetchFailed, UrlNotAllowed, IndexUnusable) as problem:
        click.echo(
            f"Registre illisible, les schémas présents restent : {problem.fr}\n"
            f"Registry not read, the present schemas stay: {problem.en}",
            err=True,
        )
        raise SystemExit(2) from problem
    for left_out in outcome.problems:
        click.echo(f"{left_out.name}@{left_out.version}: {left_out.fr} / {left_out.en}", err=True)
    figures = (outcome.versions, outcome.changed, len(outcome.problems))
    click.echo("Versions : {} ; nouvelles ou changées : {} ; laissées de côté : {}.".format(*figures))
    click.echo("Versions: {}; new or changed: {}; left out: {}.".format(*figures))


async def _synchronise(db: "Database", index: str | None) -> "SyncOutcome":
    from services.validation.operations.schema_sync import synchronise
    from services.validation.settings import ValidationSettings
    from shared.app import fetch_policy
    from shared.clock import now
    from shared.http import GuardedClient
    from socle.settings import load_settings

    settings = load_settings(ValidationSettings)
    async with GuardedClient(fetch_policy(settings)) as http:
        return await synchronise(db, http, index or settings.validation_registry_url, now())


def _registry(synced: bool, data: Path) -> Registry:
    if not synced:
        return Registry()
    from services.validation.operations.registry import read_registry
    from socle.cli.service_database import with_service

    return with_service(data, "validation", read_registry)
