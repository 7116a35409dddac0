"""The words of the catalog, near which is looked for what was misspelt."""

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


@dataclass(frozen=True, slots=True)
class _Kept:
    words: Mapping[str, int]
    until: datetime


_kept: WeakKeyDictionary[Database, _Kept] = WeakKeyDictionary()


async def respell(context: CatalogContext, groups: list[list[str]]) -> list[list[str]]:
    """Return the words of a search, each that the catalog does not have after the nearest one that it has."""
    kept = _kept.get(context.db)
    if kept is None or kept.until < now():
        kept = _Kept(await store.words(context.db), now() + KEPT)
        _kept[context.db] = kept
    return [respelt(group, kept.words) for group in groups]
