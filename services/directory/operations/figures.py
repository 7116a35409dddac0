"""What every figure of the observatory rests on, kept in memory and made anew only when something has changed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.directory.domain.observatoire import Holding
from services.directory.store import observatoire as store
from shared.clock import now
from shared.db import Database

# Territories with filters whose figures are kept at the same time.
MOST_KEPT = 64

Holdings = Mapping[str, Holding]


@dataclass(frozen=True)
class Ground:
    """What each body publishes now and at each 1 January since the first edition, and who is outside the reference."""

    moments: Sequence[datetime]
    holdings: Sequence[Holdings]
    outside: Sequence[Mapping[str, Any]]
    # What was made of it already, by what was looked at.
    made: dict[Any, Any] = field(default_factory=dict)

    def keep(self, key: object, value: object) -> None:
        """Keep what was made of it; the oldest goes when there are too many."""
        if len(self.made) >= MOST_KEPT:
            del self.made[next(iter(self.made))]
        self.made[key] = value


class LiveFigures:
    """Gives the ground of the figures, as it is at each call: one cheap query tells whether it has changed."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept: tuple[tuple[Any, ...], Ground] | None = None
        self._lock = asyncio.Lock()

    async def get(self, edition: str) -> Ground:
        """Return the ground for an edition of the reference."""
        # Read before the rows: what changes in between is seen at the next call.
        moment = now()
        mark = (edition, moment.date(), *await store.mark(self._db, moment))
        if self._kept is not None and self._kept[0] == mark:
            return self._kept[1]
        async with self._lock:
            if self._kept is None or self._kept[0] != mark:
                self._kept = (mark, await self._read(moment))
            return self._kept[1]

    async def _read(self, moment: datetime) -> Ground:
        first = await store.first_moment(self._db)
        years = range(first.year, moment.year + 1) if first else range(0)
        starts = [datetime(year, 1, 1, tzinfo=UTC) for year in years]
        moments = [*(start for start in starts if start < moment), moment]
        rows = await store.holdings(self._db, moments)
        holdings = await asyncio.to_thread(_by_moment, rows, moments)
        return Ground(moments, holdings, await store.outside(self._db))


def _by_moment(rows: Sequence[Mapping[str, Any]], moments: Sequence[datetime]) -> list[Holdings]:
    found: dict[datetime, dict[str, Holding]] = {moment: {} for moment in moments}
    for row in rows:
        found[row["at"]][row["siren"]] = Holding(
            int(row["datasets"]), row["scdl"], row["conforming"], row["source"], row["year"]
        )
    return [found[moment] for moment in moments]
