"""Notifications: every channel is heard, however many begin to listen at once, and after a lost connection."""

import asyncio
from contextlib import AsyncExitStack

from shared.db import Database
from shared.messaging.listener import Listener
from tests.unit.shared.conftest import until


async def test_channels_that_begin_at_the_same_moment_are_all_heard(catalog_db: Database) -> None:
    heard: list[str | None] = []
    async with Listener(catalog_db.url) as listener, AsyncExitStack() as stack:
        await until(lambda: _connected(listener))
        channels = [f"channel_{number}" for number in range(10)]
        await asyncio.gather(
            *(stack.enter_async_context(listener.hearing(channel, heard.append)) for channel in channels)
        )
        for channel in channels:
            await catalog_db.execute("SELECT pg_notify($1, $1)", channel)
        await until(lambda: _all_heard(heard, channels), seconds=3)


async def _connected(listener: Listener) -> bool:
    return listener._connection is not None


async def _all_heard(heard: list[str | None], channels: list[str]) -> bool:
    return sorted(str(payload) for payload in heard) == sorted(channels)


async def test_a_lost_connection_is_made_again_and_told(catalog_db: Database) -> None:
    heard: list[str | None] = []
    async with Listener(catalog_db.url) as listener, listener.hearing("news", heard.append):
        await until(lambda: _connected(listener))
        assert listener._connection is not None
        lost = listener._connection.get_server_pid()
        heard.clear()
        await catalog_db.execute("SELECT pg_terminate_backend($1)", lost)
        await until(lambda: _told(heard, None))
        await catalog_db.execute("SELECT pg_notify('news', 'again')")
        await until(lambda: _told(heard, "again"))


async def _told(heard: list[str | None], what: str | None) -> bool:
    return what in heard
