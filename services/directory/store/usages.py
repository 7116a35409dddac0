"""SQL of the usages and of the claims made about usages and export modules."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.domain.claims import Claim, Standing, Statement
from services.directory.store.progiciels import EFFECTIVE
from services.directory.tables import Claim as ClaimRow
from shared.db import Database, run

Subject = Literal["usage", "export_module"]
_CLAIM_COLUMN: dict[Subject, str] = {"usage": "usage_id", "export_module": "module_id"}

_USAGE = (
    "SELECT u.id, u.version, u.domaine, u.valid_until, u.created_at, u.export_wanted, "
    f"{EFFECTIVE.format('u', '$1')} AS status, u.siren, c.nom AS collectivite_nom, "
    "c.type AS collectivite_type, c.code_departement, "
    "u.progiciel_id, p.nom AS progiciel_nom, p.editeur_siren, e.nom AS editeur_nom "
    "FROM usage u JOIN collectivite c ON c.siren = u.siren JOIN progiciel p ON p.id = u.progiciel_id "
    "JOIN editeur e ON e.siren = p.editeur_siren"
)


@dataclass(frozen=True)
class UsageFilter:
    """Which usages are wanted; None keeps all."""

    siren: str | None = None
    progiciel_id: UUID | None = None
    editeur: str | None = None
    domaine: str | None = None
    status: str | None = None
    departement: str | None = None


async def usage_page(
    db: Database, wanted: UsageFilter, *, today: date, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Return usages in the order in which they were first declared, with their status on a day."""
    rows = await db.fetch(
        f"{_USAGE} WHERE ($2::text IS NULL OR u.siren = $2) AND ($3::uuid IS NULL OR u.progiciel_id = $3) "
        "AND ($4::text IS NULL OR p.editeur_siren = $4) AND ($5::text IS NULL OR u.domaine = $5) "
        f"AND ($6::text IS NULL OR {EFFECTIVE.format('u', '$1')} = $6) "
        "AND ($7::text IS NULL OR c.code_departement = $7) AND ($8::uuid IS NULL OR u.id > $8) "
        "ORDER BY u.id LIMIT $9",
        today,
        wanted.siren,
        wanted.progiciel_id,
        wanted.editeur,
        wanted.domaine,
        wanted.status,
        wanted.departement,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def get_usage(db: Database, usage_id: UUID, today: date) -> dict[str, Any] | None:
    """Return a usage with its status on a day, or None."""
    row = await db.fetchrow(f"{_USAGE} WHERE u.id = $2", today, usage_id)
    return None if row is None else dict(row)


async def has_collectivite(session: AsyncSession, siren: str) -> bool:
    """Tell whether a body is in the reference."""
    found = await run(
        session,
        text("SELECT 1 FROM collectivite WHERE siren = :siren AND removed_at IS NULL"),
        {"siren": siren},
    )
    return found.first() is not None


async def hold(session: AsyncSession, subject: Subject, subject_id: UUID) -> dict[str, Any] | None:
    """Lock a usage or module until the transaction ends; return who knows it first hand and who sells it."""
    first_hand = "s.siren" if subject == "usage" else "NULL"
    found = await run(
        session,
        text(
            f"SELECT {first_hand} AS first_hand, p.editeur_siren AS interested, s.status FROM {subject} s "
            "JOIN progiciel p ON p.id = s.progiciel_id WHERE s.id = :id FOR UPDATE OF s"
        ),
        {"id": subject_id},
    )
    row = found.mappings().first()
    return None if row is None else dict(row)


async def add_claim(session: AsyncSession, claim: ClaimRow) -> None:
    """Write a claim."""
    session.add(claim)
    await session.flush()


async def claims_on(session: AsyncSession, subject: Subject, subject_id: UUID) -> list[Claim]:
    """Return what was said of a subject, for weighing."""
    found = await run(
        session,
        text(
            "SELECT statement, author, author_siren, stated_on, recorded_at FROM claim "
            f"WHERE {_CLAIM_COLUMN[subject]} = :id AND NOT EXISTS (SELECT FROM submission s "
            "WHERE s.claim_id = claim.id AND s.state = 'refuse') ORDER BY id"
        ),
        {"id": subject_id},
    )
    return [
        Claim(Statement(row.statement), row.author, row.author_siren, row.stated_on, row.recorded_at)
        for row in found
    ]


async def write_standing(
    session: AsyncSession, subject: Subject, subject_id: UUID, standing: Standing
) -> None:
    """Write what follows from the claims on a subject."""
    await run(
        session,
        text(f"UPDATE {subject} SET status = :status, valid_until = :valid_until WHERE id = :id"),
        {"id": subject_id, "status": standing.status.value, "valid_until": standing.valid_until},
    )


async def history(db: Database, subject: Subject, subject_id: UUID) -> list[dict[str, Any]]:
    """Return all that was said of a subject, in order, for showing."""
    rows = await db.fetch(
        "SELECT c.id, c.statement, c.source, c.source_url, c.note, c.author_siren, c.stated_on, c.recorded_at, "
        "s.motif AS dismissed FROM claim c LEFT JOIN submission s ON s.claim_id = c.id AND s.state = 'refuse' "
        f"WHERE c.{_CLAIM_COLUMN[subject]} = $1 ORDER BY c.id",
        subject_id,
    )
    return [dict(row) for row in rows]


async def set_export_wanted(session: AsyncSession, usage_id: UUID, wanted: bool) -> bool | None:
    """Write whether a standard export is wanted, and return what was written before."""
    found = await run(
        session,
        text(
            "UPDATE usage SET export_wanted = :wanted FROM (SELECT id, export_wanted FROM usage WHERE id = :id "
            "FOR UPDATE) held WHERE usage.id = held.id RETURNING held.export_wanted"
        ),
        {"id": usage_id, "wanted": wanted},
    )
    before: bool | None = found.scalar_one()
    return before


async def grow_old(
    session: AsyncSession, subject: Subject, today: date, limit: int
) -> list[tuple[UUID, str]]:
    """Write that some subjects are out of date since nobody repeats them; return their ids and former status."""
    found = await run(
        session,
        text(
            f"UPDATE {subject} SET status = 'perime' FROM (SELECT id, status FROM {subject} WHERE valid_until < :today "
            "AND status <> 'perime' ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED) held "
            f"WHERE {subject}.id = held.id RETURNING held.id, held.status"
        ),
        {"today": today, "limit": limit},
    )
    return [(row.id, row.status) for row in found]


async def find_usage_id(session: AsyncSession, columns: dict[str, Any]) -> UUID | None:
    """Return the id of the usage of a collectivité, application, version and domain, or None."""
    found = await run(
        session,
        text(
            "SELECT id FROM usage WHERE siren = :siren AND progiciel_id = :progiciel_id AND version = :version "
            "AND domaine = :domaine"
        ),
        columns,
    )
    usage_id: UUID | None = found.scalar_one_or_none()
    return usage_id
