"""Serve ASGI applications and run workers until told to stop, then stop in order."""

import asyncio
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
import uvicorn
import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.edge import STOPPING
from shared.settings import Settings

logger = logging.getLogger(__name__)

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Requests going on may take this long to finish, then the parts this long in all.
DRAIN_SECONDS = 25
END_SECONDS = 30
CANCELS = 3
CANCEL_SECONDS = 5

# Something that works until the event is set.
Part = Callable[[asyncio.Event], Awaitable[None]]


class PortTaken(click.ClickException):
    """Something else listens there already."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Le port {port} de {host} est déjà pris : arrêtez ce qui l'occupe, ou choisissez-en un autre "
            f"(make run PORT={port + 1}, ou --port {port + 1}).\n"
            f"Port {port} of {host} is taken: stop what uses it, or choose another one "
            f"(make run PORT={port + 1}, or --port {port + 1})."
        )


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        PortTaken: another process listens there, or the port is not allowed to us.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise PortTaken(host, port) from error
    # Connections inherit it. Without it, an answer in two writes waits 40 ms for the client's acknowledgement: uvloop
    # sees to that itself, asyncio only for sockets made with a protocol's number.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class Server(uvicorn.Server):
    """uvicorn without its own signal handling: whoever runs it decides when it stops."""

    def __init__(self, app: ASGIApp, settings: Settings, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="httptools",
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=True,
                forwarded_allow_ips=list(settings.trusted_proxies),
                timeout_graceful_shutdown=DRAIN_SECONDS,
            )
        )
        self._on_ready = on_ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started and not self.should_exit:
            self._on_ready()


class StartFailed(click.ClickException):
    """The application refused to start; its logs, above, say why."""

    def __init__(self) -> None:
        super().__init__("Le démarrage a échoué, voyez ci-dessus. / The start failed, see above.")


async def serve(
    app: ASGIApp,
    settings: Settings,
    listener: socket.socket,
    stop: asyncio.Event,
    on_ready: Callable[[], None],
) -> None:
    """Serve until `stop` is set, then let the requests going on finish.

    Raises:
        StartFailed: the application's lifespan could not begin.
    """

    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        # An answer that has no end of its own ends by this.
        scope.setdefault("state", {})[STOPPING] = stop
        await app(scope, receive, send)

    server = Server(told, settings, on_ready)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.should_exit = True
    await serving
    if not server.started and not stop.is_set():
        raise StartFailed


async def until_stopped(parts: Sequence[Part]) -> None:
    """Run the parts together until a signal comes or one of them ends.

    A part that fails stops the others; its error is raised when they have ended. What has not ended in time, or by
    a second signal, is cancelled.
    """
    stop, hurry = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, lambda: hurry.set() if stop.is_set() else stop.set())

    async def guarded(part: Part) -> None:
        try:
            await part(stop)
        finally:
            stop.set()

    tasks = [asyncio.create_task(guarded(part)) for part in parts]
    await stop.wait()
    await _end_in_time(tasks, hurry)
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            raise error


async def _end_in_time(tasks: Sequence[asyncio.Task[None]], hurry: asyncio.Event) -> None:
    ended = asyncio.gather(*tasks, return_exceptions=True)
    hurried = asyncio.create_task(hurry.wait())
    either: set[asyncio.Future[Any]] = {ended, hurried}
    await asyncio.wait(either, timeout=END_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    hurried.cancel()
    for _ in range(CANCELS):  # a library may swallow the first one
        late = [task for task in tasks if not task.done()]
        for task in late:
            logger.warning("%s did not end and is cancelled", task.get_name())
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=CANCEL_SECONDS)


def run(parts: Sequence[Part]) -> None:
    """Run the parts on uvloop, from a process without a running loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(until_stopped(parts))
