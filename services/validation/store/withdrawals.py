"""Validations changed by their owners: content sent, cancelled, deleted; and those that awaited too long."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.domain.states import OPEN
from shared.db import Database, run

# A notification on this channel carries the id of a validation whose work must stop: cancelled, or deleted.
STOPPED_CHANNEL = "validation_stopped"


async def rights(db: Database, validation_id: UUID) -> dict[str, Any] | None:
    """Return what tells who may see and change a validation, or None."""
    row = await db.fetchrow(
        "SELECT id, state, owner, private, tokens, sha256 FROM validation WHERE id = $1", validation_id
    )
    return None if row is None else dict(row)


async def add_token(session: AsyncSession, validation_id: UUID, digest: bytes, most: int = 5) -> None:
    """Give a validation made without a key one more token; the newest are kept."""
    await run(
        session,
        text(
            "UPDATE validation SET tokens = (ARRAY[CAST(:digest AS bytea)] || tokens)[1:CAST(:most AS int)] "
            "WHERE id = :id AND owner IS NULL"
        ),
        {"id": validation_id, "digest": digest, "most": most},
    )


async def receive_content(
    session: AsyncSession, validation_id: UUID, *, storage_key: str, sha256: str, size: int
) -> bool:
    """Queue a validation that awaited its content; False when it awaits none."""
    result = await run(
        session,
        text(
            "UPDATE validation SET state = 'queued', storage_key = :key, owns_storage = true, sha256 = :sha256, "
            "size = :size WHERE id = :id AND state = 'awaiting'"
        ),
        {"id": validation_id, "key": storage_key, "sha256": sha256, "size": size},
    )
    return bool(result.rowcount == 1)


async def cancel(session: AsyncSession, validation_id: UUID) -> bool:
    """End a validation that has not ended, and tell its worker to stop; False when there is none.

    The fence grows, so that nothing its worker still writes is kept.
    """
    result = await run(
        session,
        text(
            "UPDATE validation SET state = 'cancelled', fence = fence + 1, lease_until = NULL, progress = NULL "
            "WHERE id = :id AND state = ANY(:open)"
        ),
        {"id": validation_id, "open": list(OPEN)},
    )
    if result.rowcount == 1:
        await _tell_stopped(session, validation_id)
        return True
    return False


async def delete(session: AsyncSession, validation_id: UUID) -> dict[str, Any] | None:
    """Delete a validation with its report, and tell its worker to stop; return what names its files, or None."""
    result = await run(
        session,
        text("DELETE FROM validation WHERE id = :id RETURNING caller, storage_key, owns_storage, resources"),
        {"id": validation_id},
    )
    row = result.first()
    if row is None:
        return None
    # The same request sent again makes a new validation, instead of finding one that is gone.
    await run(
        session,
        text("DELETE FROM idempotency WHERE caller = :caller AND resource_id = :id"),
        {"caller": row.caller, "id": validation_id},
    )
    await _tell_stopped(session, validation_id)
    return dict(row._mapping)


async def _tell_stopped(session: AsyncSession, validation_id: UUID) -> None:
    await run(
        session,
        text("SELECT pg_notify(:channel, :id)"),
        {"channel": STOPPED_CHANNEL, "id": str(validation_id)},
    )


async def holds(db: Database, validation_id: UUID, fence: int) -> bool:
    """Tell whether a claim on a validation is still in force."""
    found = await db.fetchval(
        "SELECT true FROM validation WHERE id = $1 AND fence = $2 AND state = 'running'", validation_id, fence
    )
    return found is not None


async def expire(session: AsyncSession, before: datetime, limit: int = 100) -> list[UUID]:
    """Fail validations made before a moment whose content never came; return their ids."""
    result = await run(
        session,
        text(
            "UPDATE validation SET state = 'failed', fence = fence + 1 WHERE id IN (SELECT id FROM validation "
            "WHERE state = 'awaiting' AND created_at < :before ORDER BY created_at LIMIT :limit "
            "FOR UPDATE SKIP LOCKED) RETURNING id"
        ),
        {"before": before, "limit": limit},
    )
    return [row.id for row in result]
