"""What the directory's worker hears of, and what it does again and again."""

from datetime import timedelta
from functools import partial

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.operations import ageing, announcements, datasets, imports, labels, publications
from services.directory.operations.context import DirectoryProcess
from services.directory.operations.reference import import_reference
from services.directory.store import imports as imports_store
from services.directory.store.collectivites import edition_in_force
from shared.clock import now
from shared.contracts.catalog import DatasetPublished, DatasetRemoved
from shared.contracts.validation import (
    LabelExpired,
    LabelGranted,
    LabelRenewed,
    LabelRevoked,
    LabelSuspended,
)
from shared.db import Database
from shared.messaging.inbox import Handlers
from shared.messaging.work import Work, WorkTable
from shared.messaging.worker import Clockwork

LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 3


async def bring_in_reference(context: DirectoryProcess) -> None:
    """Bring in the shipped reference when it is newer than the one in force; the first one in any case."""
    if context.settings.directory_reference_auto or await edition_in_force(context.db) is None:
        await import_reference(context.db)


async def dataset_published(session: AsyncSession, event: DatasetPublished) -> None:
    """Follow a dataset, as it is now for the facilitators and over time for the observatory."""
    await datasets.follow_published(session, event)
    await publications.record_published(session, event)


async def dataset_removed(session: AsyncSession, event: DatasetRemoved) -> None:
    """Follow a dataset that is gone."""
    await datasets.follow_removed(session, event)
    await publications.record_removed(session, event)


HANDLERS: Handlers = {
    DatasetPublished: dataset_published,
    DatasetRemoved: dataset_removed,
    **dict.fromkeys((LabelGranted, LabelRenewed, LabelSuspended, LabelRevoked, LabelExpired), labels.follow),
}


async def age(db: Database) -> None:
    """Write what is out of date since nobody repeats it."""
    await ageing.grow_old(db, now().date())


async def erase_old_contacts(db: Database, keep_days: int) -> None:
    """Erase the contacts whose time is over."""
    await ageing.erase_old_contacts(db, now() - timedelta(days=keep_days))


def work(context: DirectoryProcess) -> list[Work]:
    """Return the long work: bringing in files."""
    table = WorkTable(context.db, imports_store.TABLE, lease=LEASE, max_attempts=MAX_ATTEMPTS)
    jobs = imports.ImportJobs(context, table)
    return [Work(imports.KIND, table, jobs.run, jobs.gave_up, context.settings.directory_import_slots)]


def clockwork(context: DirectoryProcess) -> list[Clockwork]:
    """Return the recurring jobs. Looking for a newer edition is one cheap query: it is done often."""
    db = context.db
    old_contacts = partial(erase_old_contacts, db, context.settings.directory_contact_keep_days)
    return [
        Clockwork(
            "import reference", timedelta(minutes=1), partial(bring_in_reference, context), at_start=True
        ),
        Clockwork(
            "tell what nobody was told",
            timedelta(hours=1),
            partial(announcements.tell_never_told, db),
            at_start=True,
        ),
        Clockwork("age claims", timedelta(hours=6), partial(age, db), at_start=True),
        Clockwork("remove orphan files", timedelta(hours=6), partial(imports.remove_orphan_files, context)),
        Clockwork("erase old contacts", timedelta(days=1), old_contacts, at_start=True),
    ]
