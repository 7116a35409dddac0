"""SQL of what other services are told of an entry. Each telling numbers the entry anew, under the lock of its row."""

from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db import run

Announced = Literal["progiciel", "export_module", "usage"]

_TOLD: dict[Announced, str] = {
    "progiciel": "progiciel.nom, progiciel.editeur_siren, "
    "(SELECT nom FROM editeur WHERE siren = progiciel.editeur_siren) AS editeur_nom",
    "export_module": "progiciel_id, domaine, schema_name, schema_version, status, valid_until",
    "usage": "siren, progiciel_id, version, domaine, status, valid_until",
}


async def next_states(
    session: AsyncSession, subject: Announced, subject_ids: list[UUID]
) -> list[dict[str, Any]]:
    """Return entries as they are now, each with its next revision; their rows stay locked until the session ends."""
    found = await run(
        session,
        text(
            f"UPDATE {subject} SET revision = {subject}.revision + 1 WHERE id = ANY(:ids) "
            f"RETURNING {subject}.id, {subject}.revision, {_TOLD[subject]}"
        ),
        {"ids": subject_ids},
    )
    return [dict(row) for row in found.mappings()]


async def versions(session: AsyncSession, progiciel_ids: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Return the versions of some applications that were locked before."""
    found = await run(
        session,
        text(
            "SELECT progiciel_id, id AS version_id, number FROM version WHERE progiciel_id = ANY(:ids) ORDER BY id"
        ),
        {"ids": progiciel_ids},
    )
    held: dict[UUID, list[dict[str, Any]]] = {progiciel_id: [] for progiciel_id in progiciel_ids}
    for row in found:
        held[row.progiciel_id].append({"version_id": row.version_id, "number": row.number})
    return held


async def of_vendor(session: AsyncSession, siren: str) -> list[UUID]:
    """Return the ids of the applications of a vendor, in the order in which all lock them."""
    found = await run(
        session, text("SELECT id FROM progiciel WHERE editeur_siren = :siren ORDER BY id"), {"siren": siren}
    )
    return [row.id for row in found]


async def never_told(session: AsyncSession, subject: Announced, limit: int) -> list[UUID]:
    """Return, locked, entries that nobody was ever told of."""
    found = await run(
        session,
        text(f"SELECT id FROM {subject} WHERE revision = 0 ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED"),
        {"limit": limit},
    )
    return [row.id for row in found]
