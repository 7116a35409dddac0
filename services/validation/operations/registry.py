"""Which schemas are in force in this process: read from the database, anew when a synchronisation ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg

from services.validation.domain.registry import Registry, SchemaChoice, SyncedVersion
from services.validation.store import schemas as store
from shared.db import Database
from shared.messaging.listener import Listener
from shared.observability.logging import get_logger

logger = get_logger(__name__)

# How long another process may go on with the former schemas when its notification was lost.
CHECK_SECONDS = 30.0


class LiveRegistry:
    """Gives the registry in force; every process that watches the same database agrees within moments."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._look = asyncio.Event()
        self._refreshing = asyncio.Lock()
        self.now = Registry()

    async def refresh(self) -> Registry:
        """Read the registry anew if another generation is in force, and return the one in force."""
        async with self._refreshing:
            generation = await store.generation_in_force(self._db)
            if generation != self.now.generation:
                self.now = await read_registry(self._db)
                logger.info("schemas in force", generation=self.now.generation, schemas=len(self.now.names()))
            return self.now

    async def having(self, choice: SchemaChoice) -> Registry:
        """Return a registry that has this version, if any has: another process may have seen it before this one."""
        return self.now if self.now.has(choice) else await self.refresh()

    @asynccontextmanager
    async def following(self, listener: Listener) -> AsyncIterator[None]:
        """Keep the registry up to date while the block lasts; it is read before the block begins."""
        await self.refresh()
        task = asyncio.create_task(self._follow())
        try:
            async with listener.hearing(store.SCHEMAS_CHANNEL, lambda _: self._look.set()):
                yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _follow(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._look.wait()
            self._look.clear()
            try:
                await self.refresh()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                logger.warning("schemas wait", error=type(error).__name__)
            except Exception:
                logger.exception("schemas not read")


async def read_registry(db: Database) -> Registry:
    """Return the registry in force, as the database has it now."""
    generation, rows = await store.read_generation(db)
    synced = [SyncedVersion(**row) for row in rows]
    registry = await asyncio.to_thread(Registry, synced, generation)
    # What a search and a match look at is made here, beside the requests.
    await asyncio.to_thread(lambda: registry.candidates)
    return registry
