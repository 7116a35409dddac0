"""Tells other services what an application, an export module or a usage is now, within the change itself."""

from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.store import announcements as store
from services.directory.store.announcements import Announced
from shared.contracts.directory import ExportModuleChanged, ProgicielChanged, UsageChanged
from shared.db import Database
from shared.messaging.events import Event
from shared.messaging.outbox import emit_all

BATCH = 200
ANNOUNCED: tuple[Announced, ...] = ("progiciel", "export_module", "usage")


async def tell(session: AsyncSession, subject: Announced, subject_ids: list[UUID]) -> None:
    """Tell what entries are now; they were written in this session."""
    states = await store.next_states(session, subject, subject_ids)
    versions = await store.versions(session, subject_ids) if subject == "progiciel" else {}
    await emit_all(session, [_event(subject, state, versions) for state in states])


async def tell_vendor(session: AsyncSession, siren: str) -> None:
    """Tell the applications of a vendor whose name may have changed."""
    progiciels = await store.of_vendor(session, siren)
    if progiciels:
        await tell(session, "progiciel", progiciels)


async def tell_never_told(db: Database) -> None:
    """Tell the entries that nobody was ever told of: those that were there before anybody listened."""
    for subject in ANNOUNCED:
        while True:
            async with db.transaction() as session:
                left = await store.never_told(session, subject, BATCH)
                if not left:
                    break
                await tell(session, subject, left)


def _event(subject: Announced, state: dict[str, Any], versions: dict[UUID, list[dict[str, Any]]]) -> Event:
    entry = state.pop("id")
    if subject == "export_module":
        return ExportModuleChanged(module_id=entry, **state)
    if subject == "usage":
        return UsageChanged(usage_id=entry, **state)
    held = tuple(versions[entry])
    return ProgicielChanged.model_validate({"progiciel_id": entry, "versions": held, **state})
