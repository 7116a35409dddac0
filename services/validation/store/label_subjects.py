"""SQL of what labels are given to and of who uses it: copies of the directory's and the catalogue's entries."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db import Database, run

# Bodies that use the application, whose latest published file of the schema, judged here, conforms.
_CONFIRMING = (
    "SELECT DISTINCT u.siren FROM known_usage u JOIN known_dataset d ON d.siren = u.siren AND NOT d.removed "
    "JOIN LATERAL (SELECT v.outcome, v.schema_name, v.schema_version FROM validation v "
    "WHERE v.resource_id = ANY(d.resources) AND v.schema_name = :schema_name AND v.outcome IS NOT NULL "
    "AND NOT EXISTS (SELECT FROM validation later WHERE later.resource_id = v.resource_id "
    "AND (later.resource_revision, later.id) > (v.resource_revision, v.id) AND later.outcome IS NOT NULL)) latest "
    "ON latest.outcome = 'valid' AND latest.schema_version = :schema_version "
    "WHERE u.progiciel_id = :progiciel_id AND u.domaine = :domaine AND u.status = 'confirme' "
    "AND u.valid_until >= :today AND (u.version = '' OR u.version = :major OR u.version LIKE :major_prefix) "
    "AND u.siren <> :editeur ORDER BY u.siren"
)


async def bring(session: AsyncSession, entry: SQLModel) -> None:
    """Write an entry as an event tells it; one that is older than what is known changes nothing."""
    table: Any = type(entry)
    values = entry.model_dump()
    written = insert(table).values(**values)
    newer = {name: written.excluded[name] for name in values if name != "id"}
    await session.exec(
        written.on_conflict_do_update(
            index_elements=["id"], set_=newer, where=written.excluded.revision > table.revision
        )
    )


async def progiciel(db: Database, progiciel_id: UUID) -> dict[str, Any] | None:
    """Return an application, or None."""
    row = await db.fetchrow("SELECT * FROM known_progiciel WHERE id = $1", progiciel_id)
    return None if row is None else dict(row)


async def module(db: Database, module_id: UUID) -> dict[str, Any] | None:
    """Return an export module, or None."""
    row = await db.fetchrow("SELECT * FROM known_module WHERE id = $1", module_id)
    return None if row is None else dict(row)


async def confirming(session: AsyncSession, label: Any, domaine: str, today: date) -> list[str]:
    """Return the SIREN of the bodies that confirm a label by what they publish."""
    found = await run(
        session,
        text(_CONFIRMING),
        {
            "schema_name": label.schema_name,
            "schema_version": label.schema_version,
            "progiciel_id": label.progiciel_id,
            "domaine": domaine,
            "today": today,
            "major": label.major,
            "major_prefix": label.major.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + ".%",
            "editeur": label.editeur_siren,
        },
    )
    return [row.siren for row in found]


async def domaine_of(session: AsyncSession, module_id: UUID) -> str | None:
    """Return the domain of an export module, or None."""
    found = await run(session, text("SELECT domaine FROM known_module WHERE id = :id"), {"id": module_id})
    domaine: str | None = found.scalar_one_or_none()
    return domaine
