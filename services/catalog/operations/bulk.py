"""Many datasets at once: read as they come, written in batches, an outcome for each; one bad line stops nothing."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from services.catalog.operations.context import CatalogContext
from services.catalog.operations.payloads import Entry, Profile, Refusal, lines, read_line
from services.catalog.operations.writing import Written, write_from_source
from shared.db import is_away
from shared.observability.logging import get_logger
from shared.problems import Problem

logger = get_logger(__name__)

# Rows of one transaction: large enough for its cost to vanish, small enough for others to wait little.
BATCH = 250
BATCH_BYTES = 4_000_000

Outcome = dict[str, Any]


async def entries_of_lines(
    context: CatalogContext, chunks: AsyncIterator[bytes], profile: Profile
) -> AsyncIterator[tuple[Entry, int]]:
    """Yield the dataset of each line of NDJSON, with the size of the line."""
    longest = context.settings.max_body_bytes
    most = context.settings.catalog_max_resources
    async for number, line in lines(chunks, longest):
        if line is None:
            said = Refusal(f"la ligne dépasse {longest} octets", f"The line exceeds {longest} bytes")
            yield Entry(number, None, refusal=said), 0
        else:
            yield read_line(number, line, profile, most), len(line)


async def write_all(
    context: CatalogContext, source_id: UUID, owner: str, entries: AsyncIterator[tuple[Entry, int]]
) -> AsyncIterator[list[Outcome]]:
    """Write datasets as they come and yield their outcomes, batch by batch, in the order of the lines.

    A dataset that comes twice is written twice, in order.
    """
    batch: list[Entry] = []
    seen: set[str | None] = set()
    size = 0
    async for entry, length in entries:
        again = entry.record is not None and entry.remote_id in seen
        if again or len(batch) >= BATCH or size >= BATCH_BYTES:
            yield await _write_batch(context, source_id, owner, batch)
            batch, seen, size = [], set(), 0
        batch.append(entry)
        size += length
        if entry.record is not None:
            seen.add(entry.remote_id)
    if batch:
        yield await _write_batch(context, source_id, owner, batch)


async def _write_batch(
    context: CatalogContext, source_id: UUID, owner: str, batch: Sequence[Entry]
) -> list[Outcome]:
    good = [entry for entry in batch if entry.record is not None]
    try:
        written = await _written(context, source_id, owner, good)
    except Exception as error:
        if is_away(error):
            raise
        # Something in one of them: each is tried alone, so that the others are written all the same.
        logger.exception("a batch failed, each of its datasets is tried alone", datasets=len(good))
        written = {}
        for entry in good:
            written |= await _written_alone(context, source_id, owner, entry)
    return [_outcome(entry, written.get(entry.line)) for entry in batch]


async def _written(
    context: CatalogContext, source_id: UUID, owner: str, entries: Sequence[Entry]
) -> dict[int, Written]:
    if not entries:
        return {}
    async with context.db.transaction() as session:
        records = [entry.record for entry in entries if entry.record is not None]
        done = await write_from_source(session, source_id, owner, records)
    return {entry.line: result for entry, result in zip(entries, done, strict=True)}


async def _written_alone(
    context: CatalogContext, source_id: UUID, owner: str, entry: Entry
) -> dict[int, Written]:
    try:
        return await _written(context, source_id, owner, [entry])
    except Exception as error:
        if is_away(error):
            raise
        logger.exception("a dataset could not be written", line=entry.line)
        return {}


def _outcome(entry: Entry, written: Written | None) -> Outcome:
    said: Outcome = {"line": entry.line, "remote_id": entry.remote_id}
    if written is not None:
        return {**said, "outcome": written.outcome, "id": written.id}
    refusal = entry.refusal or Refusal(
        "une erreur imprévue de notre côté a empêché de l'enregistrer : renvoyez-le",
        "Something unexpected failed on our side: send it again",
    )
    errors = {"errors": list(refusal.errors)} if refusal.errors else {}
    return {**said, "outcome": "refused", "message": refusal.fr, "message_en": refusal.en, **errors}


def interruption(line: int, problem: Problem) -> Outcome:
    """Return the last line of an answer whose request could not be read, or written, to its end."""
    return {
        "line": line,
        "remote_id": None,
        "outcome": "refused",
        "message": f"interrompu après cette ligne : {problem.fr}",
        "message_en": f"Interrupted after this line: {problem.en}",
    }
