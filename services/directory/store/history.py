"""SQL of the history: rows are only ever added."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.store.rows import Row, insert_all
from services.directory.tables import HistoryEntry
from shared.db import Database


async def add_all(session: AsyncSession, entries: Sequence[Row]) -> None:
    """Write entries."""
    await insert_all(session, HistoryEntry, entries)


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
