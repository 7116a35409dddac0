"""Keeps and shows every change: who, when, before, after. Nothing personal is ever put in it."""

from typing import Any, Literal
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.operations.rights import ROLES, role
from services.directory.store import history as store
from services.directory.tables import HistoryEntry
from shared.auth import Caller
from shared.changes.log import record_change
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
_WHAT = {"created": "created", "deleted": "deleted", "removed": "deleted"}


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
    """Add a change to the history, within the transaction that makes it; `owner` is whose entry it is (SIREN)."""
    await store.add(
        session,
        HistoryEntry(
            id=new_id(),
            subject=subject,
            subject_id=str(subject_id),
            action=action,
            before=before,
            after=after,
            role=role(caller, owner),
            author=caller.name,
            author_siren=caller.owner_siren,
            reason=reason,
            recorded_at=now(),
        ),
    )
    if kind := _PUBLIC.get(subject):
        await record_change(session, f"{kind}.{_WHAT.get(action, 'updated')}", subject_id, {"action": action})


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
