"""What the directory's worker does again and again."""

from datetime import timedelta
from functools import partial

from services.directory.operations.reference import import_reference
from shared.db import Database
from shared.messaging.worker import Clockwork


async def bring_in_reference(db: Database) -> None:
    """Bring in the shipped reference when it is newer than the one in force."""
    await import_reference(db)


def clockwork(db: Database) -> list[Clockwork]:
    """Return the recurring jobs. Looking for a newer edition is one cheap query: it is done often."""
    return [
        Clockwork("import reference", timedelta(minutes=1), partial(bring_in_reference, db), at_start=True)
    ]
