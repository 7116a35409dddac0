"""SQL of the history: rows are only ever added."""

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.tables import HistoryEntry
from shared.db import Database, run

_INSERT = text(
    "INSERT INTO history_entry (id, subject, subject_id, action, before, after, role, author, author_siren, reason, "
    "recorded_at) VALUES (:id, :subject, :subject_id, :action, CAST(:before AS jsonb), CAST(:after AS jsonb), :role, "
    ":author, :author_siren, :reason, :recorded_at)"
)


async def add(session: AsyncSession, entry: HistoryEntry) -> None:
    """Write an entry."""
    values = entry.model_dump()
    for name in ("before", "after"):
        values[name] = None if values[name] is None else orjson.dumps(values[name], default=str).decode()
    await run(session, _INSERT, values)


async def page(
    db: Database, subject: str, subject_id: str, *, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Return the entries of a subject, oldest first, after one of them."""
    rows = await db.fetch(
        "SELECT id, action, before, after, role, author, author_siren, reason, recorded_at FROM history_entry "
        "WHERE subject = $1 AND subject_id = $2 AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4",
        subject,
        subject_id,
        after,
        limit,
    )
    return [dict(row) for row in rows]
