"""Puts into the moderators' queue what comes from outside, and shows it."""

from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.domain.moderation import KIND_LABELS, REASONS, STATE_LABELS, Kind, State
from services.directory.domain.problems import NotListed
from services.directory.operations import history
from services.directory.operations.context import DirectoryContext
from services.directory.store import moderation as store
from services.directory.tables import Submission
from shared.auth import Caller
from shared.clock import now
from shared.ids import new_id

DECLARATIONS = "/directory/v1/declarations"
MODERATION = "/directory/v1/moderation"


async def submit(
    session: AsyncSession,
    kind: Kind,
    proposal: dict[str, Any],
    *,
    caller: Caller,
    claim_id: UUID | None = None,
    submission_id: UUID | None = None,
) -> UUID:
    """Put a proposal in the queue and return its id; it holds no personal data."""
    row = Submission(
        id=submission_id or new_id(),
        kind=kind.value,
        state=State.WAITING.value,
        proposal=proposal,
        claim_id=claim_id,
        submitted_by=caller.name,
        submitted_siren=caller.owner_siren,
        submitted_at=now(),
        motif="",
    )
    await store.add(session, row)
    await history.record(
        session, "submission", row.id, "submitted", caller=caller, owner=caller.owner_siren, after=proposal
    )
    return row.id


async def find(context: DirectoryContext, submission_id: UUID, *, full: bool) -> dict[str, Any]:
    """Return a submission; raises `NotListed`. In full, for moderators, it holds the proposal and who sent it."""
    row = await store.get(context.db, submission_id)
    if row is None:
        raise NotListed.of("déclaration", "declaration", submission_id)
    return shown(context, row, full=full)


def shown(context: DirectoryContext, row: dict[str, Any], *, full: bool) -> dict[str, Any]:
    """Return a submission as the API shows it (see `schemas.moderation`)."""
    kind = Kind(row["kind"])
    document = {
        "id": row["id"],
        "kind": kind.value,
        "kind_label": KIND_LABELS[kind][0],
        "state": row["state"],
        "state_label": STATE_LABELS[State(row["state"])][0],
        "submitted_at": row["submitted_at"],
        "decided_at": row["decided_at"],
        "motif": row["motif"],
        "published": context.link(row["published"]) if row["published"] else None,
        "self": context.link(f"{MODERATION if full else DECLARATIONS}/{row['id']}"),
    }
    if full:
        document |= {
            "reason": REASONS[kind][0],
            "reason_en": REASONS[kind][1],
            "proposal": row["proposal"],
            "claim_id": row["claim_id"],
            "submitted_by": row["submitted_by"],
            "submitted_siren": row["submitted_siren"],
            "decided_by": row["decided_by"],
        }
    return document
