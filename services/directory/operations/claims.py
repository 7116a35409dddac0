"""Records what is said of a usage or export module, and weighs it all anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.domain.claims import (
    SOURCES,
    STATUS_LABELS,
    Claim,
    Standing,
    Statement,
    Status,
    Terms,
    standing,
)
from services.directory.domain.moderation import Kind
from services.directory.domain.problems import NotListed
from services.directory.operations import history
from services.directory.operations.rights import moderates
from services.directory.operations.submissions import submit
from services.directory.store import usages as store
from services.directory.store.rows import insert_all
from services.directory.store.usages import Subject
from services.directory.tables import Claim as ClaimRow
from shared import idempotency
from shared.auth import Caller
from shared.clock import now
from shared.db import Database
from shared.ids import new_id


@dataclass(frozen=True)
class Said:
    """One thing to record of a subject: `source` has `kind`, `url` and `note`, `terms` are those of a module."""

    subject_id: UUID
    statement: Statement
    source: Mapping[str, Any]
    stated_on: date | None = None
    terms: Terms | None = None
    label_id: UUID | None = None


async def add(session: AsyncSession, subject: Subject, said: Sequence[Said], *, caller: Caller) -> None:
    """Record claims and give their subjects the status that follows from each; raises `NotListed`.

    The subjects are locked meanwhile: claims made at the same time are weighed one after the other.
    """
    held = await store.hold(session, subject, {one.subject_id for one in said})
    known = await store.claims_on(session, subject, held)
    rows, entries = [], []
    for one in said:
        if one.subject_id not in held:
            raise not_listed(subject, one.subject_id)
        row, about = _row(subject, one, caller), held[one.subject_id]
        known[one.subject_id].append(
            Claim(
                one.statement,
                row["author"],
                row["author_siren"],
                row["stated_on"],
                row["recorded_at"],
                one.terms,
            )
        )
        weighed = _standing(known[one.subject_id], about)
        after = {"status": weighed.status.value, "claim_id": row["id"], "source": row["source"]}
        if one.terms is not None:
            after["policy"] = one.terms.policy
        entries.append(
            history.Entry(
                subject,
                one.subject_id,
                one.statement.value,
                about["first_hand"] or about["interested"],
                before={"status": about["status"]},
                after=after,
            )
        )
        about["status"] = weighed.status.value
        rows.append(row)
    await insert_all(session, ClaimRow, rows)
    standings = {subject_id: _standing(known[subject_id], about) for subject_id, about in held.items()}
    await store.write_standings(session, subject, standings)
    await history.record_all(session, entries, caller=caller)
    await _submit_contests(session, subject, rows, held, caller)


def _row(subject: Subject, said: Said, caller: Caller) -> dict[str, Any]:
    moment = now()
    return {
        "id": new_id(),
        "usage_id": said.subject_id if subject == "usage" else None,
        "module_id": said.subject_id if subject == "export_module" else None,
        "statement": said.statement.value,
        "source": said.source["kind"],
        "source_url": said.source["url"],
        "note": said.source["note"],
        "author": caller.name,
        "author_siren": caller.owner_siren,
        "stated_on": said.stated_on or moment.date(),
        "recorded_at": moment,
        "policy": said.terms.policy if said.terms else None,
        "price_note": said.terms.price_note if said.terms else None,
        "label_id": said.label_id,
    }


def _standing(said: Sequence[Claim], about: Mapping[str, Any]) -> Standing:
    return standing(said, first_hand=about["first_hand"], interested=about["interested"])


async def _submit_contests(
    session: AsyncSession,
    subject: Subject,
    rows: Sequence[dict[str, Any]],
    held: Mapping[UUID, Mapping[str, Any]],
    caller: Caller,
) -> None:
    """Have the moderators look at what goes against a subject: a contest, or that it ended, told by another."""
    for row in rows:
        subject_id = row["usage_id"] or row["module_id"]
        about = held[subject_id]
        own = caller.owner_siren == (about["first_hand"] or about["interested"])
        against = row["statement"] == Statement.CONTEST or (
            row["statement"] == Statement.WITHDRAW and not own
        )
        if against and not moderates(caller):
            proposal = {"subject": subject, "subject_id": subject_id, "note": row["note"]}
            await submit(session, Kind.CONTEST, proposal, caller=caller, claim_id=row["id"])


async def weigh(session: AsyncSession, subject: Subject, subject_id: UUID) -> tuple[str, Standing, str]:
    """Give a subject the status that follows from all that was said of it.

    Returns its status before, what it is now, and whose it is (SIREN).
    """
    about = (await store.hold(session, subject, [subject_id]))[subject_id]
    said = (await store.claims_on(session, subject, [subject_id]))[subject_id]
    weighed = _standing(said, about)
    await store.write_standings(session, subject, {subject_id: weighed})
    return about["status"], weighed, about["first_hand"] or about["interested"]


async def add_once(
    session: AsyncSession, subject: Subject, said: Said, *, caller: Caller, key: str | None
) -> None:
    """Record a claim, once for each idempotency key; raises `NotListed`, `IdempotencyKeyReused`."""
    replayed = await idempotency.claim(
        session,
        caller=caller.name,
        key=key,
        request_fingerprint=idempotency.fingerprint(subject, said),
        resource_id=said.subject_id,
    )
    if replayed is None:
        await add(session, subject, [said], caller=caller)


def not_listed(subject: Subject, subject_id: UUID) -> NotListed:
    """Return the problem for a subject that does not exist."""
    kind = ("usage", "usage") if subject == "usage" else ("module d'export", "export module")
    return NotListed.of(*kind, subject_id)


async def shown(db: Database, subject: Subject, subject_id: UUID) -> list[dict[str, Any]]:
    """Return all that was said of a subject (see `schemas.usages.ClaimView`)."""
    return [
        {
            "id": row["id"],
            "statement": row["statement"],
            "source": {
                "kind": row["source"],
                "label": SOURCES[row["source"]][0],
                "url": row["source_url"],
                "note": row["note"],
            },
            "author_siren": row["author_siren"],
            "stated_on": row["stated_on"],
            "recorded_at": row["recorded_at"],
            "policy": row["policy"],
            "price_note": row["price_note"],
            "dismissed": row["dismissed"],
        }
        for row in await store.history(db, subject, subject_id)
    ]


def shown_status(code: str) -> dict[str, str]:
    """Return a status and its French label."""
    return {"status": code, "status_label": STATUS_LABELS[Status(code)][0]}
