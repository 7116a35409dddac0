"""SQL of what labels are given to and of who uses it: copies of the directory's and the catalogue's entries."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.tables import Label
from shared.db import Database, run

# Latest published files of the schema, judged here, that conform, of bodies said to use the application. What the
# vendor published itself, or labelled already, is no evidence of what others export.
_PUBLISHED = (
    "SELECT DISTINCT u.siren, u.version, latest.sha256 FROM known_usage u "
    "JOIN known_dataset d ON d.siren = u.siren AND NOT d.removed AND d.owner_siren IS DISTINCT FROM :editeur "
    "JOIN LATERAL (SELECT v.outcome, v.schema_version, v.sha256, v.rows FROM validation v "
    "WHERE v.resource_id = ANY(d.resources) AND v.schema_name = :schema_name AND v.outcome IS NOT NULL "
    "AND NOT EXISTS (SELECT FROM validation later WHERE later.resource_id = v.resource_id "
    "AND (later.resource_revision, later.id) > (v.resource_revision, v.id) AND later.outcome IS NOT NULL)) latest "
    "ON latest.outcome = 'valid' AND latest.schema_version = :schema_version AND latest.rows > 0 "
    "AND latest.sha256 IS NOT NULL "
    "WHERE u.progiciel_id = :progiciel_id AND u.domaine = :domaine AND u.status = 'confirme' "
    "AND u.valid_until >= :today AND u.siren <> :editeur "
    "AND NOT EXISTS (SELECT FROM label_run r WHERE r.editeur_siren = :editeur AND r.sha256 = latest.sha256)"
)


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file that a body published and that conforms; `version` is that of the application in use, if it is known."""

    siren: str
    version: str
    sha256: str


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


async def published_files(
    session: AsyncSession, label: Label, domaine: str, today: date
) -> list[PublishedFile]:
    """Return the conforming files of the bodies that use what is labelled, whatever its version."""
    found = await run(
        session,
        text(_PUBLISHED),
        {
            "schema_name": label.schema_name,
            "schema_version": label.schema_version,
            "progiciel_id": label.progiciel_id,
            "domaine": domaine,
            "today": today,
            "editeur": label.editeur_siren,
        },
    )
    return [PublishedFile(row.siren, row.version, row.sha256) for row in found]


async def domaine_of(session: AsyncSession, module_id: UUID) -> str | None:
    """Return the domain of an export module, or None."""
    found = await run(session, text("SELECT domaine FROM known_module WHERE id = :id"), {"id": module_id})
    domaine: str | None = found.scalar_one_or_none()
    return domaine
