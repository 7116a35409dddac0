"""Validations and their reports."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.domain.verdict import Verdict
from services.validation.tables import Validation
from shared.db import Database, run

# A notification on this channel carries the id of a validation that just ended.
ENDED_CHANNEL = "validation_ended"

_COLUMNS = (
    "id, state, outcome, created_at, started_at, finished_at, filename, source_url, size, sha256, schema_name, "
    "schema_version, engine_version, rows, errors, warnings, problem, storage_key, resource_id, resource_revision, "
    "options, caller, owns_storage"
)


async def add(session: AsyncSession, validation: Validation) -> None:
    """Write a new validation, queued."""
    session.add(validation)
    await session.flush()


async def get(db: Database, validation_id: UUID) -> dict[str, Any] | None:
    """Return a validation's columns, or None."""
    row = await db.fetchrow(f"SELECT {_COLUMNS} FROM validation WHERE id = $1", validation_id)
    return None if row is None else dict(row)


async def get_report(db: Database, validation_id: UUID) -> bytes | None:
    """Return the report as stored (JSON in gzip), or None."""
    body: bytes | None = await db.fetchval("SELECT body FROM report WHERE validation_id = $1", validation_id)
    return body


async def mark_started(db: Database, validation_id: UUID, fence: int, moment: datetime) -> None:
    """Note when the present attempt began."""
    await db.execute(
        "UPDATE validation SET started_at = $3 WHERE id = $1 AND fence = $2", validation_id, fence, moment
    )


async def write_verdict(
    session: AsyncSession, validation_id: UUID, verdict: Verdict, *, sha256: str, size: int, moment: datetime
) -> None:
    """Write the verdict and the report of a validation just settled."""
    await run(
        session,
        text(
            "UPDATE validation SET outcome = :outcome, rows = :rows, errors = :errors, warnings = :warnings, "
            "engine_version = :engine_version, sha256 = :sha256, size = :size, finished_at = :moment, problem = NULL "
            "WHERE id = :id"
        ),
        {
            "id": validation_id,
            "outcome": verdict.outcome,
            "rows": verdict.rows,
            "errors": verdict.errors,
            "warnings": verdict.warnings,
            "engine_version": verdict.engine_version,
            "sha256": sha256,
            "size": size,
            "moment": moment,
        },
    )
    await run(
        session,
        text("INSERT INTO report (validation_id, body) VALUES (:id, :body)"),
        {"id": validation_id, "body": verdict.report},
    )


async def write_problem(
    session: AsyncSession,
    validation_id: UUID,
    problem: bytes,
    *,
    sha256: str | None,
    size: int | None,
    moment: datetime,
) -> None:
    """Write why a validation just settled has no verdict."""
    await run(
        session,
        text(
            "UPDATE validation SET problem = CAST(:problem AS jsonb), sha256 = :sha256, size = :size, "
            "finished_at = :moment WHERE id = :id"
        ),
        {"id": validation_id, "problem": problem.decode(), "sha256": sha256, "size": size, "moment": moment},
    )


async def tell_ended(session: AsyncSession, validation_id: UUID) -> None:
    """Wake whoever waits for this validation, when the session commits."""
    await run(
        session, text("SELECT pg_notify(:channel, :id)"), {"channel": ENDED_CHANNEL, "id": str(validation_id)}
    )


async def for_event(session: AsyncSession, validation_id: UUID) -> dict[str, Any]:
    """Return what the completion event tells of a validation, as it stands in the session."""
    row = (
        await run(session, text(f"SELECT {_COLUMNS} FROM validation WHERE id = :id"), {"id": validation_id})
    ).one()
    return dict(row._mapping)


async def stored_before(db: Database, moment: datetime, limit: int = 500) -> list[tuple[UUID, str]]:
    """Return ended validations created before a moment whose uploaded file is still kept."""
    rows = await db.fetch(
        "SELECT id, storage_key FROM validation WHERE storage_key IS NOT NULL AND owns_storage AND created_at < $1 "
        "AND state NOT IN ('queued', 'running') ORDER BY created_at LIMIT $2",
        moment,
        limit,
    )
    return [(row["id"], row["storage_key"]) for row in rows]


async def forget_file(db: Database, validation_id: UUID) -> None:
    """Note that the uploaded file of a validation is gone."""
    await db.execute("UPDATE validation SET storage_key = NULL WHERE id = $1", validation_id)


async def known_ids(db: Database, ids: list[UUID]) -> set[UUID]:
    """Return those of the ids that name a validation."""
    rows = await db.fetch("SELECT id FROM validation WHERE id = ANY($1)", ids)
    return {row["id"] for row in rows}
