"""SQL of the files brought in and of the reports on their lines."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.tables import BatchImport, ImportLine
from shared.db import Database, run

TABLE = "batch_import"
_AT_ONCE = 1000


async def add(session: AsyncSession, row: BatchImport) -> None:
    """Write a file to bring in."""
    session.add(row)
    await session.flush()


async def get(db: Database, import_id: UUID) -> dict[str, Any] | None:
    """Return a file to bring in, or None."""
    row = await db.fetchrow("SELECT * FROM batch_import WHERE id = $1", import_id)
    return None if row is None else dict(row)


async def finish(
    session: AsyncSession,
    import_id: UUID,
    counts: dict[str, int],
    lines: Sequence[dict[str, Any]],
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
    for start in range(0, len(lines), _AT_ONCE):
        await session.exec(insert(ImportLine).values(list(lines[start : start + _AT_ONCE])))


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
        "AND ($2::text IS NULL OR outcome = $2) AND line > $3 ORDER BY line LIMIT $4",
        import_id,
        outcome,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def find_progiciel(session: AsyncSession, editeur: str, nom_key: str) -> dict[str, Any] | None:
    """Return the application of a vendor by its folded name, or None."""
    found = await run(
        session,
        text("SELECT id, description, url FROM progiciel WHERE editeur_siren = :editeur AND nom_key = :key"),
        {"editeur": editeur, "key": nom_key},
    )
    row = found.mappings().first()
    return None if row is None else dict(row)


async def find_module(session: AsyncSession, columns: dict[str, Any]) -> dict[str, Any] | None:
    """Return the export module of an application, domain and schema, or None."""
    found = await run(
        session,
        text(
            "SELECT id, policy, price_note, available_since FROM export_module WHERE progiciel_id = :progiciel_id "
            "AND domaine = :domaine AND schema_name = :schema_name AND schema_version = :schema_version"
        ),
        columns,
    )
    row = found.mappings().first()
    return None if row is None else dict(row)
