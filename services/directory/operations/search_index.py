"""The search index of a process: built from the database beside the requests, anew when the edition changes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg

from services.directory.domain.collectivites import Edition
from services.directory.domain.problems import ReferenceNotReady
from services.directory.domain.search import SearchIndex
from services.directory.store import collectivites as store
from shared.db import Database
from shared.messaging.listener import Listener
from shared.observability.logging import get_logger

logger = get_logger(__name__)

RETRY_SECONDS = 1.0


class LiveIndex:
    """Gives the index of the edition in force; every process that watches the same database agrees."""

    def __init__(self, db: Database, *, refresh_seconds: float, wait_seconds: float) -> None:
        self._db = db
        self._refresh_seconds = refresh_seconds
        self._wait_seconds = wait_seconds
        self._index: SearchIndex | None = None
        self._edition: Edition | None = None
        self._built = asyncio.Event()
        self._look = asyncio.Event()

    async def get(self) -> SearchIndex:
        """Return the present index, waiting a little for the first; raises `ReferenceNotReady`."""
        if self._index is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._built.wait(), self._wait_seconds)
        if self._index is None:
            raise ReferenceNotReady.soon()
        return self._index

    @asynccontextmanager
    async def following(self, listener: Listener) -> AsyncIterator[None]:
        """Keep the index up to date while the block lasts; starting does not wait for it."""
        task = asyncio.create_task(self._follow())
        try:
            async with listener.hearing(store.REFERENCE_CHANNEL, lambda _: self._look.set()):
                yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _follow(self) -> None:
        while True:
            self._look.clear()
            try:
                await self.refresh()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                logger.warning("search index waits", error=type(error).__name__)
            except Exception:
                logger.exception("search index not built")
            pause = RETRY_SECONDS if self._index is None else self._refresh_seconds
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._look.wait()

    async def refresh(self) -> None:
        """Build the index anew if another edition is in force."""
        edition = await store.edition_in_force(self._db)
        if edition is None or edition == self._edition:
            return
        bodies = await store.every_collectivite(self._db)
        self._index = await asyncio.to_thread(SearchIndex, str(edition), bodies)
        self._edition = edition
        self._built.set()
        logger.info("search index built", edition=str(edition), bodies=len(bodies))
