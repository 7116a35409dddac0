"""SQL of the files brought in and of the reports on their lines."""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.store.rows import Row, insert_all
from services.directory.tables import BatchImport, ImportLine
from shared.db import Database, run

TABLE = "batch_import"
_AT_ONCE = 1000
# Any constant: two files are brought in one after the other, so that they never wait for each other's rows.
_LOCK = 4_126_230_373


async def add(session: AsyncSession, row: BatchImport) -> None:
    """Write a file to bring in."""
    session.add(row)
    await session.flush()


async def get(db: Database, import_id: UUID) -> dict[str, Any] | None:
    """Return a file to bring in, or None."""
    row = await db.fetchrow("SELECT * FROM batch_import WHERE id = $1", import_id)
    return None if row is None else dict(row)


async def hold_imports(session: AsyncSession) -> None:
    """Make another import wait until this transaction ends."""
    await run(session, text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


async def finish(
    session: AsyncSession,
    import_id: UUID,
    counts: dict[str, int],
    lines: Iterable[Row],
    moment: datetime,
) -> None:
    """Write the report of a file."""
    await run(
        session,
        text(
            "UPDATE batch_import SET accepted = :accepte, unchanged = :inchange, refused = :refuse, "
            "finished_at = :moment WHERE id = :id"
        ),
        {"id": import_id, "moment": moment, **counts},
    )
    rest = iter(lines)
    while some := list(islice(rest, _AT_ONCE)):
        await insert_all(session, ImportLine, some)


async def fail(
    session: AsyncSession, import_id: UUID, *, slug: str, fr: str, en: str, moment: datetime
) -> None:
    """Write why a file could not be brought in."""
    await run(
        session,
        text(
            "UPDATE batch_import SET problem = :slug, problem_fr = :fr, problem_en = :en, finished_at = :moment "
            "WHERE id = :id"
        ),
        {"id": import_id, "slug": slug, "fr": fr, "en": en, "moment": moment},
    )


async def forget_file(db: Database, import_id: UUID) -> None:
    """Write that the file itself is no longer kept."""
    await db.execute("UPDATE batch_import SET storage_key = NULL WHERE id = $1", import_id)


async def lines(
    db: Database, import_id: UUID, *, outcome: str | None, after: int, limit: int
) -> list[dict[str, Any]]:
    """Return what became of the lines of a file, after one of them."""
    rows = await db.fetch(
        "SELECT line, outcome, slug, fr, en, subject FROM import_line WHERE import_id = $1 "
        "AND ($2::text IS NULL OR outcome = $2) AND line > $3::bigint ORDER BY line LIMIT $4",
        import_id,
        outcome,
        after,
        limit,
    )
    return [dict(row) for row in rows]
