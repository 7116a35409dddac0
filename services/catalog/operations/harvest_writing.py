"""A part of a harvested page: its datasets written, an outcome for each; one bad record stops nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.catalog.domain.harvest.pages import Found
from services.catalog.domain.harvest.rules import is_ours
from services.catalog.domain.payloads.reading import PayloadRefused
from services.catalog.domain.record import Record
from services.catalog.operations.writing import Written, write_from_source
from services.catalog.store import writing as store
from shared.db import is_away
from shared.observability.logging import get_logger

logger = get_logger(__name__)

_UNEXPECTED = PayloadRefused(
    "une erreur imprévue de notre côté a empêché de l'enregistrer", "Something unexpected failed on our side"
)
_TWICE = PayloadRefused(
    "la source donne deux fois cet identifiant : le premier compte",
    "The source gives this identifier twice: the first one counts",
)
_OURS = PayloadRefused(
    "ce jeu de données vient de ce catalogue : le reprendre ferait un double",
    "This dataset comes from this very catalogue: taking it again would make a duplicate",
)
_NAMELESS = PayloadRefused("il n'a pas d'identifiant", "It has no identifier")


@dataclass(slots=True)
class Log:
    """What became of the datasets of a part, in order."""

    items: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def unchanged(cls, items: Sequence[dict[str, Any]]) -> "Log":
        """Return the log of a part that is what it was: what failed still does."""
        return cls(
            [item if item["outcome"] == "failed" else {**item, "outcome": "unchanged"} for item in items]
        )

    def add(
        self, remote_id: str | None, outcome: str, dataset: UUID | None, refused: PayloadRefused | None = None
    ) -> None:
        """Add an outcome."""
        said = {} if refused is None else {"message": refused.fr, "message_en": refused.en}
        self.items.append(
            {
                "remote_id": remote_id,
                "outcome": outcome,
                "dataset_id": str(dataset) if dataset else None,
                **said,
            }
        )

    @property
    def counts(self) -> dict[str, int]:
        """Return how many there are of each outcome."""
        return dict(Counter(item["outcome"] for item in self.items))

    @property
    def named(self) -> set[str]:
        """Return the identifiers."""
        return {item["remote_id"] for item in self.items if item["remote_id"]}


async def write_part(
    session: AsyncSession,
    run: dict[str, Any],
    founds: Sequence[Found],
    seen: set[str],
    *,
    home: str,
    most: int,
) -> Log:
    """Write the datasets of a part, unless it is a dry run; return what became, or would become, of each."""
    refusals: dict[int, PayloadRefused] = {}
    good: dict[int, Record] = {}
    taken = set(seen)
    for place, found in enumerate(founds):
        refused = _refusal(found, taken, home, most)
        if refused is None and isinstance(found.record, Record):
            good[place] = found.record
            taken.add(found.remote_id or "")
        else:
            refusals[place] = refused or _UNEXPECTED
    done = await (_foreseen if run["dry_run"] else _written)(session, run, good)
    log = Log()
    for place, found in enumerate(founds):
        if (result := done.get(place)) is not None:
            foreseen = run["dry_run"] and result.outcome == "created"
            log.add(found.remote_id, result.outcome, None if foreseen else result.id)
        else:
            log.add(found.remote_id, "failed", None, refusals.get(place, _UNEXPECTED))
    return log


def _refusal(found: Found, taken: set[str], home: str, most: int) -> PayloadRefused | None:
    if isinstance(found.record, PayloadRefused):
        return found.record
    if found.remote_id is None:
        return _NAMELESS
    if found.remote_id in taken:
        return _TWICE
    if is_ours(found.record, home):
        return _OURS
    if len(found.record.resources) > most:
        return PayloadRefused(f"il a plus de {most} ressources", f"It has more than {most} resources")
    return None


async def _written(
    session: AsyncSession, run: dict[str, Any], records: dict[int, Record]
) -> dict[int, Written]:
    try:
        return await _write(session, run, records)
    except Exception as error:
        if is_away(error):
            raise
        # Something in one of them: each is tried alone, so that the others are written all the same.
        logger.exception("a part failed, each of its datasets is tried alone", datasets=len(records))
    done: dict[int, Written] = {}
    for place, record in records.items():
        try:
            done |= await _write(session, run, {place: record})
        except Exception as error:
            if is_away(error):
                raise
            logger.exception("a dataset could not be written", remote_id=record.remote_id)
    return done


async def _write(
    session: AsyncSession, run: dict[str, Any], records: dict[int, Record]
) -> dict[int, Written]:
    if not records:
        return {}
    async with session.begin_nested():
        written = await write_from_source(
            session, run["source_id"], run["owner"], list(records.values()), grace=True
        )
    return dict(zip(records, written, strict=True))


async def _foreseen(
    session: AsyncSession, run: dict[str, Any], records: dict[int, Record]
) -> dict[int, Written]:
    """Return what writing would lead to."""
    ids = [record.remote_id or "" for record in records.values()]
    known = await store.digests(session, run["source_id"], ids)
    done: dict[int, Written] = {}
    for place, record in records.items():
        before = known.get(record.remote_id or "")
        if before is None:
            done[place] = Written(run["source_id"], "created")
        elif before["content_hash"] == record.content_hash() and before["deleted_at"] is None:
            done[place] = Written(before["id"], "unchanged")
        else:
            done[place] = Written(before["id"], "deleted" if record.deleted else "updated")
    return done
