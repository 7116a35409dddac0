"""`socle work SERVICE`: the worker process of one service."""

import asyncio

import click

from shared.observability.logging import configure_logging
from shared.observability.metrics import serve_metrics
from socle import serving
from socle.cli.options import service_argument
from socle.settings import load_settings
from socle.topology import SERVICES


@click.command()
@service_argument
def work(service: str) -> None:
    """Faire tourner le travailleur d'un service. / Run the worker of one service."""
    part = SERVICES[service]
    settings = load_settings(part.settings_class)
    configure_logging(settings)
    serve_metrics(settings.metrics_port)
    worker = part.create_worker(settings)

    async def run(stop: asyncio.Event) -> None:
        async def end() -> None:
            await stop.wait()
            worker.stop()

        ending = asyncio.create_task(end())
        try:
            await worker.run()
        finally:
            ending.cancel()

    serving.run([run])
