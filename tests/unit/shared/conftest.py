"""The parts of a worker on real servers, with events of a test's own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import ClassVar

import pytest

from shared.db import Database
from shared.messaging.events import Event
from shared.messaging.inbox import Handlers
from shared.messaging.queue import Queue
from shared.messaging.work import Work
from shared.messaging.worker import Worker, WorkerParts


class Happened(Event):
    """Something happened in the catalog, that the validation service hears."""

    type: ClassVar[str] = "catalog.test.happened.v1"

    number: int


ROUTES = {Happened.type: ("validation",)}


@pytest.fixture
async def catalog_db(database_url: str) -> AsyncIterator[Database]:
    db = await Database.open(database_url, schema="catalog", pool_size=5)
    yield db
    await db.close()


@pytest.fixture
async def validation_db(database_url: str) -> AsyncIterator[Database]:
    db = await Database.open(database_url, schema="validation", pool_size=5)
    yield db
    await db.close()


@pytest.fixture
async def queue(redis_url: str) -> AsyncIterator[Queue]:
    queue = Queue.open(redis_url)
    yield queue
    await queue.close()


@asynccontextmanager
async def running(
    service: str,
    db: Database,
    queue: Queue,
    handlers: Handlers | None = None,
    work: list[Work] | None = None,
    max_attempts: int = 3,
) -> AsyncIterator[Worker]:
    """Run a worker while the block lasts."""

    @asynccontextmanager
    async def parts() -> AsyncIterator[WorkerParts]:
        yield WorkerParts(
            service=service,
            db=db,
            queue=queue,
            routes=ROUTES,
            handlers=handlers or {},
            message_max_attempts=max_attempts,
            outbox_keep=timedelta(days=7),
            concurrency=8,
            work=work or [],
        )

    worker = Worker(service, parts)
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await task


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 15) -> None:
    """Wait until the condition holds; fails after some seconds."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)
