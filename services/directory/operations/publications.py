"""Follows what the catalogue publishes, state by state, so that the observatory can tell any past moment."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.store import observatoire as store
from services.directory.tables import Publication
from shared.clock import now
from shared.contracts.catalog import DatasetPublished, DatasetRemoved
from shared.observability.logging import get_logger

logger = get_logger(__name__)

COMMON_BASE = "scdl/"
_NEXT = timedelta(microseconds=1)


async def record_published(session: AsyncSession, event: DatasetPublished) -> None:
    """Keep the new state of a dataset; an event older than what is known changes nothing."""
    since = await _turn(session, event.dataset_id, event.revision, event.changed_at, event.published_at)
    if since is None:
        return
    session.add(
        Publication(
            dataset_id=event.dataset_id,
            since=since,
            until=None,
            revision=event.revision,
            siren=event.organization_siren,
            title=event.title,
            schemas=list(event.schemas),
            scdl=any(name.startswith(COMMON_BASE) for name in event.schemas),
            conforming=event.conforming is True,
        )
    )
    await session.flush()


async def record_removed(session: AsyncSession, event: DatasetRemoved) -> None:
    """End the present state of a dataset; one that was never seen leaves a mark, against its past events."""
    since = await _turn(session, event.dataset_id, event.revision, event.removed_at, event.removed_at)
    if since is not None and await store.present_publication(session, event.dataset_id) is None:
        mark = Publication(
            dataset_id=event.dataset_id,
            since=since,
            until=since,
            revision=event.revision,
            title="",
            schemas=[],
            scdl=False,
            conforming=False,
        )
        session.add(mark)
        await session.flush()


async def _turn(
    session: AsyncSession, dataset_id: UUID, revision: int, moment: datetime | None, first: datetime
) -> datetime | None:
    """End the present state of a dataset, and return when the next one begins; None for an event that is late."""
    held = await store.present_publication(session, dataset_id)
    if held is None:
        return first
    if held["revision"] >= revision:
        logger.info("event older than the known state", dataset_id=str(dataset_id), revision=revision)
        return None
    since: datetime = max(moment or now(), held["since"] + _NEXT, held["until"] or held["since"])
    await store.end_publication(session, dataset_id, since, revision)
    return since
