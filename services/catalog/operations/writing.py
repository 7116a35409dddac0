"""Write datasets, one or many: nothing when nothing changed, else all that follows from the change.

What follows: resources matched with those that were there, validations asked for, the change log, and the state that
other services are told. Operations never commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.catalog.domain.record import Organization, Record
from services.catalog.operations.rows import ResourceChanges, dataset_row, organization_row, resource_changes
from services.catalog.operations.telling import tell
from services.catalog.store import writing as store
from services.catalog.store.writing import Row
from shared.clock import now
from shared.contracts.catalog import ResourceRegistered
from shared.ids import new_id
from shared.messaging.outbox import emit_all

Outcome = Literal["created", "updated", "unchanged", "deleted"]


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one record."""

    id: UUID
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Item:
    """A record to write, its digest, the dataset that it is about if there is one, the digest of its bytes if known."""

    record: Record
    digest: str
    dataset_id: UUID | None = None
    payload: str | None = None


async def write_from_source(
    session: AsyncSession,
    source_id: UUID,
    owner: str,
    records: Sequence[Record],
    payloads: Mapping[str | None, str | None] | None = None,
    *,
    grace: bool = False,
) -> list[Written]:
    """Write datasets by their identifiers in a source (each once in a batch); return what became of each, in order.

    Equal ones are told by their digests, and cost one read for the whole batch. `payloads` holds the digests of the
    bytes that they were read from, by identifier. With `grace`, resources that are no longer told are missing first.
    """
    by_bytes = payloads or {}
    items = [
        Item(record, record.content_hash(), payload=by_bytes.get(record.remote_id)) for record in records
    ]
    remote_ids = [record.remote_id or "" for record in records]
    known = await store.digests(session, source_id, remote_ids)
    if any(not _same(item, known) for item in items):
        await store.hold_source(session, source_id)
        known = await store.digests(session, source_id, remote_ids)
    fresh = [replace(item, dataset_id=_id_of(item, known)) for item in items if not _same(item, known)]
    done = dict(
        zip(
            (item.record.remote_id for item in fresh),
            await write(session, source_id, owner, fresh, grace=grace),
            strict=True,
        )
    )
    return [done.get(remote_id) or Written(known[remote_id]["id"], "unchanged") for remote_id in remote_ids]


def _same(item: Item, known: dict[str, Row]) -> bool:
    found = known.get(item.record.remote_id or "")
    if found is None or found["content_hash"] != item.digest:
        return False
    return (found["deleted_at"] is None) == (item.record.deleted is None)


def _id_of(item: Item, known: dict[str, Row]) -> UUID | None:
    found = known.get(item.record.remote_id or "")
    return found["id"] if found else None


async def write(
    session: AsyncSession,
    source_id: UUID | None,
    owner: str,
    items: Sequence[Item],
    *,
    grace: bool = False,
) -> list[Written]:
    """Write datasets that are new or known to differ; return what became of each, in order."""
    if not items:
        return []
    moment = now()
    before = await store.lock_datasets(session, [item.dataset_id for item in items if item.dataset_id])
    bodies = await _write_organizations(session, source_id, [item.record.organization for item in items])
    changes = ResourceChanges(grace)
    added: list[Row] = []
    changed: list[Row] = []
    told: list[tuple[Row | None, Row]] = []
    written = []
    for item in items:
        old = before.get(item.dataset_id) if item.dataset_id else None
        body = item.record.organization
        dataset_id = item.dataset_id or new_id()
        row = dataset_row(
            item.record,
            digest=item.digest,
            payload=item.payload,
            owner=owner,
            source_id=source_id,
            organization=(bodies.get(_key(body, source_id)) if body else None, body),
            moment=moment,
            before=old,
            dataset_id=dataset_id,
        )
        (changed if old else added).append(row)
        resources = resource_changes(
            changes, item.record, dataset_id, old["resources"] if old else [], moment
        )
        told.append((old, {**row, "resources": resources}))
        outcome: Outcome = "deleted" if item.record.deleted else "updated" if old else "created"
        written.append(Written(dataset_id, outcome))
    await store.insert_datasets(session, added)
    await store.update_datasets(session, changed)
    await _write_resources(session, changes)
    await tell(session, told, moment)
    return written


async def _write_resources(session: AsyncSession, changes: ResourceChanges) -> None:
    await store.insert_resources(session, changes.added)
    await store.update_resources(session, changes.changed)
    await store.remove_resources(session, changes.removed, now())
    await store.miss_resources(session, changes.missing, now())
    await ask_validations(session, changes.to_validate)


async def set_deleted(session: AsyncSession, ids: Sequence[UUID], *, deleted: bool) -> None:
    """Make tombstones of datasets, or bring them back; one that is so already stays as it is."""
    moment = now()
    told: list[tuple[Row | None, Row]] = []
    for before in (await store.lock_datasets(session, ids)).values():
        if (before["deleted_at"] is not None) != deleted:
            changed = {
                "deleted_at": moment if deleted else None,
                "missing_since": None,
                "modified_at": moment,
                "revision": before["revision"] + 1,
            }
            told.append((before, {**before, **changed}))
    rows = [{name: after[name] for name in store.DATASET_COLUMNS} for _, after in told]
    await store.update_datasets(session, rows)
    await tell(session, told, moment)


async def ask_validations(session: AsyncSession, resources: Sequence[dict[str, Any]]) -> None:
    """Ask for the validation of resources (rows)."""
    await emit_all(
        session,
        [
            ResourceRegistered(
                dataset_id=row["dataset_id"],
                resource_id=row["id"],
                revision=row["revision"],
                filename=row["filename"],
                url=row["url"],
                storage_key=row["storage_key"],
                schema_name=row["schema_name"] or row["schema_url"],
                schema_version=row["schema_version"],
                schema_url=row["schema_url"],
            )
            for row in resources
        ],
    )


def _key(body: Organization, source_id: UUID | None) -> str:
    key: str = f"siren:{body.siren}" if body.siren else f"source:{source_id}:{body.remote_id or body.name}"
    return key


async def _write_organizations(
    session: AsyncSession, source_id: UUID | None, bodies: Sequence[Organization | None]
) -> dict[str, UUID]:
    rows = {
        row["key"]: row
        for body in bodies
        if body is not None
        for row in [organization_row(body, source_id, now())]
    }
    return await store.write_organizations(session, list(rows.values()))
