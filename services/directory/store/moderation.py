"""SQL of the submissions."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.store.rows import plain
from services.directory.tables import Submission
from shared.db import Database, run


async def add(session: AsyncSession, row: Submission) -> None:
    """Write a submission."""
    session.add(row)
    await session.flush()


async def page(
    db: Database, *, state: str | None, kind: str | None, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Return submissions in the order in which they came."""
    rows = await db.fetch(
        "SELECT * FROM submission WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR kind = $2) "
        "AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4",
        state,
        kind,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def get(db: Database, submission_id: UUID) -> dict[str, Any] | None:
    """Return a submission, or None."""
    row = await db.fetchrow("SELECT * FROM submission WHERE id = $1", submission_id)
    return None if row is None else dict(row)


async def hold(session: AsyncSession, submission_id: UUID) -> dict[str, Any] | None:
    """Return a submission, locked until the transaction ends, or None."""
    found = await run(
        session, text("SELECT * FROM submission WHERE id = :id FOR UPDATE"), {"id": submission_id}
    )
    row = found.mappings().first()
    if row is None:
        return None
    held = plain(row)
    # A statement that is not about a model gives JSON as PostgreSQL writes it.
    if isinstance(held["proposal"], str | bytes):
        held["proposal"] = orjson.loads(held["proposal"])
    return held


async def settle(
    session: AsyncSession,
    submission_id: UUID,
    *,
    state: str,
    decided_by: str,
    decided_at: datetime,
    motif: str,
    published: str | None,
) -> None:
    """Write what was decided of a submission."""
    await run(
        session,
        text(
            "UPDATE submission SET state = :state, decided_by = :by, decided_at = :at, motif = :motif, "
            "published = :published WHERE id = :id"
        ),
        {
            "id": submission_id,
            "state": state,
            "by": decided_by,
            "at": decided_at,
            "motif": motif,
            "published": published,
        },
    )


async def contested(session: AsyncSession, claim_id: UUID) -> dict[str, Any]:
    """Return what a claim is about: `usage_id` or `module_id`."""
    found = await run(session, text("SELECT usage_id, module_id FROM claim WHERE id = :id"), {"id": claim_id})
    return plain(found.mappings().one())


async def waiting_vendor(session: AsyncSession, siren: str) -> UUID | None:
    """Return the submission that proposes the page of a vendor and waits, or None."""
    found = await run(
        session,
        text(
            "SELECT id FROM submission WHERE kind = 'editeur' AND state = 'en_attente' "
            "AND submitted_siren = :siren ORDER BY id LIMIT 1"
        ),
        {"siren": siren},
    )
    waiting: UUID | None = found.scalar_one_or_none()
    return waiting
