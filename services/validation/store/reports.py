"""Reports as they are stored: JSON in gzip."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.store.validations import COLUMNS
from shared.db import Database, run


async def get(db: Database, validation_id: UUID) -> bytes | None:
    """Return the report as stored, or None."""
    body: bytes | None = await db.fetchval("SELECT body FROM report WHERE validation_id = $1", validation_id)
    return body


async def has_equal(db: Database, caller: str, key: str) -> bool:
    """Tell whether a caller has a report of this key."""
    found: bool = await db.fetchval(
        "SELECT EXISTS (SELECT FROM validation WHERE report_key = $1 AND caller = $2)", key, caller
    )
    return found


async def hold_equal(session: AsyncSession, caller: str, key: str) -> UUID | None:
    """Return the last validation of a caller with this key, which stays until the session ends."""
    row = (
        await run(
            session,
            text(
                "SELECT id FROM validation WHERE report_key = :key AND caller = :caller ORDER BY id DESC LIMIT 1 "
                "FOR KEY SHARE"
            ),
            {"key": key, "caller": caller},
        )
    ).first()
    return None if row is None else row.id


async def copy(session: AsyncSession, validation_id: UUID, found: UUID, moment: datetime) -> dict[str, Any]:
    """End a validation with the verdict and the report of another, and return its columns."""
    names = "outcome, rows, errors, warnings, engine_version, sha256, size, schema_sha256, report_key"
    given = ", ".join(f"{name} = other.{name}" for name in names.split(", "))
    returned = ", ".join(f"validation.{name}" for name in COLUMNS.split(", "))
    result = await run(
        session,
        text(
            "WITH reported AS (INSERT INTO report (validation_id, body) "
            "SELECT :id, body FROM report WHERE validation_id = :found) "
            f"UPDATE validation SET state = 'done', lease_until = NULL, problem = NULL, progress = NULL, {given}, "
            "reused_from = coalesce(other.reused_from, other.id), finished_at = :moment "
            f"FROM validation AS other WHERE validation.id = :id AND other.id = :found RETURNING {returned}"
        ),
        {"id": validation_id, "found": found, "moment": moment},
    )
    return dict(result.one()._mapping)
