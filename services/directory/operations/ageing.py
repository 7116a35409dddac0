"""What time does by itself: what nobody repeats grows out of date, contacts come to their end."""

from datetime import date, datetime

from services.directory.domain.claims import Status
from services.directory.operations import contacts, history
from services.directory.operations.rights import SYSTEM
from services.directory.store import contacts as contacts_store
from services.directory.store import usages as store
from services.directory.store.usages import Subject
from shared.db import Database

BATCH = 500
SUBJECTS: tuple[Subject, ...] = ("usage", "export_module")


async def grow_old(db: Database, today: date) -> int:
    """Write, with its history, that usages and modules are out of date; return how many.

    Readers see it from the first day anyway, whatever was written.
    """
    count = 0
    for subject in SUBJECTS:
        while True:
            async with db.transaction() as session:
                aged = await store.grow_old(session, subject, today, BATCH)
                for subject_id, status in aged:
                    await history.record(
                        session,
                        subject,
                        subject_id,
                        "grown-old",
                        caller=SYSTEM,
                        owner=None,
                        before={"status": status},
                        after={"status": Status.OUTDATED.value},
                    )
            count += len(aged)
            if len(aged) < BATCH:
                break
    return count


async def erase_old_contacts(db: Database, before: datetime) -> int:
    """Erase the contacts that nobody confirmed since a moment; return how many."""
    count = 0
    while ids := await contacts_store.older_than(db, before, BATCH):
        async with db.transaction() as session:
            count += await contacts.erase(session, ids, caller=SYSTEM, reason="end of the retention period")
    return count
