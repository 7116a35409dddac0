"""Who uses what, kept in memory for search, facets and demand; a process looks again every few seconds."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.directory.domain.demande import Level, Use
from services.directory.domain.labels import IN_FORCE
from services.directory.domain.search import SearchIndex
from services.directory.domain.tags import Tags
from services.directory.store import demande as store
from shared.clock import now
from shared.db import Database

WITHOUT_LABEL = "sans_label"


@dataclass(frozen=True)
class SoftwareUse:
    """A picture of all usages at a moment: by application and domain, and as facets over the search index."""

    uses: Sequence[Use]
    tags: dict[str, Tags]

    @classmethod
    def of(cls, index: SearchIndex, rows: Sequence[dict[str, Any]]) -> "SoftwareUse":
        """Make the picture from rows of `store.demande.uses`."""
        uses = [_use(row) for row in rows]
        by_facet: dict[str, dict[str, list[int]]] = {"domaine": {}, "progiciel": {}, "label": {}}
        for use in uses:
            found = [index.rows[siren] for siren in use.sirens if siren in index.rows]
            by_facet["domaine"].setdefault(use.domaine, []).extend(found)
            by_facet["progiciel"].setdefault(str(use.progiciel_id), []).extend(found)
            by_facet["label"].setdefault(use.label or WITHOUT_LABEL, []).extend(found)
        size = len(index.bodies)
        return cls(uses, {name: Tags(size, values) for name, values in by_facet.items()})


def _use(row: dict[str, Any]) -> Use:
    labelled = row["label"] in IN_FORCE
    level = Level.LABEL if labelled else Level.MODULE if row["exported"] else Level.NONE
    names = ("progiciel_id", "progiciel", "editeur_siren", "editeur", "domaine", "sirens", "wanting", "label")
    return Use(**{name: row[name] for name in names}, level=level)


@dataclass(frozen=True)
class _Kept:
    use: SoftwareUse
    mark: tuple[Any, ...]
    day: date
    version: str
    looked_at: float


class LiveUse:
    """Gives the picture; after `refresh_seconds` one caller looks again, and makes it anew if something has changed."""

    def __init__(self, db: Database, *, refresh_seconds: float) -> None:
        self._db = db
        self._refresh_seconds = refresh_seconds
        self._kept: _Kept | None = None
        self._lock = asyncio.Lock()

    async def get(self, index: SearchIndex) -> SoftwareUse:
        """Return the picture for an index."""
        kept = self._kept
        # One looks again; those who come meanwhile have the picture of before rather than wait.
        if kept and kept.version == index.version and (self._is_recent(kept) or self._lock.locked()):
            return kept.use
        async with self._lock:
            kept = self._kept
            if kept is None or kept.version != index.version or not self._is_recent(kept):
                kept = await self._look(index, kept)
                self._kept = kept
            return kept.use

    def _is_recent(self, kept: _Kept) -> bool:
        return time.monotonic() - kept.looked_at < self._refresh_seconds

    async def _look(self, index: SearchIndex, kept: _Kept | None) -> _Kept:
        # Read before the rows: what changes in between is seen at the next look.
        looked_at, mark, day = time.monotonic(), await store.mark(self._db), now().date()
        if kept is not None and (kept.mark, kept.day, kept.version) == (mark, day, index.version):
            return _Kept(kept.use, mark, day, kept.version, looked_at)
        rows = await store.uses(self._db, day)
        use = await asyncio.to_thread(SoftwareUse.of, index, rows)
        return _Kept(use, mark, day, index.version, looked_at)
