"""Files that declare no schema: the validation service is shown them, and says which schemas their columns suggest.

A suggestion is shown beside the file and declares nothing: it makes no conformity.
"""

from collections.abc import Mapping
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from services.catalog.domain.vocabularies.formats import BY_ID
from services.catalog.store import suggestions as store
from shared.contracts.catalog import ResourceUndeclared
from shared.contracts.validation import SchemaSuggested
from shared.messaging.outbox import emit
from shared.observability.logging import get_logger

logger = get_logger(__name__)


def may_be_suggested(resource: Mapping[str, Any]) -> bool:
    """Tell whether a resource (a row) is a table that declares no schema, of which nothing was suggested yet."""
    known = BY_ID.get(resource["format"] or "csv")
    declared = resource["schema_name"] or resource["schema_url"]
    asked = resource["suggested_revision"] == resource["revision"]
    return (
        not declared
        and not asked
        and resource["type"] in ("main", "update")
        and known is not None
        and known.tabular
    )


async def ask(session: AsyncSession, resource: Mapping[str, Any], storage_key: str) -> None:
    """Ask which schemas suit a resource (a row), of whose file a beginning or the whole is stored."""
    event = ResourceUndeclared(
        resource_id=resource["id"],
        revision=resource["revision"],
        filename=resource["filename"],
        storage_key=storage_key,
    )
    await emit(session, event)


async def record(session: AsyncSession, event: SchemaSuggested) -> None:
    """Keep what is suggested for a resource, unless it has changed since it was asked."""
    found = [suggested.model_dump() for suggested in event.suggestions]
    if not await store.write(session, event.resource_id, event.resource_revision, found):
        logger.info("suggestion dropped: the resource has changed since", resource_id=str(event.resource_id))
