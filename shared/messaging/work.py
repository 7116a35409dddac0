"""Long work whose resource row is the job: claimed with a lease and a fence, redone when its worker dies."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.clock import now
from shared.db import Database, run
from shared.messaging.stopping import told_to_stop
from shared.observability.logging import get_logger, logging_context
from shared.observability.metrics import OLDEST_QUEUED, WORK

logger = get_logger(__name__)

# Waits after the first failure; ten times as long after each further one, so that an outage burns few attempts.
RETRY_AFTER = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one row, until the lease ends. The fence grows at each claim."""

    id: UUID
    fence: int
    attempt: int
    request_id: str


# Does the work; ends by a transaction that begins with `WorkTable.settle`. It is cancelled when the claim is lost.
Run = Callable[[Claim], Awaitable[None]]
# Told of a row given up after too many attempts: writes the outcome, in the same transaction as `settle`.
GiveUp = Callable[[AsyncSession, UUID], Awaitable[None]]


class WorkTable:
    """The claims on the rows of one table (with the columns of `WorkColumns`)."""

    def __init__(self, db: Database, table: str, *, lease: timedelta, max_attempts: int) -> None:
        self._db = db
        self.table = table
        self.lease = lease
        self.max_attempts = max_attempts

    async def claim_next(self) -> Claim | None:
        """Claim the oldest row that is queued, or whose worker is gone; None when there is none."""
        moment = now()
        row = await self._db.fetchrow(
            f"UPDATE {self.table} SET state = 'running', attempt = attempt + 1, fence = fence + 1, lease_until = $1 "
            f"WHERE id = (SELECT id FROM {self.table} WHERE attempt < $3 AND "
            "(state = 'queued' OR (state = 'running' AND lease_until < $2)) "
            "ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, fence, attempt, request_id",
            moment + self.lease,
            moment,
            self.max_attempts,
        )
        return Claim(**dict(row)) if row is not None else None

    async def extend(self, claim: Claim) -> bool:
        """Renew the lease; False when the claim is lost (cancelled, or taken by another)."""
        tag = await self._db.execute(
            f"UPDATE {self.table} SET lease_until = $3 WHERE id = $1 AND fence = $2 AND state = 'running'",
            claim.id,
            claim.fence,
            now() + self.lease,
        )
        return tag == "UPDATE 1"

    async def settle(self, session: AsyncSession, claim: Claim, state: str) -> bool:
        """Give the row its final state within the session; False when the claim was lost: write nothing then."""
        result = await run(
            session,
            text(
                f"UPDATE {self.table} SET state = :state, lease_until = NULL "
                "WHERE id = :id AND fence = :fence AND state = 'running'"
            ),
            {"state": state, "id": claim.id, "fence": claim.fence},
        )
        settled: bool = result.rowcount == 1
        return settled

    async def release(self, claim: Claim) -> None:
        """Put the row back in the queue, the attempt not counted (the worker stops in good order)."""
        await self._db.execute(
            f"UPDATE {self.table} SET state = 'queued', attempt = attempt - 1, lease_until = NULL "
            "WHERE id = $1 AND fence = $2 AND state = 'running'",
            claim.id,
            claim.fence,
        )

    async def retry_later(self, claim: Claim) -> None:
        """Let the lease end after a wait that grows with the attempts: the work failed, and may not next time."""
        await self._db.execute(
            f"UPDATE {self.table} SET lease_until = $3 WHERE id = $1 AND fence = $2 AND state = 'running'",
            claim.id,
            claim.fence,
            now() + min(RETRY_AFTER * float(10 ** (claim.attempt - 1)), LONGEST_WAIT),
        )

    async def give_up(self, session: AsyncSession) -> UUID | None:
        """Fail one row whose attempts are spent and whose worker is gone; return its id, or None."""
        result = await run(
            session,
            text(
                f"UPDATE {self.table} SET state = 'failed', fence = fence + 1, lease_until = NULL "
                f"WHERE id = (SELECT id FROM {self.table} WHERE attempt >= :max AND (state = 'queued' OR "
                "(state = 'running' AND lease_until < :now)) ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id"
            ),
            {"max": self.max_attempts, "now": now()},
        )
        row = result.first()
        return None if row is None else row.id

    async def oldest_queued_seconds(self) -> float:
        """Return the age of the oldest row still queued, in seconds; 0 when none is."""
        created = await self._db.fetchval(
            f"SELECT created_at FROM {self.table} WHERE state = 'queued' ORDER BY id LIMIT 1"
        )
        return 0.0 if created is None else (now() - created).total_seconds()


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of long work of a service: its table, what does it, how many at a time."""

    kind: str
    table: WorkTable
    run: Run
    gave_up: GiveUp
    slots: int


class Runner:
    """Keeps the slots of one kind of work filled from Postgres; Redis only tells it when to look."""

    def __init__(self, service: str, db: Database, work: Work) -> None:
        self._service = service
        self._db = db
        self._work = work
        self._tasks: set[asyncio.Task[None]] = set()
        self._pokes: set[asyncio.Task[None]] = set()
        self._filling = asyncio.Lock()
        self._stopping = False

    async def poke(self) -> None:
        """Start as much queued work as there are free slots."""
        async with self._filling:
            while len(self._tasks) < self._work.slots and not self._stopping:
                claim = await self._work.table.claim_next()
                if claim is None:
                    return
                task = asyncio.create_task(self._hold(claim))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def sweep(self) -> None:
        """Take what is queued or was left by a dead worker; give up what failed too often."""
        await self.poke()
        while True:
            async with self._db.transaction() as session:
                given_up = await self._work.table.give_up(session)
                if given_up is None:
                    break
                await self._work.gave_up(session, given_up)
            WORK.labels(self._service, self._work.kind, "failed").inc()
            logger.error("work given up", kind=self._work.kind, id=str(given_up))
        age = await self._work.table.oldest_queued_seconds()
        OLDEST_QUEUED.labels(self._service, self._work.kind).set(age)

    async def stop(self) -> None:
        """Stop in good order: what runs is cancelled and put back in the queue."""
        self._stopping = True
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _hold(self, claim: Claim) -> None:
        """Run the work while its lease is renewed beside it."""
        with logging_context(request_id=claim.request_id, work=self._work.kind, id=str(claim.id)):
            logger.info("work started", attempt=claim.attempt)
            work = asyncio.create_task(self._run(claim))
            heart = asyncio.create_task(self._beat(claim))
            try:
                await asyncio.wait({work, heart}, return_when=asyncio.FIRST_COMPLETED)
                if not work.done():
                    WORK.labels(self._service, self._work.kind, "lost").inc()
                    logger.warning("work lost: cancelled or taken by another worker")
            except asyncio.CancelledError:
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
                with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    await self._work.table.release(claim)
                raise
            finally:
                work.cancel()
                heart.cancel()
                await asyncio.gather(work, heart, return_exceptions=True)
        if not self._stopping:
            asyncio.get_running_loop().call_soon(self._spawn_poke)

    def _spawn_poke(self) -> None:
        task = asyncio.create_task(self._poke_quietly())
        self._pokes.add(task)
        task.add_done_callback(self._pokes.discard)

    async def _poke_quietly(self) -> None:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await self.poke()

    async def _run(self, claim: Claim) -> None:
        try:
            await self._work.run(claim)
        except Exception:
            WORK.labels(self._service, self._work.kind, "error").inc()
            logger.exception("work raised", attempt=claim.attempt)
            # Where even this fails, the lease ends by itself and the row is tried again all the same.
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._work.table.retry_later(claim)
        else:
            WORK.labels(self._service, self._work.kind, "done").inc()
            logger.info("work ended")

    async def _beat(self, claim: Claim) -> None:
        """Return when the claim is lost."""
        while not told_to_stop():
            await asyncio.sleep(self._work.table.lease.total_seconds() / 3)
            try:
                if not await self._work.table.extend(claim):
                    return
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                continue
