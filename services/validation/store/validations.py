"""Validations and their reports."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.domain.verdict import Verdict
from services.validation.tables import Validation
from shared.db import Database, run

# A notification on this channel carries the id of a validation that just ended.
ENDED_CHANNEL = "validation_ended"
# One on this channel carries an id and, after a space, how far the validation is (JSON).
PROGRESS_CHANNEL = "validation_progress"

# Put before a write that tells how work goes: a crash of the database may lose it, and nothing depends on it. Its
# commit does not wait for the disk.
_UNHURRIED = "WITH unhurried AS (SELECT set_config('synchronous_commit', 'off', true))"

COLUMNS = (
    "id, state, outcome, created_at, started_at, finished_at, filename, source_url, size, sha256, schema_name, "
    "schema_version, engine_version, rows, errors, warnings, problem, storage_key, resource_id, resource_revision, "
    "options, caller, owns_storage, owner, private, schema_url, schema_sha256, resources, progress, attempt, "
    "schedule_id, reused_from, fresh"
)


async def add(session: AsyncSession, validation: Validation) -> None:
    """Write a new validation."""
    session.add(validation)
    await session.flush()


async def get(db: Database, validation_id: UUID) -> dict[str, Any] | None:
    """Return a validation's columns, or None."""
    row = await db.fetchrow(f"SELECT {COLUMNS} FROM validation WHERE id = $1", validation_id)
    return None if row is None else dict(row)


async def page(
    db: Database,
    owner: str,
    *,
    before: UUID | None,
    limit: int,
    schema: tuple[str, str | None] | None,
    state: str | None,
    outcome: str | None,
) -> list[dict[str, Any]]:
    """Return an owner's validations, the newest first; `schema` is a name and, or not, a version."""
    name, version = schema or (None, None)
    rows = await db.fetch(
        f"SELECT {COLUMNS} FROM validation WHERE owner = $1 AND ($2::uuid IS NULL OR id < $2) "
        "AND ($3::text IS NULL OR schema_name = $3) AND ($4::text IS NULL OR schema_version = $4) "
        "AND ($5::text IS NULL OR state = $5) AND ($6::text IS NULL OR outcome = $6) ORDER BY id DESC LIMIT $7",
        owner,
        before,
        name,
        version,
        state,
        outcome,
        limit,
    )
    return [dict(row) for row in rows]


async def write_progress(db: Database, validation_id: UUID, fence: int, progress: dict[str, Any]) -> None:
    """Note how far the present attempt is, and tell whoever follows it."""
    await db.execute(
        f"{_UNHURRIED}, changed AS (UPDATE validation SET progress = $3 FROM unhurried WHERE id = $1 AND fence = $2 "
        f"AND state = 'running' RETURNING id, progress) SELECT pg_notify('{PROGRESS_CHANNEL}', "
        "id::text || ' ' || progress::text) FROM changed",
        validation_id,
        fence,
        progress,
    )


async def write_schema(db: Database, validation_id: UUID, fence: int, sha256: str) -> None:
    """Note which descriptor the address of a schema gave, so that a further attempt uses the same."""
    await db.execute(
        "UPDATE validation SET schema_sha256 = $3 WHERE id = $1 AND fence = $2", validation_id, fence, sha256
    )


async def start(db: Database, validation_id: UUID, fence: int, moment: datetime) -> dict[str, Any] | None:
    """Note when the present attempt began and return the columns; None when its claim is lost."""
    row = await db.fetchrow(
        f"{_UNHURRIED} UPDATE validation SET started_at = $3, progress = NULL FROM unhurried "
        f"WHERE id = $1 AND fence = $2 RETURNING {COLUMNS}",
        validation_id,
        fence,
        moment,
    )
    return None if row is None else dict(row)


async def write_verdict(
    session: AsyncSession,
    validation_id: UUID,
    verdict: Verdict,
    *,
    sha256: str | None,
    size: int,
    schema_sha256: str | None,
    resources: list[dict[str, Any]] | None,
    report_key: str | None,
    moment: datetime,
) -> dict[str, Any]:
    """Write the verdict and the report of a validation just settled, and return its columns."""
    result = await run(
        session,
        text(
            "WITH reported AS (INSERT INTO report (validation_id, body) VALUES (:id, :body)) "
            "UPDATE validation SET outcome = :outcome, rows = :rows, errors = :errors, warnings = :warnings, "
            "engine_version = :engine_version, sha256 = :sha256, size = :size, finished_at = :moment, problem = NULL, "
            "progress = NULL, schema_sha256 = :schema_sha256, resources = :resources, report_key = :report_key "
            f"WHERE id = :id RETURNING {COLUMNS}"
        ).bindparams(bindparam("resources", type_=JSONB(none_as_null=True))),
        {
            "id": validation_id,
            "outcome": verdict.outcome,
            "rows": verdict.rows,
            "errors": verdict.errors,
            "warnings": verdict.warnings,
            "engine_version": verdict.engine_version,
            "sha256": sha256,
            "size": size,
            "schema_sha256": schema_sha256,
            "resources": resources,
            "report_key": report_key,
            "moment": moment,
            "body": verdict.report,
        },
    )
    return dict(result.one()._mapping)


async def write_problem(
    session: AsyncSession,
    validation_id: UUID,
    problem: bytes,
    *,
    sha256: str | None,
    size: int | None,
    moment: datetime,
) -> dict[str, Any]:
    """Write why a validation just settled has no verdict, and return its columns."""
    result = await run(
        session,
        text(
            "UPDATE validation SET problem = CAST(:problem AS jsonb), sha256 = coalesce(:sha256, sha256), "
            "size = coalesce(:size, size), progress = NULL, finished_at = :moment WHERE id = :id "
            f"RETURNING {COLUMNS}"
        ),
        {"id": validation_id, "problem": problem.decode(), "sha256": sha256, "size": size, "moment": moment},
    )
    return dict(result.one()._mapping)


async def tell_ended(session: AsyncSession, validation_id: UUID) -> None:
    """Wake whoever waits for this validation, when the session commits."""
    await run(
        session, text("SELECT pg_notify(:channel, :id)"), {"channel": ENDED_CHANNEL, "id": str(validation_id)}
    )


async def in_session(session: AsyncSession, validation_id: UUID) -> dict[str, Any] | None:
    """Return a validation's columns as they stand in the session, or None."""
    found = await run(
        session, text(f"SELECT {COLUMNS} FROM validation WHERE id = :id"), {"id": validation_id}
    )
    row = found.first()
    return None if row is None else dict(row._mapping)


async def stored_before(db: Database, moment: datetime, limit: int = 500) -> list[dict[str, Any]]:
    """Return ended validations created before a moment whose uploaded files are still kept."""
    rows = await db.fetch(
        "SELECT id, storage_key, owns_storage, resources FROM validation WHERE storage_key IS NOT NULL "
        "AND owns_storage AND created_at < $1 AND state NOT IN ('queued', 'running') ORDER BY created_at LIMIT $2",
        moment,
        limit,
    )
    return [dict(row) for row in rows]


async def forget_file(db: Database, validation_id: UUID) -> None:
    """Note that the uploaded file of a validation is gone."""
    await db.execute("UPDATE validation SET storage_key = NULL WHERE id = $1", validation_id)


async def known_keys(db: Database, keys: list[str]) -> set[str]:
    """Return those of the storage keys that a validation names."""
    rows = await db.fetch(
        "SELECT storage_key FROM validation WHERE storage_key = ANY($1) UNION "
        "SELECT file->>'storage_key' FROM validation, jsonb_array_elements(resources) AS file "
        "WHERE jsonb_typeof(resources) = 'array' AND file->>'storage_key' = ANY($1)",
        keys,
    )
    return {row["storage_key"] for row in rows}
