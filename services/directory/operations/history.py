"""Keeps and shows every change: who, when, before, after. Nothing personal is ever put in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.operations import announcements
from services.directory.operations.rights import ROLES, role
from services.directory.store import history as store
from services.directory.store.announcements import Announced
from shared.auth import Caller
from shared.changes.log import Entry as Change
from shared.changes.log import record_changes
from shared.clock import now
from shared.db import Database
from shared.ids import new_id

Subject = Literal["editeur", "progiciel", "export_module", "usage", "atd", "submission", "contact"]

# What the public change log calls each; what is personal or not yet decided is no public change.
_PUBLIC = {
    "editeur": "editeur",
    "progiciel": "progiciel",
    "export_module": "module",
    "usage": "usage",
    "atd": "atd",
}
# What claims make known: its first one comes with it, and gives it its status.
_CLAIMED: tuple[Announced, ...] = ("export_module", "usage")
_WHAT = {"created": "created", "deleted": "deleted", "removed": "deleted"}


@dataclass(frozen=True)
class Entry:
    """A change to record; `owner` is whose entry it is (SIREN)."""

    subject: Subject
    subject_id: object
    action: str
    owner: str | None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    reason: str = ""


async def record_all(session: AsyncSession, entries: Sequence[Entry], *, caller: Caller) -> None:
    """Add changes to the history, in their order, within the transaction that makes them."""
    moment = now()
    rows = [
        {
            "id": new_id(),
            "subject": one.subject,
            "subject_id": str(one.subject_id),
            "action": one.action,
            "before": one.before,
            "after": one.after,
            "role": role(caller, one.owner),
            "author": caller.name,
            "author_siren": caller.owner_siren,
            "reason": one.reason,
            "recorded_at": moment,
        }
        for one in entries
    ]
    await store.add_all(session, rows)
    await record_changes(
        session,
        [
            Change(f"{kind}.{_WHAT.get(one.action, 'updated')}", one.subject_id, {"action": one.action})
            for one in entries
            if (kind := _PUBLIC.get(one.subject))
        ],
    )
    await _announce(session, entries)


async def _announce(session: AsyncSession, entries: Sequence[Entry]) -> None:
    """Tell other services what the entries are now."""
    told: dict[Announced, set[UUID]] = {}
    for one in entries:
        if one.subject == "editeur":
            await announcements.tell_vendor(session, str(one.subject_id))
        elif one.subject == "progiciel" or (one.subject in _CLAIMED and one.action != "created"):
            told.setdefault(one.subject, set()).add(UUID(str(one.subject_id)))
    for subject, ids in told.items():
        await announcements.tell(session, subject, sorted(ids))


async def record(
    session: AsyncSession,
    subject: Subject,
    subject_id: object,
    action: str,
    *,
    caller: Caller,
    owner: str | None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Add one change to the history (see `Entry`)."""
    entry = Entry(subject, subject_id, action, owner, before, after, reason)
    await record_all(session, [entry], caller=caller)


async def page(
    db: Database, subject: Subject, subject_id: object, *, after: UUID | None, limit: int, full: bool
) -> list[dict[str, Any]]:
    """Return entries as the API shows them; only in full do they name the key and the reason."""
    rows = await store.page(db, subject, str(subject_id), after=after, limit=limit)
    return [_shown(row, full=full) for row in rows]


def _shown(row: dict[str, Any], *, full: bool) -> dict[str, Any]:
    return {
        "id": row["id"],
        "action": row["action"],
        "before": row["before"],
        "after": row["after"],
        "role": row["role"],
        "role_label": ROLES[row["role"]][0],
        "author_siren": row["author_siren"],
        "recorded_at": row["recorded_at"],
        "author": row["author"] if full else None,
        "reason": row["reason"] if full else None,
    }
