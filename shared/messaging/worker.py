"""The worker of a service: hears its queue through arq, relays its outbox, sweeps its work, runs its clockwork.

arq is contained here. It carries wake-ups and events; what must not be lost is in Postgres, so that losing
Redis, a worker or a job costs time and nothing else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any, cast

import asyncpg
from arq.connections import ArqRedis
from arq.worker import Worker as ArqWorker
from arq.worker import func
from redis.exceptions import RedisError

from shared.db import Database
from shared.messaging import inbox, outbox
from shared.messaging.events import Envelope, Routes
from shared.messaging.inbox import Handlers, Inbox
from shared.messaging.listener import Listener
from shared.messaging.outbox import Relay
from shared.messaging.queue import Queue, bell_name, deserialize, queue_name, serialize, work_bell_name
from shared.messaging.stopping import told_to_stop
from shared.messaging.work import Runner, Work
from shared.observability.logging import get_logger, logging_context

logger = get_logger(__name__)

SWEEP_SECONDS = 0.5
BELL_SECONDS = 1
REDIS_AWAY_SECONDS = 1.0
# Far above what a fleet runs at once: arq reads this many ids and skips those that run elsewhere.
QUEUE_READ_LIMIT = 2000
# arq counts a stopped worker as a try; ours are counted in Postgres.
NO_LIMIT = 1_000_000
INBOX_KEPT_BEYOND_OUTBOX = timedelta(days=2)

_TRANSIENT = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, RedisError)


@dataclass(frozen=True, slots=True)
class Clockwork:
    """Something done again and again; it must be harmless when two workers do it at once."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[None]]
    at_start: bool = False


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """What a service's worker consists of."""

    service: str
    db: Database
    queue: Queue
    routes: Routes
    handlers: Handlers
    message_max_attempts: int
    outbox_keep: timedelta
    concurrency: int
    work: Sequence[Work] = ()
    clockwork: Sequence[Clockwork] = field(default=())


class _BellWorker(ArqWorker):
    """arq's worker, waiting on a bell instead of sleeping between polls."""

    def __init__(self, *args: Any, bell: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._bell = bell

    async def main(self) -> None:
        while not told_to_stop():
            await self._poll_iteration()
            if self.job_counter < self.max_jobs:
                await cast(Awaitable[Any], self.pool.blpop([self._bell], timeout=BELL_SECONDS))
            else:
                await asyncio.sleep(0.02)


class Worker:
    """Runs until stopped. `run()` returns after `stop()`, when what was going on is put back or finished."""

    def __init__(
        self, service: str, open_parts: Callable[[], AbstractAsyncContextManager[WorkerParts]]
    ) -> None:
        self._service = service
        self._open_parts = open_parts
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Ask the worker to end; it takes nothing new."""
        self._stop.set()

    async def run(self) -> None:
        """Open what the worker needs and work until `stop()` is called; raises `SchemaOutdated`."""
        with logging_context(service=self._service):
            async with self._open_parts() as parts, Listener(parts.db.url) as listener:
                logger.info("worker started", work=[work.kind for work in parts.work])
                await _Running(parts).until(self._stop, listener)
            logger.info("worker stopped")


class _Running:
    """A worker at work."""

    def __init__(self, parts: WorkerParts) -> None:
        self._parts = parts
        self._stopping = False
        self._inbox = Inbox(parts.db, parts.handlers, max_attempts=parts.message_max_attempts)
        self._runners = {work.kind: Runner(parts.service, parts.db, work) for work in parts.work}

    async def until(self, stop: asyncio.Event, listener: Listener) -> None:
        """Do everything the worker does until the event is set, then stop in good order."""
        relay = Relay(self._parts.db, listener, self._parts.queue, self._parts.routes)
        tasks = [
            asyncio.create_task(self._forever("queue", self._serve_queue)),
            asyncio.create_task(self._forever("bell", self._hear_work)),
            asyncio.create_task(self._forever("relay", relay.run)),
            asyncio.create_task(self._sweep_forever()),
            *(asyncio.create_task(self._tick(part)) for part in self._clockwork()),
        ]
        try:
            await stop.wait()
        finally:
            self._stopping = True
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for runner in self._runners.values():
                await runner.stop()

    async def _forever(self, name: str, serve: Callable[[], Awaitable[None]]) -> None:
        # A task group that fails while it is cancelled raises its failure: hence the flag beside the cancellation.
        while not self._stopping:
            try:
                await serve()
            except Exception as error:
                logger.warning("worker part restarts", part=name, error=_told(error))
            await asyncio.sleep(REDIS_AWAY_SECONDS)

    async def _serve_queue(self) -> None:
        service = self._parts.service
        redis: ArqRedis = self._parts.queue.redis
        await redis.ping()
        worker = _BellWorker(
            [func(self._receive, name="receive", timeout=600)],  # type: ignore[arg-type]
            bell=bell_name(service),
            queue_name=queue_name(service),
            redis_pool=redis,
            handle_signals=False,
            max_jobs=self._parts.concurrency,
            keep_result=0,
            max_tries=NO_LIMIT,
            queue_read_limit=QUEUE_READ_LIMIT,
            health_check_interval=30,
            health_check_key=f"socle:{service}:health",
            job_serializer=serialize,
            job_deserializer=deserialize,
            timezone=UTC,
            log_results=False,
        )
        try:
            await worker.main()
        finally:
            for task in tuple(worker.tasks.values()):
                task.cancel()
            await asyncio.gather(*worker.tasks.values(), return_exceptions=True)

    async def _receive(self, _ctx: dict[Any, Any], envelope: dict[str, Any]) -> None:
        await self._inbox.receive(Envelope.model_validate(envelope))

    async def _hear_work(self) -> None:
        # Apart from arq, which takes a dozen commands for a job: of long work Postgres knows all that matters.
        redis: ArqRedis = self._parts.queue.redis
        bell = work_bell_name(self._parts.service)
        while not told_to_stop():
            rung = await cast(Awaitable[Any], redis.blpop([bell], timeout=BELL_SECONDS))
            if rung is not None and (runner := self._runners.get(rung[1].decode())) is not None:
                await runner.poke()

    async def _sweep_forever(self) -> None:
        while not told_to_stop():
            try:
                for runner in self._runners.values():
                    await runner.sweep()
                for message_id in await self._inbox.due():
                    await self._inbox.handle(message_id)
            except _TRANSIENT as error:
                logger.warning("sweep waits", error=_told(error))
            except Exception:
                logger.exception("sweep failed")
            await asyncio.sleep(SWEEP_SECONDS)

    def _clockwork(self) -> list[Clockwork]:
        async def prune() -> None:
            keep = self._parts.outbox_keep
            await outbox.prune(self._parts.db, keep)
            await inbox.prune(self._parts.db, keep + INBOX_KEPT_BEYOND_OUTBOX)

        return [Clockwork("prune messages", timedelta(hours=1), prune), *self._parts.clockwork]

    async def _tick(self, part: Clockwork) -> None:
        if not part.at_start:
            await asyncio.sleep(part.every.total_seconds())
        while not told_to_stop():
            try:
                await part.run()
            except _TRANSIENT as error:
                logger.warning("clockwork waits", name=part.name, error=type(error).__name__)
            except Exception:
                logger.exception("clockwork failed", name=part.name)
            await asyncio.sleep(part.every.total_seconds())


def _told(error: BaseException) -> str:
    """Return an error in a line; of a group, what is inside."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_told(inner) for inner in error.exceptions)[:300]
    return f"{type(error).__name__}: {error}"[:300]
