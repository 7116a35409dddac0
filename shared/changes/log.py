"""The change log: written in the transaction that makes a change, ordered once it is committed.

A sequence would number changes in the order in which they were written, and two transactions may commit in the other
one: a reader past the later number would never see the earlier. So a change has no position until it is committed;
then whoever comes first (a reader, or the worker every second) numbers all that are new, under a lock. Positions
follow one another without a gap, and what is visible never changes place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.clock import now
from shared.db import Database, run
from shared.ids import new_id
from shared.webhooks.fan_out import fan_out

BATCH = 1000

_INSERT = text(
    "INSERT INTO change (id, type, subject, data, audience, recorded_at) "
    "SELECT id, type, subject, data, audience, recorded_at "
    "FROM json_populate_recordset(NULL::change, CAST(:rows AS json))"
)
# `max` reads the end of an index, and is the last position for ever: pruning leaves the last change.
_NUMBER = (
    "WITH fresh AS (SELECT id, row_number() OVER (ORDER BY recorded_at, id) AS rank FROM "
    "(SELECT id, recorded_at FROM change WHERE position IS NULL ORDER BY recorded_at, id LIMIT $1) AS unnumbered) "
    "UPDATE change SET position = (SELECT coalesce(max(position), 0) FROM change) + fresh.rank "
    "FROM fresh WHERE change.id = fresh.id RETURNING change.id"
)


def channel(schema: str) -> str:
    """Return the name of the PostgreSQL channel that tells of new changes."""
    return f"change_{schema}"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened, to be recorded (see `record_change`)."""

    type: str
    subject: object
    data: dict[str, Any]
    audience: str | None = None


async def record_change(
    session: AsyncSession,
    type: str,
    subject: object,
    data: dict[str, Any] | None = None,
    *,
    audience: str | None = None,
) -> UUID:
    """Record, in the session's transaction, that something happened; return the id of the change.

    `type` is `<kind>.<past participle>`, such as `dataset.updated`; `<kind>.deleted` is a tombstone. `subject` is the
    key of what changed (its id or SIREN), `data` what readers learn without asking (a title, the state before): small,
    JSON, nothing personal. Readers of the feeds see it, and webhooks of this type tell it, once the session commits.
    With an `audience` (a caller's name), only the webhooks of that caller tell it.

        await record_change(session, "dataset.updated", dataset.id, {"title": dataset.title})
    """
    [change_id] = await record_changes(session, [Entry(type, subject, data or {}, audience)])
    return change_id


async def record_changes(session: AsyncSession, entries: Sequence[Entry]) -> list[UUID]:
    """Record several changes at once, as `record_change` does one; return their ids."""
    if not entries:
        return []
    moment = now()
    ids = [new_id() for _ in entries]
    rows = [
        {
            "id": change_id,
            "type": entry.type,
            "subject": str(entry.subject),
            "data": entry.data,
            "audience": entry.audience,
            "recorded_at": moment,
        }
        for change_id, entry in zip(ids, entries, strict=True)
    ]
    await run(session, _INSERT, {"rows": orjson.dumps(rows, default=str).decode()})
    await run(session, text("SELECT pg_notify('change_' || current_schema(), '')"))
    return ids


async def publish(db: Database) -> None:
    """Give every committed change its position, and each subscription that asked for it its delivery."""
    while await db.fetchval("SELECT EXISTS (SELECT 1 FROM change WHERE position IS NULL)"):
        async with db.pool.acquire() as connection, connection.transaction():
            # The statements after this one see all that whoever held the lock before has committed.
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", channel(db.schema))
            rows = await connection.fetch(_NUMBER, BATCH)
            await fan_out(connection, [row["id"] for row in rows], now())


async def read(db: Database, *, after: int, limit: int) -> list[dict[str, Any]]:
    """Return public changes in order, those after a position; what is committed when it is called is among them."""
    await publish(db)
    rows = await db.fetch(
        "SELECT position, id, type, subject, data, recorded_at FROM change "
        "WHERE position > $1 AND audience IS NULL ORDER BY position LIMIT $2",
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def latest_of_each(db: Database, *, limit: int) -> list[dict[str, Any]]:
    """Return the latest public change of each of the subjects that changed last, the newest first."""
    await publish(db)
    rows = await db.fetch(
        "SELECT position, id, type, subject, data, recorded_at FROM change AS c "
        "WHERE audience IS NULL AND position IS NOT NULL AND NOT EXISTS (SELECT 1 FROM change AS later WHERE "
        "later.subject = c.subject AND later.position > c.position AND later.audience IS NULL) "
        "ORDER BY position DESC LIMIT $1",
        limit,
    )
    return [dict(row) for row in rows]


async def last_position(db: Database) -> int:
    """Return the position of the last change; 0 when nothing ever changed."""
    await publish(db)
    return int(await db.fetchval("SELECT coalesce(max(position), 0) FROM change"))


async def first_position(db: Database) -> int:
    """Return the position of the oldest change still kept; 1 when nothing ever changed."""
    return int(await db.fetchval("SELECT coalesce(min(position), 1) FROM change"))


async def position_before(db: Database, moment: datetime) -> int:
    """Return a position after which comes every change recorded since a moment (and perhaps a few before)."""
    await publish(db)
    found = await db.fetchval("SELECT min(position) - 1 FROM change WHERE recorded_at >= $1", moment)
    return int(found) if found is not None else await last_position(db)


async def prune(db: Database, keep: timedelta) -> int:
    """Forget the changes before the first one recorded within `keep`, never the last one; return how many."""
    tag = await db.execute(
        "DELETE FROM change WHERE position < (SELECT coalesce("
        "(SELECT min(position) FROM change WHERE recorded_at >= $1), max(position)) FROM change)",
        now() - keep,
    )
    return int(tag.split()[-1])
