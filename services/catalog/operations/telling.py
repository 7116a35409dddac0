"""What others learn of a change: the change log that feeds read, and the state that other services count."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.catalog.domain.conformity import Conformity
from services.catalog.operations.ownership import siren_of
from services.catalog.store.writing import Row
from shared.changes.log import Entry, record_changes
from shared.contracts.catalog import DatasetPublished, DatasetRemoved
from shared.messaging.events import Event
from shared.messaging.outbox import emit_all


async def tell(session: AsyncSession, changes: Sequence[tuple[Row | None, Row]], moment: datetime) -> None:
    """Tell what each dataset (a row with its `resources`) was, if it was, and is now."""
    entries = [entry for before, after in changes if (entry := _entry(before, after)) is not None]
    await record_changes(session, entries)
    await tell_states(session, changes, moment)


async def tell_verdict(
    session: AsyncSession, before: Row, after: Row, resource_id: UUID, moment: datetime
) -> None:
    """Tell that a resource of a dataset was judged: from what conformity to what."""
    was, now_is = (
        next((item["conformity"] for item in row["resources"] if item["id"] == resource_id), None)
        for row in (before, after)
    )
    if shown(after) and was != now_is:
        data = {"title": after["title"], "resource": str(resource_id), "from": was, "to": now_is}
        await record_changes(session, [Entry("dataset.conformity_changed", after["id"], data)])
    await tell_states(session, [(before, after)], moment)


async def tell_states(
    session: AsyncSession, changes: Sequence[tuple[Row | None, Row]], moment: datetime
) -> None:
    """Tell other services what they count, where it changed."""
    events = [event for before, after in changes if (event := _event(before, after, moment)) is not None]
    await emit_all(session, events)


def shown(row: Row | None) -> bool:
    """Tell whether everybody may see a dataset."""
    return row is not None and not row["private"] and row["deleted_at"] is None


def _entry(before: Row | None, after: Row) -> Entry | None:
    if not shown(after):
        # Nobody else learns of what nobody else could see.
        return Entry("dataset.deleted", after["id"], {"title": after["title"]}) if shown(before) else None
    kind = "dataset.updated" if shown(before) else "dataset.created"
    data = {"title": after["title"], "siren": after["organization_siren"]}
    return Entry(kind, after["id"], data)


def _event(before: Row | None, after: Row, moment: datetime) -> Event | None:
    if not _counted(after):
        if not _counted(before):
            return None
        return DatasetRemoved(dataset_id=after["id"], revision=after["revision"], removed_at=moment)
    state = _state(after)
    if before is not None and _counted(before) and _state(before) == state:
        return None
    return DatasetPublished(
        dataset_id=after["id"],
        revision=after["revision"],
        published_at=after["published_at"] or moment,
        changed_at=moment,
        **state,
    )


def _counted(row: Row | None) -> bool:
    return row is not None and shown(row) and row["archived_at"] is None


def _state(row: Row) -> dict[str, Any]:
    judged = [
        resource
        for resource in row["resources"]
        if (resource["schema_name"] or resource["schema_url"]) and resource["deleted_at"] is None
    ]
    names = [resource["schema_name"] or resource["schema_url"] for resource in judged]
    return {
        "organization_siren": row["organization_siren"],
        "owner_siren": siren_of(row["owner"]),
        "themes": tuple(row["themes"]),
        "schemas": tuple(sorted(set(names))),
        "resources": tuple(sorted(resource["id"] for resource in judged)),
        "title": row["title"],
        "conforming": conforming([resource["conformity"] for resource in judged]),
    }


def conforming(conformities: Sequence[str]) -> bool | None:
    """Return whether every file that names a schema conforms to it; None when one has no verdict, or there is none."""
    if Conformity.INVALID in conformities:
        return False
    return True if conformities and set(conformities) == {Conformity.VALID} else None
