"""SQL of the labels, of what they rest on and of what became of them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.domain.labels.facts import (
    STATUS_BITS,
    Assurance,
    Credential,
    FieldCoverage,
    GrantedLabel,
    LabelFacts,
    LabelState,
)
from services.validation.tables import Label, LabelHistory, LabelRun, WithdrawnPlace
from shared.db import Database, run

# Bits are drawn from one list until it is half full: a draw finds a free one at once.
_FULL = STATUS_BITS // 2
# Of labels as they stand, and of credentials that were replaced.
_PLACES = (
    "(SELECT status_list, status_index FROM label "
    "UNION ALL SELECT status_list, status_index FROM label_withdrawn_place) AS place"
)
_FACTS = [
    field.name for field in fields(LabelFacts) if field.name not in ("label_id", "coverage", "assurance")
]
_RENEWED = "editeur_siren, progiciel_id, version_id, progiciel_version, major, module_id, schema_name"
LIVE_STATES = (LabelState.VALIDE, LabelState.A_RENOUVELER, LabelState.SUSPENDU)


@dataclass(frozen=True)
class LabelFilter:
    """Which labels are wanted; None keeps all."""

    editeur: str | None = None
    progiciel: UUID | None = None
    module: UUID | None = None
    schema_name: str | None = None
    schema_version: str | None = None
    state: str | None = None
    assurance: str | None = None


async def get(db: Database, label_id: UUID) -> GrantedLabel | None:
    """Return a label as it is served, or None."""
    row = await db.fetchrow("SELECT * FROM label WHERE id = $1", label_id)
    return None if row is None else granted(dict(row))


def granted(row: dict[str, Any]) -> GrantedLabel:
    """Return the label that a row holds."""
    return GrantedLabel(
        facts=facts_of(row),
        credential=Credential(bytes(row["document"]), row["jwt"], row["key_id"]),
        state=LabelState(row["state"]),
        reason_fr=row["reason_fr"],
        reason_en=row["reason_en"],
        superseded_by=row["superseded_by"],
    )


def facts_of(row: dict[str, Any]) -> LabelFacts:
    """Return the facts that a row of `label` holds."""
    return LabelFacts(
        label_id=row["id"],
        coverage=tuple(FieldCoverage(**item) for item in row["coverage"]),
        assurance=Assurance(row["assurance"]),
        **{name: row[name] for name in _FACTS},
    )


async def page(
    db: Database, wanted: LabelFilter, *, before: UUID | None, limit: int, today: date
) -> list[GrantedLabel]:
    """Return labels, the newest first; past its last day a label is expired, whatever was written."""
    rows = await db.fetch(
        "SELECT * FROM label WHERE ($1::text IS NULL OR editeur_siren = $1) "
        "AND ($2::uuid IS NULL OR progiciel_id = $2) AND ($3::uuid IS NULL OR module_id = $3) "
        "AND ($4::text IS NULL OR schema_name = $4) AND ($5::text IS NULL OR schema_version = $5) "
        "AND ($6::text IS NULL OR $6 = CASE WHEN state IN ('valide', 'a_renouveler') AND valid_until < $10 "
        "THEN 'expire' ELSE state END) AND ($7::text IS NULL OR assurance = $7) "
        "AND ($8::uuid IS NULL OR id < $8) ORDER BY id DESC LIMIT $9",
        wanted.editeur,
        wanted.progiciel,
        wanted.module,
        wanted.schema_name,
        wanted.schema_version,
        wanted.state,
        wanted.assurance,
        before,
        limit,
        today,
    )
    return [granted(dict(row)) for row in rows]


async def row(db: Database, label_id: UUID) -> dict[str, Any] | None:
    """Return the columns of a label that a renewal starts from, or None."""
    found = await db.fetchrow(f"SELECT {_RENEWED} FROM label WHERE id = $1", label_id)
    return None if found is None else dict(found)


async def history(db: Database, label_id: UUID, *, after: int, limit: int) -> list[dict[str, Any]]:
    """Return what became of a label, in order."""
    rows = await db.fetch(
        "SELECT sequence, action, state, assurance, valid_until, reason_fr, reason_en, role, attested, recorded_at "
        "FROM label_history WHERE label_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
        label_id,
        after,
        limit,
    )
    return [dict(found) for found in rows]


async def lock_vendor(session: AsyncSession, siren: str) -> None:
    """Let the requests of a vendor pass one after the other, until the session ends."""
    await run(session, text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": f"labels {siren}"})


async def live_twin(session: AsyncSession, module_id: UUID, schema_name: str, major: str) -> Label | None:
    """Return the label in life of a module, a schema and a major version, locked until the session ends, or None."""
    found = await session.exec(
        select(Label)
        .where(
            Label.module_id == module_id,
            Label.schema_name == schema_name,
            Label.major == major,
            col(Label.state).in_(LIVE_STATES),
        )
        .with_for_update()
    )
    return found.first()


async def used(session: AsyncSession, siren: str, runs: list[UUID], digests: list[str]) -> list[UUID]:
    """Return the labels that rest already on one of these runs, or of these files of a vendor."""
    found = await run(
        session,
        text(
            "SELECT DISTINCT label_id FROM label_run WHERE validation_id = ANY(:runs) "
            "OR (editeur_siren = :siren AND sha256 = ANY(:digests))"
        ),
        {"runs": runs, "siren": siren, "digests": digests},
    )
    return [item.label_id for item in found]


async def rests_on(session: AsyncSession, validation_id: UUID) -> UUID | None:
    """Return the label that rests on a validation, or None."""
    found = await session.exec(select(LabelRun.label_id).where(LabelRun.validation_id == validation_id))
    return found.first()


async def hold_runs(session: AsyncSession, runs: list[UUID]) -> set[UUID]:
    """Keep validations from being deleted until the session ends; return those that are there."""
    found = await run(
        session, text("SELECT id FROM validation WHERE id = ANY(:runs) FOR KEY SHARE"), {"runs": runs}
    )
    return {UUID(str(item)) for item in found.scalars()}


async def add(session: AsyncSession, label: Label) -> None:
    """Write a new label."""
    session.add(label)
    await session.flush()


async def add_run(session: AsyncSession, label_run: LabelRun) -> None:
    """Write that a label rests on a run."""
    session.add(label_run)
    await session.flush()


async def add_history(session: AsyncSession, entry: LabelHistory) -> None:
    """Write what became of a label."""
    session.add(entry)
    await session.flush()


async def hold(session: AsyncSession, label_id: UUID, *, wait: bool = True) -> Label | None:
    """Return a label, locked until the session ends; None when there is none, or another holds it and `wait` is off."""
    found = await session.exec(
        select(Label).where(Label.id == label_id).with_for_update(skip_locked=not wait)
    )
    return found.first()


async def draw_place(session: AsyncSession) -> tuple[int, int]:
    """Return a list and a bit in it that no label ever had, drawn at random; nobody else draws meanwhile."""
    await run(session, text("SELECT pg_advisory_xact_lock(hashtext('labels status list'))"))
    found = await run(
        session,
        text(
            f"SELECT status_list, count(*) AS taken FROM {_PLACES} GROUP BY status_list "
            "ORDER BY status_list DESC LIMIT 1"
        ),
    )
    last = found.first()
    number = 0 if last is None else last.status_list + (last.taken >= _FULL)
    while True:
        index = secrets.randbelow(STATUS_BITS)
        taken = await run(
            session,
            text(f"SELECT 1 FROM {_PLACES} WHERE status_list = :number AND status_index = :index"),
            {"number": number, "index": index},
        )
        if taken.first() is None:
            return number, index


async def withdraw_place(session: AsyncSession, label: Label, moment: datetime) -> None:
    """Write that whatever credential has the place of a label is no longer to be believed."""
    place = WithdrawnPlace(
        status_list=label.status_list,
        status_index=label.status_index,
        label_id=label.id,
        withdrawn_at=moment,
    )
    session.add(place)
    await session.flush()


async def signed_by(db: Database, keys: Sequence[str]) -> list[UUID]:
    """Return the labels in life whose credential one of these keys signed."""
    rows = await db.fetch(
        "SELECT id FROM label WHERE key_id = ANY($1) AND state NOT IN ('revoque', 'expire') ORDER BY id",
        list(keys),
    )
    return [found["id"] for found in rows]


async def ending_by(db: Database, day: date, state: str | None = None) -> list[UUID]:
    """Return the labels in life whose last day comes before a day; of one state only, when it is given."""
    rows = await db.fetch(
        "SELECT id FROM label WHERE state NOT IN ('revoque', 'expire') AND valid_until < $1 "
        "AND ($2::text IS NULL OR state = $2) ORDER BY id",
        day,
        state,
    )
    return [found["id"] for found in rows]


async def live_schemas(db: Database) -> list[tuple[str, str]]:
    """Return the schemas, in their versions, of the labels in life that no newer version has touched."""
    rows = await db.fetch(
        "SELECT DISTINCT schema_name, schema_version FROM label "
        "WHERE state NOT IN ('revoque', 'expire') AND superseded_by IS NULL"
    )
    return [(found["schema_name"], found["schema_version"]) for found in rows]


async def of_schema(db: Database, name: str, version: str) -> list[UUID]:
    """Return the labels in life of a version of a schema that no newer version has touched."""
    rows = await db.fetch(
        "SELECT id FROM label WHERE schema_name = $1 AND schema_version = $2 AND superseded_by IS NULL "
        "AND state NOT IN ('revoque', 'expire') ORDER BY id",
        name,
        version,
    )
    return [found["id"] for found in rows]


async def live(db: Database) -> list[UUID]:
    """Return the labels in life."""
    rows = await db.fetch("SELECT id FROM label WHERE state NOT IN ('revoque', 'expire') ORDER BY id")
    return [found["id"] for found in rows]
