"""PostgreSQL notifications: one connection of a process listens, any task of it waits."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Self

import asyncpg

from shared.messaging.stopping import told_to_stop
from shared.observability.logging import get_logger

logger = get_logger(__name__)

RECONNECT_SECONDS = 0.5
CHECK_SECONDS = 5.0

# Called with the payload, or with None after a reconnection, when notifications may have been missed.
Heard = Callable[[str | None], None]


class Listener:
    """Hears notifications, for as long as it is open; a lost connection is made again.

    A notification only says "look now": what it tells is read from the tables.
    """

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._heard: dict[str, set[Heard]] = {}
        self._connection: asyncpg.Connection[Any] | None = None
        self._task: asyncio.Task[None] | None = None
        self._listening = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._keep_connected())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    @asynccontextmanager
    async def hearing(self, channel: str, heard: Heard) -> AsyncIterator[None]:
        """Call `heard` for each notification on a channel while the block lasts."""
        callbacks = self._heard.setdefault(channel, set())
        callbacks.add(heard)
        if self._connection is not None:
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                await self._listen(self._connection, channel)
        try:
            yield
        finally:
            callbacks.discard(heard)

    async def _listen(self, connection: "asyncpg.Connection[Any]", channel: str) -> None:
        # A connection does one thing at a time, and refuses a second one; listening twice is listening once.
        async with self._listening:
            await connection.add_listener(channel, self._dispatch)

    def _dispatch(self, _connection: object, _pid: int, channel: str, payload: object) -> None:
        for heard in tuple(self._heard.get(channel, ())):
            heard(str(payload))

    async def _keep_connected(self) -> None:
        while not told_to_stop():
            try:
                await self._listen_once()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                logger.warning("listener reconnects", error=type(error).__name__)
            self._connection = None
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen_once(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=10)
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            self._connection = connection
            for channel in tuple(self._heard):
                await self._listen(connection, channel)
            for callbacks in tuple(self._heard.values()):
                for heard in tuple(callbacks):
                    heard(None)
            while not lost.is_set() and not told_to_stop():
                with suppress(TimeoutError):
                    async with asyncio.timeout(CHECK_SECONDS):
                        await lost.wait()
        finally:
            self._connection = None
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                await connection.close(timeout=2)
