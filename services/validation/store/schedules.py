"""Schedules and their turns."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.tables import Schedule, ScheduleRun
from shared.db import Database, run


async def add(session: AsyncSession, schedule: Schedule) -> None:
    """Write a new schedule."""
    session.add(schedule)
    await session.flush()


async def count(session: AsyncSession, owner: str) -> int:
    """Return how many schedules an owner has, counted one transaction of this owner after the other."""
    await run(session, text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": f"schedules {owner}"})
    found = await run(session, text("SELECT count(*) FROM schedule WHERE owner = :owner"), {"owner": owner})
    return int(found.scalar_one())


async def get(db: Database, owner: str, schedule_id: UUID) -> dict[str, Any] | None:
    """Return a schedule of this owner, or None."""
    row = await db.fetchrow("SELECT * FROM schedule WHERE id = $1 AND owner = $2", schedule_id, owner)
    return None if row is None else dict(row)


async def page(db: Database, owner: str, *, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Return an owner's schedules, the oldest first."""
    rows = await db.fetch(
        "SELECT * FROM schedule WHERE owner = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        owner,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def runs(db: Database, schedule_id: UUID, *, before: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Return the turns of a schedule with their verdicts, the latest first."""
    rows = await db.fetch(
        "SELECT r.id, r.due_at, r.finished_at, r.result, r.validation_id, coalesce(r.problem, v.problem) AS problem, "
        "v.outcome, v.schema_name, v.schema_version FROM schedule_run r "
        "LEFT JOIN validation v ON v.id = r.validation_id "
        "WHERE r.schedule_id = $1 AND ($2::uuid IS NULL OR r.id < $2) ORDER BY r.id DESC LIMIT $3",
        schedule_id,
        before,
        limit,
    )
    return [dict(row) for row in rows]


async def hold(session: AsyncSession, schedule_id: UUID, owner: str | None = None) -> Schedule | None:
    """Return a schedule, of this owner if told, locked until the transaction ends; None when there is none."""
    query = select(Schedule).where(col(Schedule.id) == schedule_id).with_for_update()
    if owner is not None:
        query = query.where(col(Schedule.owner) == owner)
    return (await session.exec(query)).first()


async def hold_due(session: AsyncSession, moment: datetime) -> Schedule | None:
    """Return the schedule that is due for longest, locked; one that another worker holds is passed over.

    One whose former turn has not ended waits for it.
    """
    query = (
        select(Schedule)
        .where(col(Schedule.state) == "active", col(Schedule.next_run_at) <= moment)
        .where(
            ~select(ScheduleRun.id)
            .where(col(ScheduleRun.schedule_id) == col(Schedule.id))
            .where(col(ScheduleRun.state).in_(("queued", "running")))
            .exists()
        )
        .order_by(col(Schedule.next_run_at))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.exec(query)).first()


async def add_run(session: AsyncSession, turn: ScheduleRun) -> None:
    """Write a turn, queued."""
    session.add(turn)
    await session.flush()


async def schedule_of(db: Database, run_id: UUID) -> dict[str, Any] | None:
    """Return the schedule of a turn, or None."""
    row = await db.fetchrow(
        "SELECT s.* FROM schedule s JOIN schedule_run r ON r.schedule_id = s.id WHERE r.id = $1", run_id
    )
    return None if row is None else dict(row)


async def end_run(
    session: AsyncSession,
    run_id: UUID,
    result: str,
    moment: datetime,
    *,
    validation_id: UUID | None = None,
    problem: Mapping[str, Any] | None = None,
) -> UUID | None:
    """Write how a turn ended, and return its schedule's id (None when that is gone)."""
    turn = await session.get(ScheduleRun, run_id)
    if turn is None:
        return None
    turn.result, turn.finished_at, turn.validation_id = result, moment, validation_id
    turn.problem = None if problem is None else dict(problem)
    await session.flush()
    return turn.schedule_id


async def delete(session: AsyncSession, schedule: Schedule) -> None:
    """Delete a schedule and its turns; its validations stay."""
    await run(session, text("DELETE FROM schedule WHERE id = :id"), {"id": schedule.id})


async def prune_runs(db: Database, before: datetime) -> None:
    """Forget the turns ended before a moment."""
    await db.execute("DELETE FROM schedule_run WHERE finished_at < $1", before)
