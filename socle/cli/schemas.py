"""`socle schemas`: the schemas that come with Socle."""

import click
import orjson

from services.validation.engine import bundle


@click.group(invoke_without_command=True)
@click.pass_context
def schemas(ctx: click.Context) -> None:
    """Les schémas embarqués : lister, montrer. / The bundled schemas: list, show."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@schemas.command(name="list")
def list_() -> None:
    """Lister les schémas : nom, dernière version, titre. / List them: name, latest version, title."""
    for name in bundle.names():
        click.echo(f"{name}\t{bundle.latest(name)}\t{bundle.title(name)}")


@schemas.command()
@click.argument("reference", metavar="NOM[@VERSION]")
def show(reference: str) -> None:
    """Écrire le Table Schema d'un schéma, en JSON. / Write one schema's Table Schema as JSON."""
    try:
        _, _, descriptor = bundle.resolve(reference)
    except bundle.SchemaNotFound as error:
        close = ", ".join(error.close) or "voyez / see: socle schemas list"
        raise click.ClickException(
            f"Aucun schéma embarqué ne s'appelle « {reference} » ({close}). / No bundled schema has this name."
        ) from error
    click.echo(orjson.dumps(descriptor, option=orjson.OPT_INDENT_2).decode())
