"""`socle serve SERVICE`: the API process of one service."""

import asyncio

import click

from shared.app import asgi
from shared.observability.logging import configure_logging
from shared.observability.metrics import serve_metrics
from socle import serving
from socle.cli.options import service_argument
from socle.settings import load_settings
from socle.topology import SERVICES


@click.command()
@service_argument
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Adresse d'écoute. / Address to listen on."
)
@click.option("--port", type=click.IntRange(1, 65535), help="Port ; celui du service par défaut. / Port.")
def serve(service: str, host: str, port: int | None) -> None:
    """Servir l'API d'un service. SERVICE : validation, catalog ou directory. / Serve one service's API."""
    part = SERVICES[service]
    settings = load_settings(part.settings_class)
    configure_logging(settings)
    listener = serving.listen(host, port or part.port)
    serve_metrics(settings.metrics_port)
    app = asgi(part.create_app(settings), service)
    url = f"http://{host}:{port or part.port}{part.prefix}"

    async def run(stop: asyncio.Event) -> None:
        await serving.serve(app, settings, listener, stop, lambda: click.echo(f"socle {service}: {url}"))

    serving.run([run])
