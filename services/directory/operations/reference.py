"""Brings the shipped reference into the database: compare, show beforehand, apply, keep a journal of what changed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from services.directory.domain.collectivites import Edition
from services.directory.domain.problems import NotListed
from services.directory.domain.reference import KINDS, BodyChange
from services.directory.operations.reference_files import FOLDER, shipped_collectivites, shipped_reference
from services.directory.store import collectivites as store
from services.directory.store.collectivites import Changes
from shared.changes.log import record_change
from shared.clock import now
from shared.db import Database
from shared.observability.logging import get_logger

logger = get_logger(__name__)


@dataclass(frozen=True)
class Preview:
    """What bringing in an edition would change; nothing when it is not newer than the one in force."""

    edition: Edition
    in_force: Edition | None
    counts: dict[str, int]
    changes: Sequence[BodyChange]


async def preview(db: Database, folder: Path = FOLDER) -> Preview:
    """Compare the edition of a folder (the shipped one as a rule) with what is held, and write nothing."""
    reference = shipped_reference(folder)
    in_force = await store.edition_in_force(db)
    if in_force is not None and in_force >= reference.edition:
        return Preview(reference.edition, in_force, dict.fromkeys(KINDS, 0), ())
    bodies = await asyncio.to_thread(lambda: list(shipped_collectivites(folder)))
    prepared = await store.preview(db, bodies)
    return Preview(reference.edition, in_force, prepared.counts(), prepared.changes)


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
        async with db.transaction() as session:
            await record_change(session, "reference.updated", reference.edition)
        logger.info(
            "reference imported",
            edition=str(reference.edition),
            created=changes.created,
            updated=changes.updated,
            unchanged=changes.unchanged,
            removed=changes.removed,
        )
    return changes


def shown_change(row: dict[str, Any]) -> dict[str, Any]:
    """Return a change of a body as the API shows it (see `schemas.reference.BodyChangeView`)."""
    names = ("siren", "kind", "nom", "former_nom", "into_siren", "fields")
    return {**{name: row[name] for name in names}, "kind_label": KINDS[row["kind"]][0]}


def shown_import(row: dict[str, Any]) -> dict[str, Any]:
    """Return an edition that was brought in as the API shows it."""
    names = ("id", "created", "updated", "unchanged", "removed", "imported_at")
    edition = str(Edition(row["year"], row["revision"]))
    return {**{name: row[name] for name in names}, "edition": edition}


async def journal(
    db: Database, import_id: UUID, *, kind: str | None, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Return what an edition changed, with the id of each row; raises `NotListed` for an unknown import."""
    if not await store.has_import(db, import_id):
        raise NotListed.of("import du référentiel", "import of the reference", import_id)
    rows = await store.journal(db, import_id, kind=kind, after=after, limit=limit)
    return [{"id": row["id"], **shown_change(row)} for row in rows]
