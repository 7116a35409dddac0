"""`socle dev`: the embedded servers, the migrations, the three APIs behind one address, and their workers."""

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from services.validation.domain.labels.keys import KeyRing, make_key
from services.validation.operations.key_file import FILE_NAME, write_key_file
from shared.clock import now
from shared.observability.logging import configure_logging
from shared.observability.metrics import serve_metrics
from shared.settings import Settings
from socle import serving
from socle.embedded.servers import EmbeddedServers
from socle.migrate import upgrade_all
from socle.settings import load_settings
from socle.suite import Suite
from socle.topology import SERVICES

logger = logging.getLogger(__name__)

WATCH_SECONDS = 1.0
ADDRESSES = "addresses.json"


@dataclass(frozen=True)
class Place:
    """Where the suite is served, and where its data is."""

    host: str
    port: int
    data: Path

    @property
    def url(self) -> str:
        """Address to open in a browser on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104
        return f"http://{host}:{self.port}"


def run_embedded(place: Place) -> None:
    """Serve the whole suite until a signal comes, then stop everything in order.

    Raises:
        click.ClickException: a setting in the environment cannot be.
        PortTaken: something else listens there.
        EmbeddedError: the servers cannot start on this data folder.
        StartFailed: an application refused to start.
    """
    for service in SERVICES.values():
        load_settings(service.settings_class)  # refused before anything starts
    with (
        serving.listen(place.host, place.port) as listener,
        _orderly_stop(),
        EmbeddedServers(place.data, note=place.url) as servers,
        _published(servers),
    ):
        settings = service_settings(place, servers)
        common = next(iter(settings.values()))
        configure_logging(common)
        serve_metrics(common.metrics_port)
        asyncio.run(upgrade_all(servers.database_url))
        apps = {name: service.create_app(settings[name]) for name, service in SERVICES.items()}

        async def serve(stop: asyncio.Event) -> None:
            await serving.serve(Suite(apps, common), common, listener, stop, lambda: _announce(place))

        async def work(stop: asyncio.Event) -> None:
            await _run_workers(settings, stop)

        async def watch(stop: asyncio.Event) -> None:
            await _watch(servers, stop)

        try:
            serving.run([serve, work, watch])
        finally:  # from here on another Ctrl-C must not leave a server behind
            for number in serving.STOP_SIGNALS:
                signal.signal(number, signal.SIG_IGN)


def service_settings(place: Place, servers: EmbeddedServers) -> Mapping[str, Settings]:
    """Return each service's settings: the environment's, with the addresses of the embedded servers."""
    storage = place.data.resolve() / "storage"
    storage.mkdir(parents=True, exist_ok=True)
    values: dict[str, Any] = {
        "database_url": servers.database_url,
        "redis_url": servers.redis_url,
        "storage_url": f"file://{storage}",
    }
    if not os.environ.get("SOCLE_PUBLIC_URL"):
        values["public_url"] = place.url
    if not os.environ.get("SOCLE_LOG_FORMAT") and sys.stderr is not None and sys.stderr.isatty():
        values["log_format"] = "console"
    own = {"validation": _signing_keys(place)}
    return {
        name: load_settings(service.settings_class, **values, **own.get(name, {}))
        for name, service in SERVICES.items()
    }


def _signing_keys(place: Place) -> dict[str, Any]:
    """Return the setting of the keys that sign labels: none when the environment has its own, else our file."""
    if any(os.environ.get(f"SOCLE_VALIDATION_SIGNING_KEYS{suffix}") for suffix in ("", "_FILE")):
        return {}
    path = place.data.resolve() / FILE_NAME
    if not path.exists():
        write_key_file(path, KeyRing().with_key(make_key(now())))
    return {"validation_signing_keys_file": path}


async def _run_workers(settings: Mapping[str, Settings], stop: asyncio.Event) -> None:
    workers = [service.create_worker(settings[name]) for name, service in SERVICES.items()]
    async with asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(worker.run())
        await stop.wait()
        for worker in workers:
            worker.stop()


async def _watch(servers: EmbeddedServers, stop: asyncio.Event) -> None:
    """Start again a server that died by itself."""
    while not stop.is_set():
        for name in await asyncio.to_thread(servers.revive):
            logger.warning("%s had stopped and was started again", name)
        await _wait(stop, WATCH_SECONDS)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({waiting}, timeout=seconds)
    waiting.cancel()


def _announce(place: Place) -> None:
    click.echo(f"\n  Socle est prêt : {place.url}   (données : {place.data.resolve()})   Ctrl-C l'arrête.")
    click.echo(f"  Socle is ready: {place.url}   (data: {place.data.resolve()})   Ctrl-C stops it.\n")


@contextmanager
def _orderly_stop() -> Iterator[None]:
    """Until the event loop takes the signals over, let each of them unwind the stack as Ctrl-C does."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in serving.STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _published(servers: EmbeddedServers) -> Iterator[None]:
    """Write down the servers' addresses while they run, for `socle keys` and the like in another terminal."""
    place = servers.folder / "run" / ADDRESSES
    place.write_text(
        json.dumps({"database_url": servers.database_url, "redis_url": servers.redis_url}), encoding="utf-8"
    )
    try:
        yield
    finally:
        place.unlink(missing_ok=True)
