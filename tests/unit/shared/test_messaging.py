"""Events through the outbox, the queue and the inbox, on real servers, with everything that goes wrong there."""

import asyncio

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.clock import now
from shared.db import Database
from shared.messaging import inbox
from shared.messaging.inbox import Handlers, Inbox
from shared.messaging.listener import Listener
from shared.messaging.outbox import Relay, emit, prune
from shared.messaging.queue import Queue
from shared.observability.logging import current_request_id, logging_context
from tests.unit.shared.conftest import Happened, running, until


class Heard:
    """A handler that remembers, and fails as long as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.numbers: list[int] = []
        self.request_ids: list[str] = []
        self.failures = failures

    async def __call__(self, session: AsyncSession, event: Happened) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the handler stumbles")
        self.numbers.append(event.number)
        self.request_ids.append(current_request_id())


async def _emit(db: Database, number: int) -> None:
    async with db.transaction() as session:
        await emit(session, Happened(number=number))


async def _done(db: Database) -> int:
    count: int = await db.fetchval("SELECT count(*) FROM inbox WHERE state = 'done'")
    return count


async def test_an_event_reaches_its_handler_with_its_request_id(
    catalog_db: Database, validation_db: Database, queue: Queue
) -> None:
    heard = Heard()
    async with (
        running("catalog", catalog_db, queue),
        running("validation", validation_db, queue, {Happened: heard}),
    ):
        with logging_context(request_id="from-the-browser"):
            await _emit(catalog_db, 7)
        await until(lambda: _is(_done(validation_db), 1))
    assert heard.numbers == [7]
    assert heard.request_ids == ["from-the-browser"]


async def _is(value: "asyncio.Future[int] | object", expected: int) -> bool:
    return bool(await value == expected)  # type: ignore[misc]


async def test_a_transaction_rolled_back_tells_nothing(catalog_db: Database) -> None:
    with pytest.raises(RuntimeError, match="changed my mind"):
        async with catalog_db.transaction() as session:
            await emit(session, Happened(number=1))
            raise RuntimeError("changed my mind")
    assert await catalog_db.fetchval("SELECT count(*) FROM outbox") == 0


async def test_the_memory_of_redis_lost_loses_no_event(
    catalog_db: Database, validation_db: Database, queue: Queue
) -> None:
    """Events sent to a queue that is then flushed are offered again; those already handled stay handled once."""
    heard = Heard()
    async with running("catalog", catalog_db, queue):
        for number in range(20):
            await _emit(catalog_db, number)
        await until(lambda: _is(catalog_db.fetchval("SELECT count(*) FROM outbox WHERE sent_at IS NULL"), 0))
        await queue.redis.flushdb()
        async with running("validation", validation_db, queue, {Happened: heard}):
            await until(lambda: _is(_done(validation_db), 20))
            await queue.redis.flushdb()
            await _emit(catalog_db, 20)
            await until(lambda: _is(_done(validation_db), 21))
    assert sorted(heard.numbers) == list(range(21))


async def test_a_handler_that_fails_is_tried_again_with_nothing_of_the_failure_kept(
    catalog_db: Database, validation_db: Database, queue: Queue
) -> None:
    heard = Heard(failures=1)
    async with (
        running("catalog", catalog_db, queue),
        running("validation", validation_db, queue, {Happened: heard}),
    ):
        await _emit(catalog_db, 3)
        await until(lambda: _is(_done(validation_db), 1))
    assert heard.numbers == [3]
    row = await validation_db.fetchrow("SELECT attempts, error FROM inbox")
    assert row is not None
    assert (row["attempts"], row["error"]) == (2, None)


async def test_a_message_that_always_fails_becomes_a_dead_letter_and_can_be_retried(
    catalog_db: Database, validation_db: Database, queue: Queue
) -> None:
    heard = Heard(failures=1)
    handlers: Handlers = {Happened: heard}
    async with (
        running("catalog", catalog_db, queue),
        running("validation", validation_db, queue, handlers, max_attempts=1),
    ):
        await _emit(catalog_db, 9)
        await until(
            lambda: _is(validation_db.fetchval("SELECT count(*) FROM inbox WHERE state = 'failed'"), 1)
        )
        [letter] = await inbox.failed_messages(validation_db)
        assert "the handler stumbles" in letter["error"]
        assert await inbox.retry_failed(validation_db, letter["id"]) == 1
        await until(lambda: _is(_done(validation_db), 1))
    assert heard.numbers == [9]


async def test_a_worker_thought_dead_writes_nothing(validation_db: Database) -> None:
    """The effect of a handler that was overtaken by another attempt is rolled back with its `done`."""
    overtaken = Inbox(validation_db, {}, max_attempts=3)
    await validation_db.execute(
        "INSERT INTO inbox VALUES (gen_random_uuid(), $1, 'catalog', $2, 'r', $3, 'received', 0, NULL, $3, $3, NULL)",
        Happened.type,
        {"number": 1},
        now(),
    )
    message_id = await validation_db.fetchval("SELECT id FROM inbox")
    await validation_db.execute("UPDATE inbox SET attempts = 2")
    await overtaken._apply(message_id, Happened.type, {"number": 1}, attempts=1)
    assert await validation_db.fetchval("SELECT state FROM inbox") == "received"


async def test_events_wait_while_redis_is_away_and_leave_when_it_is_back(
    catalog_db: Database, validation_db: Database, queue: Queue, redis_url: str
) -> None:
    away = Queue.open("redis://127.0.0.1:1/0")
    heard = Heard()
    async with running("catalog", catalog_db, away):
        await _emit(catalog_db, 5)
        await asyncio.sleep(0.5)
        assert await catalog_db.fetchval("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 1
    await away.close()
    async with (
        running("catalog", catalog_db, queue),
        running("validation", validation_db, queue, {Happened: heard}),
    ):
        await until(lambda: _is(_done(validation_db), 1))
    assert heard.numbers == [5]


async def test_sent_events_are_pruned_only_after_their_time(catalog_db: Database) -> None:
    from datetime import timedelta

    await _emit(catalog_db, 1)
    await catalog_db.execute("UPDATE outbox SET sent_at = $1", now() - timedelta(days=8))
    await _emit(catalog_db, 2)
    assert await prune(catalog_db, timedelta(days=7)) == 1
    assert await catalog_db.fetchval("SELECT payload->>'number' FROM outbox") == "2"


@pytest.mark.parametrize("steps", range(6))
async def test_a_relay_told_of_an_event_as_it_is_stopped_stops_all_the_same(
    steps: int, catalog_db: Database, queue: Queue
) -> None:
    async with Listener(catalog_db.url) as listener:
        relay = Relay(catalog_db, listener, queue, {})
        task = asyncio.create_task(relay.run())
        await asyncio.sleep(0.1)
        relay._wake.set()
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        stopped, _ = await asyncio.wait([task], timeout=3)
        while not task.done():
            task.cancel()
            await asyncio.sleep(0.01)
    assert stopped


async def test_a_relay_whose_library_swallows_the_cancellation_stops_all_the_same(
    catalog_db: Database, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`asyncio.wait_for` of Python 3.11, inside redis-py and asyncpg, returns its result and forgets the rest."""
    entered = asyncio.Event()

    async def swallowing(_self: Relay) -> int:
        entered.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            return 0
        return 0

    monkeypatch.setattr(Relay, "relay_batch", swallowing)
    async with Listener(catalog_db.url) as listener:
        task = asyncio.create_task(Relay(catalog_db, listener, queue, {}).run())
        await entered.wait()
        task.cancel()
        stopped, _ = await asyncio.wait([task], timeout=5)
        assert stopped
