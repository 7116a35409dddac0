"""The words of the catalog, near which is looked for what was misspelt."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from services.catalog.domain.search import respelt
from services.catalog.operations.context import CatalogContext
from services.catalog.store import search as store
from shared.clock import now
from shared.db import Database

# A word that is new meanwhile is found as it is written; only its misspellings are not.
KEPT = timedelta(minutes=10)


@dataclass(slots=True)
class _Vocabulary:
    """The words of one catalog; they are read in the background, while the former ones serve."""

    words: Mapping[str, int] | None = None
    until: datetime | None = None
    reading: asyncio.Task[None] | None = None

    def refresh(self, db: Database) -> None:
        """Read the words anew, if it is time and nobody does."""
        if self.reading is None and (self.until is None or self.until < now()):
            self.reading = asyncio.create_task(self._read(db))

    async def _read(self, db: Database) -> None:
        try:
            self.words = await store.words(db)
            self.until = now() + KEPT
        finally:
            self.reading = None


_kept: WeakKeyDictionary[Database, _Vocabulary] = WeakKeyDictionary()


def keep_ready(context: CatalogContext) -> None:
    """See that the words are there when somebody will misspell one: reading them takes a moment."""
    _kept.setdefault(context.db, _Vocabulary()).refresh(context.db)


async def respell(context: CatalogContext, groups: list[list[str]]) -> list[list[str]]:
    """Return the words of a search, each that the catalog does not have after the nearest one that it has."""
    keep_ready(context)
    kept = _kept[context.db]
    if kept.words is None and kept.reading is not None:
        await asyncio.shield(kept.reading)
    return [respelt(group, kept.words or {}) for group in groups]
