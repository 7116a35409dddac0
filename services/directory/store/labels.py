"""SQL of the labels, a projection of the validation service's events."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.tables import Label
from shared.db import Database, run

_COLUMNS = tuple(Label.model_fields)
_UPSERT = text(
    f"INSERT INTO label AS held ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{name}' for name in _COLUMNS)}) "
    f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS)} "
    "WHERE excluded.sequence > held.sequence"
)


async def bring(session: AsyncSession, row: Label) -> bool:
    """Write a label as an event tells it; False when a newer event was there before."""
    result = await run(session, _UPSERT, row.model_dump())
    written: bool = result.rowcount == 1
    return written


async def of_progiciel(db: Database, progiciel_id: UUID) -> list[dict[str, Any]]:
    """Return the labels of an application, the newest first."""
    rows = await db.fetch(
        "SELECT * FROM label WHERE progiciel_id = $1 ORDER BY valid_from DESC, id LIMIT 200", progiciel_id
    )
    return [dict(row) for row in rows]


async def unclaimed(session: AsyncSession, label_id: UUID) -> list[UUID]:
    """Return the export modules that a label is about, and of which it has said nothing yet.

    It is about the module that it names; when it names none, about those of its application with its schema.
    """
    found = await run(
        session,
        text(
            "SELECT m.id FROM label l JOIN export_module m ON m.progiciel_id = l.progiciel_id AND "
            "(m.id = l.module_id OR l.module_id IS NULL AND m.schema_name = l.schema_name "
            "AND m.schema_version IN ('', l.schema_version)) WHERE l.id = :id "
            "AND NOT EXISTS (SELECT FROM claim c WHERE c.label_id = l.id AND c.module_id = m.id) ORDER BY m.id"
        ),
        {"id": label_id},
    )
    return [UUID(int=module_id.int) for module_id in found.scalars()]


async def claimed(session: AsyncSession, label_id: UUID) -> list[UUID]:
    """Return the export modules of which a label has said something."""
    found = await run(
        session,
        text("SELECT DISTINCT module_id FROM claim WHERE label_id = :id ORDER BY module_id"),
        {"id": label_id},
    )
    return [UUID(int=module_id.int) for module_id in found.scalars()]


async def attesting(session: AsyncSession, version_id: UUID) -> str | None:
    """Return the page of a label in life that attests a version, or None."""
    found = await run(
        session,
        text(
            "SELECT verify_url FROM label WHERE version_id = :id AND state NOT IN ('revoque', 'expire') "
            "ORDER BY id LIMIT 1"
        ),
        {"id": version_id},
    )
    page: str | None = found.scalar_one_or_none()
    return page
