"""Take the files of resources, keep their conformity true. Operations never commit."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.catalog.domain.conformity import Conformity, initial
from services.catalog.domain.problems import (
    ContentTooLarge,
    EmptyContent,
    ResourceIsRemote,
    ResourceNotFound,
)
from services.catalog.operations import suggestions
from services.catalog.operations.context import CatalogContext
from services.catalog.operations.ownership import owners_of
from services.catalog.operations.telling import tell, tell_verdict
from services.catalog.operations.writing import ask_validations
from services.catalog.store import datasets as store
from services.catalog.store import harvests as harvests_store
from services.catalog.store import writing
from services.catalog.tables import Resource
from shared.auth import Caller
from shared.clock import now
from shared.contracts.validation import ValidationCompleted
from shared.ids import new_id
from shared.observability.logging import get_logger
from shared.problems import PayloadTooLarge
from shared.storage import Stored
from shared.uploads import file_label

logger = get_logger(__name__)

CONTENTS = "catalog/contents"
ORPHAN_AGE = timedelta(days=1)
REMOVED_AT_ONCE = 200


def check_size(context: CatalogContext, size: int) -> None:
    """Raise `ContentTooLarge` for a size, in bytes, that no content may have."""
    if size > (limit := context.settings.catalog_max_upload_bytes):
        raise ContentTooLarge.past(limit)


async def keep_content(context: CatalogContext, resource_id: UUID, chunks: AsyncIterator[bytes]) -> Stored:
    """Stream a resource's file to the storage.

    Raises `ContentTooLarge`, `EmptyContent`, `StorageFull`: nothing is left behind then.
    """
    limit = context.settings.catalog_max_upload_bytes
    try:
        stored = await context.storage.put(f"{CONTENTS}/{resource_id}/{new_id()}", chunks, max_bytes=limit)
    except PayloadTooLarge as error:
        raise ContentTooLarge.past(limit) from error
    if stored.size == 0:
        await context.storage.delete(stored.key)
        raise EmptyContent.of_request()
    return stored


async def check_uploadable(
    session: AsyncSession, caller: Caller, dataset_id: UUID, resource_id: UUID
) -> Resource:
    """Return the resource, locked; raises `ResourceNotFound` or `ResourceIsRemote`."""
    resource = await store.lock_resource(session, owners_of(caller), dataset_id, resource_id)
    if resource is None:
        raise ResourceNotFound.of(resource_id)
    if resource.url is not None:
        raise ResourceIsRemote.of(resource.url)
    return resource


async def replace_content(
    session: AsyncSession,
    caller: Caller,
    dataset_id: UUID,
    resource_id: UUID,
    *,
    stored: Stored,
    filename: str | None,
) -> None:
    """Make a stored file the content of a resource and ask for its validation; the verdict before is stale."""
    # The dataset first, as every other writer does.
    before = (await writing.lock_datasets(session, [dataset_id])).get(dataset_id)
    resource = await check_uploadable(session, caller, dataset_id, resource_id)
    resource.storage_key = stored.key
    resource.filename = file_label(filename) if filename else resource.filename
    resource.filesize = stored.size
    resource.checksum_type, resource.checksum_value = "sha256", stored.sha256
    resource.revision += 1
    resource.modified_at = now()
    has_schema = bool(resource.schema_name or resource.schema_url)
    resource.conformity = initial(has_schema=has_schema, has_content=True)
    session.add(resource)
    await session.flush()
    row = resource.model_dump()
    if has_schema:
        await ask_validations(session, [row])
    elif suggestions.may_be_suggested(row):
        await suggestions.ask(session, row, stored.key)
    if before is not None:
        await tell(session, [(before, await _as_it_is_now(session, dataset_id))], now())


async def record_verdict(session: AsyncSession, event: ValidationCompleted) -> None:
    """Keep the verdict on a resource, unless the resource has changed since it was asked for."""
    if event.resource_id is None:
        return
    dataset_id = await store.dataset_of(session, event.resource_id)
    before = (await writing.lock_datasets(session, [dataset_id])).get(dataset_id) if dataset_id else None
    if before is None or await store.write_conformity(session, event) is None:
        logger.info("verdict dropped: the resource has changed since", resource_id=str(event.resource_id))
        return
    after = await _as_it_is_now(session, before["id"])
    await tell_verdict(session, before, after, event.resource_id, now())
    logger.info("conformity updated", resource_id=str(event.resource_id), outcome=event.outcome)


async def _as_it_is_now(session: AsyncSession, dataset_id: UUID) -> writing.Row:
    """Return a dataset one of whose resources has just changed, under its next revision."""
    await store.grow_revision(session, dataset_id)
    return (await writing.lock_datasets(session, [dataset_id]))[dataset_id]


async def remove_missing(context: CatalogContext, moment: datetime | None = None) -> None:
    """Make tombstones of the resources that their source has not had for longer than its grace period."""
    while True:
        async with context.db.transaction() as session:
            found = await harvests_store.missing_resources(session, moment or now(), REMOVED_AT_ONCE)
            if not found:
                return
            before = await writing.lock_datasets(session, list(found))
            await writing.remove_resources(session, [id for ids in found.values() for id in ids], now())
            for dataset_id in found:
                await store.grow_revision(session, dataset_id)
            after = await writing.lock_datasets(session, list(found))
            await tell(session, [(before[dataset_id], after[dataset_id]) for dataset_id in found], now())


async def file_changed(session: AsyncSession, resource_id: UUID) -> None:
    """Note that the published file of a resource is another one: its verdict is stale, and asked for anew."""
    dataset_id = await store.dataset_of(session, resource_id)
    before = (await writing.lock_datasets(session, [dataset_id])).get(dataset_id) if dataset_id else None
    found = [row for row in before["resources"] if row["id"] == resource_id] if before else []
    if before is None or not found or not (found[0]["schema_name"] or found[0]["schema_url"]):
        return
    judged = found[0]["conformity"] in (Conformity.VALID, Conformity.INVALID, Conformity.STALE)
    conformity = Conformity.STALE if judged else Conformity.QUEUED
    await store.renew(session, resource_id, conformity)
    after = await _as_it_is_now(session, before["id"])
    await ask_validations(session, [row for row in after["resources"] if row["id"] == resource_id])
    await tell_verdict(session, before, after, resource_id, now())
