"""The change log: whoever follows it gets every change once, in order, however transactions commit."""

import asyncio
import random
from datetime import timedelta

from shared.changes import log
from shared.clock import now
from shared.db import Database


async def _walk(db: Database, after: int, seen: list[tuple[int, str]], limit: int = 7) -> int:
    """Read to the end of the log, from a position; return the position reached."""
    while rows := await log.read(db, after=after, limit=limit):
        seen.extend((row["position"], row["subject"]) for row in rows)
        after = rows[-1]["position"]
    return after


async def test_a_change_written_first_and_committed_last_is_not_missed(catalog_db: Database) -> None:
    seen: list[tuple[int, str]] = []
    async with catalog_db.transaction() as slow:
        await log.record_change(slow, "dataset.created", "written first")
        async with catalog_db.transaction() as quick:
            await log.record_change(quick, "dataset.created", "committed first")
        reached = await _walk(catalog_db, 0, seen)
        assert seen == [(1, "committed first")]
    await _walk(catalog_db, reached, seen)
    assert seen == [(1, "committed first"), (2, "written first")]


async def test_readers_miss_nothing_and_repeat_nothing_while_many_write(catalog_db: Database) -> None:
    chance = random.Random(20)
    subjects = [f"{writer}-{turn}" for writer in range(6) for turn in range(25)]
    finished = asyncio.Event()

    async def write(writer: int) -> None:
        for turn in range(25):
            async with catalog_db.transaction() as session:
                await log.record_change(session, "dataset.updated", f"{writer}-{turn}")
                # The transactions overlap and commit in any order.
                await asyncio.sleep(chance.choice((0, 0, 0.002, 0.01)))

    async def follow() -> list[tuple[int, str]]:
        seen: list[tuple[int, str]] = []
        reached = 0
        while not finished.is_set():
            reached = await _walk(catalog_db, reached, seen)
            await asyncio.sleep(0)
        await _walk(catalog_db, reached, seen)
        return seen

    readers = [asyncio.create_task(follow()) for _ in range(3)]
    await asyncio.gather(*(write(writer) for writer in range(6)))
    finished.set()
    for seen in await asyncio.gather(*readers):
        assert [position for position, _ in seen] == list(range(1, len(subjects) + 1))
        assert sorted(subject for _, subject in seen) == sorted(subjects)


async def test_what_is_rolled_back_never_happened(catalog_db: Database) -> None:
    try:
        async with catalog_db.transaction() as session:
            await log.record_change(session, "dataset.created", "a")
            raise RuntimeError
    except RuntimeError:
        pass
    assert await log.read(catalog_db, after=0, limit=10) == []


async def test_more_than_a_batch_is_numbered_at_once(catalog_db: Database) -> None:
    async with catalog_db.transaction() as session:
        for number in range(3):
            await log.record_change(session, "dataset.created", number)
    await catalog_db.execute(
        "INSERT INTO change (id, type, subject, data, recorded_at) "
        "SELECT gen_random_uuid(), 'dataset.created', n::text, '{}', now() FROM generate_series(4, $1) AS n",
        log.BATCH + 10,
    )
    seen: list[tuple[int, str]] = []
    await _walk(catalog_db, 0, seen, limit=500)
    assert [position for position, _ in seen] == list(range(1, log.BATCH + 11))


async def test_old_changes_are_forgotten_but_never_the_last(catalog_db: Database) -> None:
    async with catalog_db.transaction() as session:
        for number in range(5):
            await log.record_change(session, "dataset.created", number)
    await log.publish(catalog_db)
    old = now() - timedelta(days=10)
    await catalog_db.execute("UPDATE change SET recorded_at = $1 WHERE position <= 2", old)
    assert await log.prune(catalog_db, timedelta(days=5)) == 2
    assert await log.first_position(catalog_db) == 3
    await catalog_db.execute("UPDATE change SET recorded_at = $1", old)
    assert await log.prune(catalog_db, timedelta(days=5)) == 2
    assert await log.last_position(catalog_db) == 5
    async with catalog_db.transaction() as session:
        await log.record_change(session, "dataset.created", "next")
    assert await log.last_position(catalog_db) == 6


async def test_the_latest_change_of_each_subject(catalog_db: Database) -> None:
    async with catalog_db.transaction() as session:
        for subject, what in (
            ("a", "created"),
            ("b", "created"),
            ("a", "updated"),
            ("b", "deleted"),
            ("c", "created"),
        ):
            await log.record_change(session, f"dataset.{what}", subject)
        await log.record_change(session, "dataset.updated", "c", audience="key:somebody")
    found = await log.latest_of_each(catalog_db, limit=10)
    assert [(row["subject"], row["type"]) for row in found] == [
        ("c", "dataset.created"),
        ("b", "dataset.deleted"),
        ("a", "dataset.updated"),
    ]
