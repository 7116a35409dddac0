"""`socle dev`: the whole suite in one process, with its own PostgreSQL and Valkey."""

from pathlib import Path

import click

from socle.cli.options import data_option


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Adresse d'écoute. / Address to listen on."
)
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Port d'écoute. / Port."
)
@data_option
def dev(host: str, port: int, data: Path) -> None:
    """Servir les trois services et leurs travailleurs ici, sans rien installer ; Ctrl-C arrête tout.

    Serve the three services and their workers here, nothing to install; Ctrl-C stops everything.
    """
    from socle.embedded.errors import EmbeddedError
    from socle.embedded.run import Place, run_embedded

    try:
        run_embedded(Place(host, port, data))
    except EmbeddedError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        click.echo("Arrêté. / Stopped.", err=True)
