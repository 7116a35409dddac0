"""Many datasets at once: read as they come, written in batches, an outcome for each; one bad line stops nothing."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.catalog.operations.context import CatalogContext
from services.catalog.operations.payloads import Entry, Line, Profile, Refusal, lines, read_dataset, read_line
from services.catalog.operations.writing import Written, write_from_source
from services.catalog.store import writing as store
from shared.db import is_away
from shared.observability.logging import get_logger
from shared.problems import Problem

logger = get_logger(__name__)

# Rows of one transaction: large enough for its cost to vanish, small enough for others to wait little.
BATCH = 250
BATCH_BYTES = 4_000_000

Outcome = dict[str, Any]
Digests = Mapping[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Reader:
    """How the lines of a request are read: whose JSON they are, and how much they may hold."""

    profile: Profile
    longest_line: int
    most_resources: int

    async def lines(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[tuple[Line, int]]:
        """Yield each line of NDJSON, decoded, with its size."""
        async for number, line in lines(chunks, self.longest_line):
            if line is None:
                limit = self.longest_line
                said = Refusal(f"la ligne dépasse {limit} octets", f"The line exceeds {limit} bytes")
                yield Line(number, None, None, "", said), 0
            else:
                yield read_line(number, line, self.profile), len(line)


async def write_lines(
    context: CatalogContext, source_id: UUID, owner: str, reader: Reader, chunks: AsyncIterator[bytes]
) -> AsyncIterator[list[Outcome]]:
    """Write datasets as they come and yield their outcomes, batch by batch, in the order of the lines.

    A dataset that comes twice is written twice, in order.
    """
    batch: list[Line] = []
    seen: set[str | None] = set()
    size = 0
    async for line, length in reader.lines(chunks):
        again = line.remote_id is not None and line.remote_id in seen
        if again or len(batch) >= BATCH or size >= BATCH_BYTES:
            yield await _write_lines(context, source_id, owner, reader, batch)
            batch, seen, size = [], set(), 0
        batch.append(line)
        size += length
        seen.add(line.remote_id)
    if batch:
        yield await _write_lines(context, source_id, owner, reader, batch)


async def write_entries(
    context: CatalogContext, source_id: UUID, owner: str, entries: Sequence[Entry]
) -> AsyncIterator[list[Outcome]]:
    """Write the datasets of a catalogue that was read whole, and yield their outcomes in the same way."""
    batch: list[Entry] = []
    for entry in entries:
        named = {other.remote_id for other in batch if other.record is not None}
        if len(batch) >= BATCH or (entry.record is not None and entry.remote_id in named):
            yield await _write_batch(context, source_id, owner, batch, {})
            batch = []
        batch.append(entry)
    if batch:
        yield await _write_batch(context, source_id, owner, batch, {})


async def _write_lines(
    context: CatalogContext, source_id: UUID, owner: str, reader: Reader, batch: Sequence[Line]
) -> list[Outcome]:
    """Write a batch of lines; those whose bytes are known need not be read any further."""
    ids = [line.remote_id for line in batch if line.remote_id is not None]
    async with context.db.transaction() as session:
        known = await store.digests(session, source_id, ids)
    same = [line for line in batch if _same(line, known)]
    done = {line.number: Written(known[line.remote_id or ""]["id"], "unchanged") for line in same}
    entries = [
        Entry(line.number, line.remote_id)
        if line.number in done
        else read_dataset(line, reader.profile, reader.most_resources)
        for line in batch
    ]
    digests = {line.remote_id: line.digest for line in batch}
    return await _write_batch(context, source_id, owner, entries, digests, done)


def _same(line: Line, known: dict[str, Any]) -> bool:
    found = known.get(line.remote_id or "")
    if found is None or found["payload_digest"] != line.digest:
        return False
    return (found["deleted_at"] is not None) == line.deletes


async def _write_batch(
    context: CatalogContext,
    source_id: UUID,
    owner: str,
    batch: Sequence[Entry],
    digests: Digests,
    done: Mapping[int, Written] | None = None,
) -> list[Outcome]:
    good = [entry for entry in batch if entry.record is not None]
    try:
        written = await _written(context, source_id, owner, good, digests)
    except Exception as error:
        if is_away(error):
            raise
        # Something in one of them: each is tried alone, so that the others are written all the same.
        logger.exception("a batch failed, each of its datasets is tried alone", datasets=len(good))
        written = {}
        for entry in good:
            written |= await _written_alone(context, source_id, owner, entry, digests)
    written |= done or {}
    return [_outcome(entry, written.get(entry.line)) for entry in batch]


async def _written(
    context: CatalogContext, source_id: UUID, owner: str, entries: Sequence[Entry], digests: Digests
) -> dict[int, Written]:
    if not entries:
        return {}
    async with context.db.transaction() as session:
        records = [entry.record for entry in entries if entry.record is not None]
        done = await write_from_source(session, source_id, owner, records, digests)
    return {entry.line: result for entry, result in zip(entries, done, strict=True)}


async def _written_alone(
    context: CatalogContext, source_id: UUID, owner: str, entry: Entry, digests: Digests
) -> dict[int, Written]:
    try:
        return await _written(context, source_id, owner, [entry], digests)
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
