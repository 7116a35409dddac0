"""Brings the shipped reference into the database: compare, apply, tell how much changed."""

import asyncio
from pathlib import Path

from services.directory.operations.reference_files import FOLDER, shipped_collectivites, shipped_reference
from services.directory.store import collectivites as store
from services.directory.store.collectivites import Changes
from shared.clock import now
from shared.db import Database
from shared.observability.logging import get_logger

logger = get_logger(__name__)


async def import_reference(db: Database, folder: Path = FOLDER) -> Changes | None:
    """Bring in the shipped edition if it is newer than the one in force; return what changed, or None.

    Cheap when there is nothing to do. An older edition never replaces a newer one, so that old and new code may
    run side by side.
    """
    reference = shipped_reference(folder)
    held = await store.edition_in_force(db)
    if held is not None and held >= reference.edition:
        return None
    bodies = await asyncio.to_thread(lambda: list(shipped_collectivites(folder)))
    changes = await store.bring_in(db, reference.edition, bodies, now())
    if changes is not None:
        logger.info(
            "reference imported",
            edition=str(reference.edition),
            created=changes.created,
            updated=changes.updated,
            unchanged=changes.unchanged,
            removed=changes.removed,
        )
    return changes
