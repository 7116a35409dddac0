"""Records what is said of a usage or export module, and weighs it all anew."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.domain.claims import SOURCES, STATUS_LABELS, Statement, Status, standing
from services.directory.domain.moderation import Kind
from services.directory.domain.problems import NotListed
from services.directory.operations import history
from services.directory.operations.rights import moderates
from services.directory.operations.submissions import submit
from services.directory.store import usages as store
from services.directory.store.usages import Subject
from services.directory.tables import Claim
from shared import idempotency
from shared.auth import Caller
from shared.clock import now
from shared.db import Database
from shared.ids import new_id


async def add(
    session: AsyncSession,
    subject: Subject,
    subject_id: UUID,
    *,
    statement: Statement,
    source: dict[str, Any],
    stated_on: date | None,
    caller: Caller,
) -> None:
    """Record a claim and give its subject the status that follows; raises `NotListed`.

    The subject is locked meanwhile: claims made at the same time are weighed one after the other.
    """
    held = await store.hold(session, subject, subject_id)
    if held is None:
        raise not_listed(subject, subject_id)
    moment = now()
    claim_id = new_id()
    await store.add_claim(
        session,
        Claim(
            id=claim_id,
            usage_id=subject_id if subject == "usage" else None,
            module_id=subject_id if subject == "export_module" else None,
            statement=statement.value,
            source=source["kind"],
            source_url=source["url"],
            note=source["note"],
            author=caller.name,
            author_siren=caller.owner_siren,
            stated_on=stated_on or moment.date(),
            recorded_at=moment,
        ),
    )
    status = await weigh(session, subject, subject_id, held)
    owner = held["first_hand"] or held["interested"]
    await history.record(
        session,
        subject,
        subject_id,
        statement.value,
        caller=caller,
        owner=owner,
        before={"status": held["status"]},
        after={"status": status.value, "claim_id": claim_id, "source": source["kind"]},
    )
    if statement is Statement.CONTEST and not moderates(caller):
        proposal = {"subject": subject, "subject_id": subject_id, "note": source["note"]}
        await submit(session, Kind.CONTEST, proposal, caller=caller, claim_id=claim_id)


async def weigh(session: AsyncSession, subject: Subject, subject_id: UUID, held: dict[str, Any]) -> Status:
    """Give a subject, locked and `held`, the status that follows from all that was said of it; return it."""
    said = await store.claims_on(session, subject, subject_id)
    weighed = standing(said, first_hand=held["first_hand"], interested=held["interested"])
    await store.write_standing(session, subject, subject_id, weighed)
    return weighed.status


async def add_once(
    session: AsyncSession,
    subject: Subject,
    subject_id: UUID,
    *,
    statement: Statement,
    source: dict[str, Any],
    stated_on: date | None,
    caller: Caller,
    key: str | None,
) -> None:
    """Record a claim, once for each idempotency key; raises `NotListed`, `IdempotencyKeyReused`."""
    replayed = await idempotency.claim(
        session,
        caller=caller.name,
        key=key,
        request_fingerprint=idempotency.fingerprint(subject, subject_id, statement, source, stated_on),
        resource_id=subject_id,
    )
    if replayed is None:
        await add(
            session,
            subject,
            subject_id,
            statement=statement,
            source=source,
            stated_on=stated_on,
            caller=caller,
        )


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
            "dismissed": row["dismissed"],
        }
        for row in await store.history(db, subject, subject_id)
    ]


def shown_status(code: str) -> dict[str, str]:
    """Return a status and its French label."""
    return {"status": code, "status_label": STATUS_LABELS[Status(code)][0]}
