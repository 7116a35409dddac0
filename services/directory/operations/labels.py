"""Follows the labels that the validation service gives, and shows them."""

from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.domain.claims import Statement
from services.directory.domain.labels import IN_FORCE, STATES, state_on
from services.directory.operations import claims, history
from services.directory.operations.rights import SYSTEM
from services.directory.store import labels as store
from services.directory.tables import Label
from shared.clock import now
from shared.contracts.validation import LabelEvent
from shared.db import Database
from shared.observability.logging import get_logger

logger = get_logger(__name__)


async def follow(session: AsyncSession, event: LabelEvent) -> None:
    """Keep what an event tells of a label; one that is older than what is known changes nothing."""
    row = Label(id=event.label_id, **event.model_dump(exclude={"label_id"}))
    if not await store.bring(session, row):
        logger.info("event older than the known state", label_id=str(event.label_id), sequence=event.sequence)
        return
    if event.state in IN_FORCE:
        await _claim(session, event)
    for module_id in await store.claimed(session, event.label_id):
        before, weighed, owner = await claims.weigh(session, "export_module", module_id)
        if before != weighed.status:
            await history.record(
                session,
                "export_module",
                module_id,
                f"label-{event.state}",
                caller=SYSTEM,
                owner=owner,
                before={"status": before},
                after={"status": weighed.status.value, "label_id": event.label_id},
            )


async def _claim(session: AsyncSession, event: LabelEvent) -> None:
    """Have a label confirm, once, the modules that it is about: that it names, else those of its schema."""
    modules = await store.unclaimed(session, event.label_id)
    source = {"kind": "label", "url": event.verify_url, "note": ""}
    said = [
        claims.Said(one, Statement.CONFIRM, source, event.valid_from, label_id=event.label_id)
        for one in modules
    ]
    if said:
        await claims.add(session, "export_module", said, caller=SYSTEM)


async def of_progiciel(db: Database, progiciel_id: UUID) -> list[dict[str, Any]]:
    """Return the labels of an application as the API shows them (see `schemas.progiciels.LabelView`)."""
    today = now().date()
    shown = []
    for row in await store.of_progiciel(db, progiciel_id):
        state = state_on(row["state"], row["valid_until"], today)
        shown.append(
            {
                "id": row["id"],
                "schema": {"name": row["schema_name"], "version": row["schema_version"]},
                "version_id": row["version_id"],
                "module_id": row["module_id"],
                "assurance": row["assurance"],
                "state": state,
                "state_label": STATES[state][0],
                "valid": state in IN_FORCE and row["valid_from"] <= today,
                "valid_from": row["valid_from"],
                "valid_until": row["valid_until"],
                "verify_url": row["verify_url"],
                "reason": row["reason"],
            }
        )
    return shown
