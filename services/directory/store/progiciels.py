"""SQL of the vendors, their applications, versions and export modules."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db import Database, run

_PROGICIEL = (
    "SELECT p.id, p.nom, p.nom_key, p.description, p.url, p.created_at, p.editeur_siren, e.nom AS editeur_nom "
    "FROM progiciel p JOIN editeur e ON e.siren = p.editeur_siren"
)
_EDITEUR = (
    "SELECT e.siren, e.nom, e.nom_key, e.url, e.created_at, e.claimed_at, "
    "(SELECT count(*) FROM progiciel p WHERE p.editeur_siren = e.siren) AS progiciels FROM editeur e"
)
# What has not been repeated in time is out of date, whatever was written when it was last said.
EFFECTIVE = "CASE WHEN {0}.valid_until < {1} THEN 'perime' ELSE {0}.status END"


async def editeur_page(
    db: Database, *, key: str, after: tuple[str, str] | None, limit: int
) -> list[dict[str, Any]]:
    """Return vendors whose folded name holds `key`, in the order of names, after a name and SIREN."""
    name, siren = after or ("", "")
    rows = await db.fetch(
        f"{_EDITEUR} WHERE ($1 = '' OR strpos(e.nom_key, $1) > 0) AND (e.nom_key, e.siren) > ($2, $3) "
        "ORDER BY e.nom_key, e.siren LIMIT $4",
        key,
        name,
        siren,
        limit,
    )
    return [dict(row) for row in rows]


async def get_editeur(db: Database, siren: str) -> dict[str, Any] | None:
    """Return a vendor, or None."""
    row = await db.fetchrow(f"{_EDITEUR} WHERE e.siren = $1", siren)
    return None if row is None else dict(row)


async def progiciel_page(
    db: Database,
    *,
    key: str,
    editeur: str | None,
    domaine: str | None,
    after: tuple[str, UUID] | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Return applications whose folded name holds `key`, of a vendor, that export a domain."""
    name, last = after or ("", UUID(int=0))
    rows = await db.fetch(
        f"{_PROGICIEL} WHERE ($1 = '' OR strpos(p.nom_key, $1) > 0) "
        "AND ($2::text IS NULL OR p.editeur_siren = $2) "
        "AND ($3::text IS NULL OR EXISTS (SELECT FROM export_module m WHERE m.progiciel_id = p.id AND m.domaine = $3)) "
        "AND (p.nom_key, p.id) > ($4, $5) ORDER BY p.nom_key, p.id LIMIT $6",
        key,
        editeur,
        domaine,
        name,
        last,
        limit,
    )
    return [dict(row) for row in rows]


async def get_progiciel(db: Database, progiciel_id: UUID) -> dict[str, Any] | None:
    """Return an application with its vendor, or None."""
    row = await db.fetchrow(f"{_PROGICIEL} WHERE p.id = $1", progiciel_id)
    return None if row is None else dict(row)


async def vendors_of(session: AsyncSession, progiciel_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the SIREN of the vendor of each application; those that do not exist are left out."""
    found = await run(
        session,
        text("SELECT id, editeur_siren FROM progiciel WHERE id = ANY(CAST(:ids AS uuid[]))"),
        {"ids": list(progiciel_ids)},
    )
    return {row.id: row.editeur_siren for row in found}


async def find_by_name(
    session: AsyncSession, names: Collection[tuple[str, str]]
) -> dict[tuple[str, str], UUID]:
    """Return the ids of applications by their vendor and folded name; those that do not exist are left out."""
    found = await run(
        session,
        text(
            "SELECT p.editeur_siren, p.nom_key, p.id FROM progiciel p JOIN unnest(CAST(:sirens AS text[]), "
            "CAST(:keys AS text[])) AS wanted (editeur_siren, nom_key) USING (editeur_siren, nom_key)"
        ),
        {"sirens": [siren for siren, _ in names], "keys": [key for _, key in names]},
    )
    return {(row.editeur_siren, row.nom_key): UUID(int=row.id.int) for row in found}


async def listed_editeurs(session: AsyncSession, sirens: Collection[str]) -> set[str]:
    """Return those of some SIREN that are of a vendor already listed."""
    found = await run(
        session,
        text("SELECT siren FROM editeur WHERE siren = ANY(CAST(:sirens AS text[]))"),
        {"sirens": list(sirens)},
    )
    return set(found.scalars())


async def find_id(session: AsyncSession, table: str, columns: dict[str, Any]) -> UUID:
    """Return the id of the row of a table that holds these values; it is known to be there."""
    condition = " AND ".join(f"{name} = :{name}" for name in columns)
    found = await run(session, text(f"SELECT id FROM {table} WHERE {condition}"), columns)
    row_id: UUID = found.scalar_one()
    return row_id


async def versions(db: Database, progiciel_id: UUID) -> list[dict[str, Any]]:
    """Return the versions of an application, the last listed first."""
    rows = await db.fetch(
        "SELECT id, number, released_on FROM version WHERE progiciel_id = $1 ORDER BY id DESC LIMIT 200",
        progiciel_id,
    )
    return [dict(row) for row in rows]


async def modules(db: Database, progiciel_id: UUID, today: date) -> list[dict[str, Any]]:
    """Return the export modules of an application, with their status on a day."""
    rows = await db.fetch(
        f"SELECT m.*, {EFFECTIVE.format('m', '$2')} AS status_today FROM export_module m WHERE m.progiciel_id = $1 "
        "ORDER BY m.domaine, m.schema_name, m.schema_version LIMIT 200",
        progiciel_id,
        today,
    )
    return [dict(row) for row in rows]


async def get_module(db: Database, module_id: UUID, today: date) -> dict[str, Any] | None:
    """Return an export module with its status on a day, or None."""
    row = await db.fetchrow(
        f"SELECT m.*, {EFFECTIVE.format('m', '$2')} AS status_today FROM export_module m WHERE m.id = $1",
        module_id,
        today,
    )
    return None if row is None else dict(row)


async def usage_counts(db: Database, progiciel_id: UUID, today: date) -> list[dict[str, Any]]:
    """Return how many usages an application has, by domain and status on a day."""
    rows = await db.fetch(
        f"SELECT u.domaine, {EFFECTIVE.format('u', '$2')} AS status, count(DISTINCT u.siren) AS count "
        "FROM usage u WHERE u.progiciel_id = $1 GROUP BY 1, 2 ORDER BY 1, 2",
        progiciel_id,
        today,
    )
    return [dict(row) for row in rows]
