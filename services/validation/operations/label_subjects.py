"""Follows what labels are given to, and who uses it: the directory's entries and the catalogue's datasets."""

from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.store.label_subjects import bring
from services.validation.tables import KnownDataset, KnownModule, KnownProgiciel, KnownUsage
from shared.contracts.catalog import DatasetPublished, DatasetRemoved
from shared.contracts.directory import ExportModuleChanged, ProgicielChanged, UsageChanged


async def follow_progiciel(session: AsyncSession, event: ProgicielChanged) -> None:
    """Keep what an application is now."""
    told = event.model_dump(mode="json", include={"versions"})
    values = event.model_dump(exclude={"progiciel_id", "versions"})
    await bring(session, KnownProgiciel(id=event.progiciel_id, **values, **told))


async def follow_module(session: AsyncSession, event: ExportModuleChanged) -> None:
    """Keep what an export module is now."""
    await bring(session, KnownModule(id=event.module_id, **event.model_dump(exclude={"module_id"})))


async def follow_usage(session: AsyncSession, event: UsageChanged) -> None:
    """Keep what a usage is now."""
    await bring(session, KnownUsage(id=event.usage_id, **event.model_dump(exclude={"usage_id"})))


async def follow_published(session: AsyncSession, event: DatasetPublished) -> None:
    """Keep which files a public dataset has, and who publishes it."""
    dataset = KnownDataset(
        id=event.dataset_id,
        revision=event.revision,
        siren=event.organization_siren,
        owner_siren=event.owner_siren,
        resources=list(event.resources),
        removed=False,
    )
    await bring(session, dataset)


async def follow_removed(session: AsyncSession, event: DatasetRemoved) -> None:
    """Keep that a dataset is gone, even one that was never seen: its past events may still come."""
    dataset = KnownDataset(
        id=event.dataset_id, revision=event.revision, siren=None, resources=[], removed=True
    )
    await bring(session, dataset)
