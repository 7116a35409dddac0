"""Says which schemas suit a file of the catalog that declares none."""

from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.operations import matching
from services.validation.operations.context import ValidationContext
from shared.contracts.catalog import ResourceUndeclared
from shared.contracts.validation import SchemaSuggested, SuggestedSchema
from shared.messaging.outbox import emit
from shared.observability.logging import get_logger
from shared.problems import Problem
from shared.storage import FileMissing

logger = get_logger(__name__)

MOST = 3
# Below, the columns in common are those of any table.
LEAST_SCORE = 0.6


async def suggest_schema(
    context: ValidationContext, session: AsyncSession, event: ResourceUndeclared
) -> None:
    """Read the header of a file and tell which schemas suit it; nothing at all is an answer too."""
    try:
        chunks = await context.storage.get(event.storage_key)
        header = await matching.header_of(context, event.filename, chunks)
    except (Problem, FileMissing) as refused:
        logger.info("no header to match", resource_id=str(event.resource_id), reason=str(refused))
        header = []
    found = await matching.fits(context, header, MOST) if header else []
    suggestions = tuple(
        SuggestedSchema(name=fit["schema"], version=fit["version"], score=fit["score"])
        for fit in found
        if fit["score"] >= LEAST_SCORE
    )
    await emit(
        session,
        SchemaSuggested(
            resource_id=event.resource_id, resource_revision=event.revision, suggestions=suggestions
        ),
    )
