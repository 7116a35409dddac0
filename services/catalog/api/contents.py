"""Keeping a file that comes with a request, and making it the content of a resource: both, or neither."""

from collections.abc import AsyncIterator
from uuid import UUID

from services.catalog.operations import resources
from services.catalog.operations.context import CatalogContext
from shared.auth import Caller
from shared.db import OutcomeUnknown


async def keep_and_replace(
    context: CatalogContext,
    caller: Caller,
    dataset_id: UUID,
    resource_id: UUID,
    chunks: AsyncIterator[bytes],
    filename: str | None,
) -> None:
    """Stream a file to the storage and make it the content of a resource; a refused one leaves nothing behind."""
    stored = await resources.keep_content(context, resource_id, chunks)
    try:
        async with context.db.transaction() as session:
            await resources.replace_content(
                session, caller, dataset_id, resource_id, stored=stored, filename=filename
            )
    except OutcomeUnknown:
        # It may be the content: the file stays, and is removed within a day if it is not.
        raise
    except Exception:
        await context.storage.delete(stored.key)
        raise
