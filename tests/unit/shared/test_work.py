"""Long work: claimed once, redone after a crash, given up after too many, thrown away when overtaken."""

import asyncio
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.clock import now
from shared.db import Database, run
from shared.ids import new_id
from shared.messaging.queue import Queue
from shared.messaging.work import RETRY_AFTER, Claim, Work, WorkTable
from tests.unit.shared.conftest import running, until

LEASE = timedelta(seconds=0.6)


def _table(db: Database, *, max_attempts: int = 3) -> WorkTable:
    return WorkTable(db, "validation", lease=LEASE, max_attempts=max_attempts)


async def _queue_row(db: Database) -> UUID:
    row_id = new_id()
    await db.execute(
        "INSERT INTO validation (id, state, attempt, fence, request_id, created_at, caller, filename, owns_storage, "
        "schema_name, options) VALUES ($1, 'queued', 0, 0, 'r', $2, 'test', 'f', false, 's', '{}')",
        row_id,
        now(),
    )
    return row_id


async def _state(db: Database, row_id: UUID) -> str:
    return str(await db.fetchval("SELECT state FROM validation WHERE id = $1", row_id))


async def _no_give_up(_session: AsyncSession, _row_id: UUID) -> None:
    raise AssertionError("nothing is to be given up here")


class Done:
    """Work that writes its result once."""

    def __init__(self, db: Database, table: WorkTable, seconds: float = 0) -> None:
        self.db, self.table, self.seconds = db, table, seconds
        self.running = self.most = 0
        self.settled: list[bool] = []

    async def __call__(self, claim: Claim) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.running -= 1
        async with self.db.transaction() as session:
            self.settled.append(await self.table.settle(session, claim, "done"))


async def test_work_rung_is_done_at_once_and_never_beyond_the_slots(
    validation_db: Database, queue: Queue
) -> None:
    table = _table(validation_db)
    done = Done(validation_db, table, seconds=0.05)
    for _ in range(20):
        await _queue_row(validation_db)
    async with running("validation", validation_db, queue, work=[Work("v", table, done, _no_give_up, 2)]):
        await queue.ring_work("validation", "v")
        await until(lambda: _count(validation_db, "done", 20))
    assert done.most == 2
    assert done.settled == [True] * 20


async def _count(db: Database, state: str, expected: int) -> bool:
    return bool(await db.fetchval("SELECT count(*) FROM validation WHERE state = $1", state) == expected)


async def test_queued_work_is_found_without_redis(validation_db: Database) -> None:
    away = Queue.open("redis://127.0.0.1:1/0")
    table = _table(validation_db)
    row_id = await _queue_row(validation_db)
    work = Work("v", table, Done(validation_db, table), _no_give_up, 1)
    async with running("validation", validation_db, away, work=[work]):
        await until(lambda: _count(validation_db, "done", 1))
    await away.close()
    assert await _state(validation_db, row_id) == "done"


async def test_two_claims_never_hold_the_same_row(validation_db: Database) -> None:
    table = _table(validation_db)
    for _ in range(10):
        await _queue_row(validation_db)
    claims = await asyncio.gather(*(table.claim_next() for _ in range(20)))
    held = [claim.id for claim in claims if claim is not None]
    assert len(held) == len(set(held)) == 10


async def test_the_work_of_a_dead_worker_is_done_by_another_and_its_late_result_thrown_away(
    validation_db: Database, queue: Queue
) -> None:
    table = _table(validation_db)
    row_id = await _queue_row(validation_db)
    dead = await table.claim_next()
    assert dead is not None
    done = Done(validation_db, table)
    async with running("validation", validation_db, queue, work=[Work("v", table, done, _no_give_up, 1)]):
        await until(lambda: _count(validation_db, "done", 1))
    async with validation_db.transaction() as session:
        assert not await table.settle(session, dead, "failed")
    row = await validation_db.fetchrow("SELECT state, attempt, fence FROM validation WHERE id = $1", row_id)
    assert row is not None
    assert (row["state"], row["attempt"], row["fence"]) == ("done", 2, 2)


async def test_the_lease_is_renewed_while_the_work_goes_on(validation_db: Database, queue: Queue) -> None:
    table = _table(validation_db)
    await _queue_row(validation_db)
    done = Done(validation_db, table, seconds=LEASE.total_seconds() * 3)
    async with running("validation", validation_db, queue, work=[Work("v", table, done, _no_give_up, 2)]):
        await until(lambda: _count(validation_db, "done", 1))
    assert done.settled == [True]
    assert done.most == 1


async def test_work_cancelled_meanwhile_is_stopped(validation_db: Database, queue: Queue) -> None:
    table = _table(validation_db)
    await _queue_row(validation_db)
    done = Done(validation_db, table, seconds=60)
    async with running("validation", validation_db, queue, work=[Work("v", table, done, _no_give_up, 1)]):
        await until(lambda: _count(validation_db, "running", 1))
        await validation_db.execute("UPDATE validation SET state = 'cancelled'")
        await until(lambda: _nothing_runs(done))
    assert done.settled == []


async def _nothing_runs(done: Done) -> bool:
    return done.running == 0


async def test_a_worker_stopped_in_good_order_puts_its_work_back(
    validation_db: Database, queue: Queue
) -> None:
    table = _table(validation_db)
    row_id = await _queue_row(validation_db)
    done = Done(validation_db, table, seconds=60)
    async with running("validation", validation_db, queue, work=[Work("v", table, done, _no_give_up, 1)]):
        await until(lambda: _count(validation_db, "running", 1))
    row = await validation_db.fetchrow("SELECT state, attempt FROM validation WHERE id = $1", row_id)
    assert row is not None
    assert (row["state"], row["attempt"]) == ("queued", 0)


async def test_work_that_failed_waits_longer_before_each_attempt(validation_db: Database) -> None:
    """An outage of some seconds must not burn every attempt."""
    table = _table(validation_db)
    await _queue_row(validation_db)
    first = await table.claim_next()
    assert first is not None
    await table.retry_later(first)
    assert await table.claim_next() is None
    waits = await validation_db.fetchval("SELECT lease_until - $1 FROM validation", now())
    assert timedelta(seconds=0.5) < waits <= RETRY_AFTER
    await validation_db.execute("UPDATE validation SET lease_until = $1", now() - LEASE)
    second = await table.claim_next()
    assert second is not None
    assert second.attempt == 2
    await table.retry_later(second)
    longer = await validation_db.fetchval("SELECT lease_until - $1 FROM validation", now())
    assert longer > 5 * RETRY_AFTER


async def test_work_that_fails_at_every_attempt_is_given_up_and_told(
    validation_db: Database, queue: Queue
) -> None:
    table = _table(validation_db, max_attempts=2)
    row_id = await _queue_row(validation_db)

    async def fail(_claim: Claim) -> None:
        raise RuntimeError("always")

    async def gave_up(session: AsyncSession, given_up: UUID) -> None:
        await run(session, text("UPDATE validation SET filename = 'told' WHERE id = :id"), {"id": given_up})

    async with running("validation", validation_db, queue, work=[Work("v", table, fail, gave_up, 1)]):
        await until(lambda: _count(validation_db, "failed", 1))
    row = await validation_db.fetchrow("SELECT attempt, filename FROM validation WHERE id = $1", row_id)
    assert row is not None
    assert (row["attempt"], row["filename"]) == (2, "told")
