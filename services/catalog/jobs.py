"""The work of the catalog: remove the files that no resource shows any more."""

from uuid import UUID

from services.catalog.operations import resources as operations
from services.catalog.operations.context import CatalogContext
from services.catalog.store import datasets as store
from shared.clock import now
from shared.ids import made_at


async def remove_old_contents(context: CatalogContext) -> None:
    """Remove files older than a day that are not, or no longer, the content of their resource."""
    limit = now() - operations.ORPHAN_AGE
    keys = [key async for key in context.storage.list(operations.CONTENTS)]
    old = [key for key in keys if made_at(UUID(key.split("/")[-1])) < limit]
    owners = {key: UUID(key.split("/")[-2]) for key in old}
    present = await store.storage_keys(context.db, list(set(owners.values())))
    for key, resource_id in owners.items():
        if present.get(resource_id) != key:
            await context.storage.delete(key)
