"""Follows the datasets of the catalogue, by which the facilitators' indicators are counted."""

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.store import atd as store
from services.directory.tables import PublishedDataset
from shared.contracts.catalog import DatasetPublished, DatasetRemoved


async def follow_published(session: AsyncSession, event: DatasetPublished) -> None:
    """Keep what a dataset is now; an event that is older than what is known changes nothing."""
    row = PublishedDataset(
        id=event.dataset_id,
        siren=event.organization_siren,
        themes=sorted(set(event.themes)),
        schemas=sorted(set(event.schemas)),
        reuses=event.reuses,
        revision=event.revision,
        removed=False,
        published_at=event.published_at,
    )
    await store.bring_dataset(session, row)


async def follow_removed(session: AsyncSession, event: DatasetRemoved) -> None:
    """Keep that a dataset is gone, even one that was never seen: its past events may still come."""
    row = PublishedDataset(
        id=event.dataset_id,
        siren=None,
        themes=[],
        schemas=[],
        reuses=0,
        revision=event.revision,
        removed=True,
        published_at=event.removed_at,
    )
    await store.bring_dataset(session, row)
