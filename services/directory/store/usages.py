"""SQL of the usages and of the claims made about usages and export modules."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.domain.claims import Claim, Standing, Statement, Status, Terms
from services.directory.store.progiciels import EFFECTIVE
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
    conditions, values = _conditions(wanted, after, [today])
    rows = await db.fetch(
        f"{_USAGE} WHERE {' AND '.join(conditions)} ORDER BY u.id LIMIT ${len(values) + 1}", *values, limit
    )
    return [dict(row) for row in rows]


def _conditions(wanted: UsageFilter, after: UUID | None, values: list[Any]) -> tuple[list[str], list[Any]]:
    """Return only the conditions that are asked for, so that each question has a plan with its index."""
    asked: dict[str, object] = {
        "u.siren = {}": wanted.siren,
        "u.progiciel_id = {}": wanted.progiciel_id,
        "p.editeur_siren = {}": wanted.editeur,
        "u.domaine = {}": wanted.domaine,
        "c.code_departement = {}": wanted.departement,
        "u.id > {}": after,
    }
    if wanted.status == Status.OUTDATED:
        asked["(u.status = {} OR u.valid_until < $1)"] = wanted.status
    else:
        asked["u.status = {} AND u.valid_until >= $1"] = wanted.status
    conditions = ["TRUE"]
    for condition, value in asked.items():
        if value is not None:
            values.append(value)
            conditions.append(condition.format(f"${len(values)}"))
    return conditions, values


async def get_usage(db: Database, usage_id: UUID, today: date) -> dict[str, Any] | None:
    """Return a usage with its status on a day, or None."""
    row = await db.fetchrow(f"{_USAGE} WHERE u.id = $2", today, usage_id)
    return None if row is None else dict(row)


async def listed(session: AsyncSession, sirens: Collection[str]) -> set[str]:
    """Return those of some SIREN that are of a body of the reference."""
    found = await run(
        session,
        text(
            "SELECT siren FROM collectivite WHERE siren = ANY(CAST(:sirens AS text[])) AND removed_at IS NULL"
        ),
        {"sirens": list(sirens)},
    )
    return set(found.scalars())


async def hold(
    session: AsyncSession, subject: Subject, subject_ids: Collection[UUID]
) -> dict[UUID, dict[str, Any]]:
    """Lock usages or modules until the transaction ends; return who knows each first hand and who sells it."""
    first_hand = "s.siren" if subject == "usage" else "NULL"
    found = await run(
        session,
        text(
            f"SELECT s.id, {first_hand} AS first_hand, p.editeur_siren AS interested, s.status, s.valid_until "
            f"FROM {subject} s JOIN progiciel p ON p.id = s.progiciel_id "
            "WHERE s.id = ANY(CAST(:ids AS uuid[])) ORDER BY s.id FOR UPDATE OF s"
        ),
        {"ids": list(subject_ids)},
    )
    return {row["id"]: dict(row) for row in found.mappings()}


async def claims_on(
    session: AsyncSession, subject: Subject, subject_ids: Collection[UUID]
) -> dict[UUID, list[Claim]]:
    """Return what was said of some subjects, for weighing: not what the moderators set aside, nor a lost label."""
    found = await run(
        session,
        text(
            f"SELECT {_CLAIM_COLUMN[subject]} AS subject_id, statement, author, author_siren, stated_on, recorded_at, "
            f"policy, price_note FROM claim WHERE {_CLAIM_COLUMN[subject]} = ANY(CAST(:ids AS uuid[])) "
            "AND NOT EXISTS (SELECT FROM submission s WHERE s.claim_id = claim.id AND s.state = 'refuse') "
            "AND NOT EXISTS (SELECT FROM label l WHERE l.id = claim.label_id AND l.state IN ('suspendu', 'revoque')) "
            "ORDER BY id"
        ),
        {"ids": list(subject_ids)},
    )
    said: dict[UUID, list[Claim]] = {subject_id: [] for subject_id in subject_ids}
    for row in found:
        statement = Statement(row.statement)
        terms = Terms(row.policy, row.price_note or "") if row.policy else None
        said[row.subject_id].append(
            Claim(statement, row.author, row.author_siren, row.stated_on, row.recorded_at, terms)
        )
    return said


async def write_standings(
    session: AsyncSession, subject: Subject, standings: Mapping[UUID, Standing]
) -> None:
    """Write what follows from the claims on some subjects."""
    await run(
        session,
        text(
            f"UPDATE {subject} SET status = found.status, valid_until = found.valid_until "
            "FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:days AS date[])) "
            f"AS found (id, status, valid_until) WHERE {subject}.id = found.id"
        ),
        {
            "ids": list(standings),
            "statuses": [one.status.value for one in standings.values()],
            "days": [one.valid_until for one in standings.values()],
        },
    )


async def history(db: Database, subject: Subject, subject_id: UUID) -> list[dict[str, Any]]:
    """Return all that was said of a subject, in order, for showing."""
    rows = await db.fetch(
        "SELECT c.id, c.statement, c.source, c.source_url, c.note, c.author_siren, c.stated_on, c.recorded_at, "
        "c.policy, c.price_note, s.motif AS dismissed FROM claim c "
        "LEFT JOIN submission s ON s.claim_id = c.id AND s.state = 'refuse' "
        f"WHERE c.{_CLAIM_COLUMN[subject]} = $1 ORDER BY c.id",
        subject_id,
    )
    return [dict(row) for row in rows]


async def set_export_wanted(session: AsyncSession, wanted: Mapping[UUID, bool]) -> None:
    """Write whether a standard export is wanted, for some usages."""
    await run(
        session,
        text(
            "UPDATE usage SET export_wanted = told.wanted FROM unnest(CAST(:ids AS uuid[]), "
            "CAST(:wanted AS boolean[])) AS told (id, wanted) WHERE usage.id = told.id"
        ),
        {"ids": list(wanted), "wanted": list(wanted.values())},
    )


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
