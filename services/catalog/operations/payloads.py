"""A body sent to a source, whatever its format, as the records that it holds, one by one."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from typing import Any, Literal

import orjson
from pydantic import ValidationError

from services.catalog.domain.payloads import dcat, rdf, scdl, udata
from services.catalog.domain.payloads.reading import PayloadRefused, moment, text
from services.catalog.domain.problems import PayloadUnreadable, TooManyResources
from services.catalog.domain.record import Record
from services.catalog.schemas.datasets import DatasetInput
from shared.answers import french_message
from shared.clock import now
from shared.problems import json_pointer
from shared.requests import JsonRefused, check_json

Profile = Literal["socle", "udata"]
LINES = ("application/x-ndjson", "application/jsonl", "application/ndjson")
CSV = "text/csv"
WHOLE = (*rdf.MEDIA_TYPES, CSV)
LONGEST_REMOTE_ID = 500
# The member that names a dataset in its source.
_NAMED_BY: dict[Profile, str] = {"socle": "remote_id", "udata": "id"}
_KEYS = {profile: f"{version('socle')} {profile}".encode() for profile in _NAMED_BY}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a dataset of a body is refused, in both languages, with the places when they are known."""

    fr: str
    en: str
    errors: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One dataset of a body: its place, its identifier as far as it is known, and what it is or why it is nothing."""

    line: int
    remote_id: str | None
    record: Record | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of NDJSON, decoded and no further: when its `digest` is known, that is enough."""

    number: int
    remote_id: str | None
    document: Any
    digest: str
    refusal: Refusal | None = None

    @property
    def deletes(self) -> bool:
        """Whether the line says that the dataset is deleted."""
        return isinstance(self.document, dict) and bool(self.document.get("deleted"))


def read_line(number: int, line: bytes, profile: Profile) -> Line:
    """Return one line of NDJSON. Its digest is also that of the program, which another version may read otherwise."""
    digest = hashlib.blake2b(line, digest_size=16, key=_KEYS[profile]).hexdigest()
    try:
        document = orjson.loads(line)
    except (ValueError, RecursionError) as error:
        refusal = Refusal(f"ce n'est pas du JSON ({error})", f"Not JSON ({error})")
        return Line(number, None, None, digest, refusal)
    named = document.get(_NAMED_BY[profile]) if isinstance(document, dict) else None
    remote_id = text(named, LONGEST_REMOTE_ID) if isinstance(named, str | int) else None
    return Line(number, remote_id, document, digest)


def read_dataset(line: Line, profile: Profile, most_resources: int) -> Entry:
    """Return the dataset of a line."""
    number, document = line.number, line.document
    if line.refusal is not None:
        return Entry(number, None, refusal=line.refusal)
    try:
        check_json(document)
    except JsonRefused:
        return _refused(
            number, None, "caractère NUL, ou JSON trop profond", "A NUL character, or JSON too deep"
        )
    if not isinstance(document, dict):
        return _refused(number, None, "un objet JSON est attendu", "A JSON object is expected")
    return read_document(number, document, profile, most_resources)


def read_document(number: int, document: dict[str, Any], profile: Profile, most_resources: int) -> Entry:
    """Return the dataset of one JSON object."""
    member = _NAMED_BY[profile]
    named = document.get(member)
    remote_id = text(named, LONGEST_REMOTE_ID) if isinstance(named, str | int) else None
    if remote_id is None:
        return _refused(number, None, f"il manque « {member} »", f"`{member}` is missing")
    try:
        record = udata.read(document) if profile == "udata" else _ours(document)
    except PayloadRefused as refused:
        return _refused(number, remote_id, refused.fr, refused.en)
    except ValidationError as error:
        return Entry(number, remote_id, refusal=_listed(error))
    return accepted(number, replace(record, remote_id=remote_id), most_resources)


def accepted(number: int, record: Record, most_resources: int) -> Entry:
    """Return the entry of a record, unless it has too many resources."""
    if len(record.resources) > most_resources:
        return _refused(
            number,
            record.remote_id,
            f"un jeu de données compte {most_resources} ressources au plus",
            f"A dataset has {most_resources} resources at most",
        )
    return Entry(number, record.remote_id, record)


def accepted_or_raise(record: Record, most_resources: int) -> Entry:
    """Return the same of a body of one dataset; raises `TooManyResources`."""
    if len(record.resources) > most_resources:
        raise TooManyResources.past(most_resources)
    return Entry(1, record.remote_id, record)


def named(entry: Entry, remote_id: str) -> Entry:
    """Return an entry under the identifier that its sender gives it."""
    assert entry.record is not None
    return replace(entry, remote_id=remote_id, record=replace(entry.record, remote_id=remote_id))


def _ours(document: dict[str, Any]) -> Record:
    deleted = document.get("deleted")
    body = {name: value for name, value in document.items() if name not in ("remote_id", "deleted")}
    if deleted:
        at: datetime = moment(deleted) or now()
        # A tombstone needs no description.
        return Record(title=text(body.get("title"), 350) or "Jeu de données supprimé", deleted=at)
    return DatasetInput.model_validate(body).record()


def _listed(error: ValidationError) -> Refusal:
    errors = tuple(
        {
            "pointer": json_pointer(item["loc"]),
            "message": french_message(item["type"], item.get("ctx") or {}, item["msg"]),
            "message_en": item["msg"],
        }
        for item in error.errors(include_url=False, include_input=False)[:20]
    )
    first = errors[0]
    return Refusal(
        f"{first['pointer']} : {first['message']}", f"{first['pointer']}: {first['message_en']}", errors
    )


def _refused(number: int, remote_id: str | None, fr: str, en: str) -> Entry:
    return Entry(number, remote_id, refusal=Refusal(fr, en))


async def read_whole(data: bytes, media_type: str, base_iri: str, most_resources: int) -> list[Entry]:
    """Return the datasets of a catalogue in RDF or CSV, read in a thread; raises `PayloadUnreadable`."""
    syntax = rdf.MEDIA_TYPES.get(media_type)
    reading: Callable[[], Iterator[Entry]]
    if syntax is not None:
        reading = lambda: _of_rdf(data, syntax, base_iri, most_resources)  # noqa: E731
    else:
        reading = lambda: _of_csv(data, most_resources)  # noqa: E731
    try:
        return await asyncio.to_thread(lambda: list(reading()))
    except PayloadRefused as refused:
        raise PayloadUnreadable.because(refused.fr, refused.en) from refused


def _of_rdf(data: bytes, syntax: str, base_iri: str, most_resources: int) -> Iterator[Entry]:
    for number, found in enumerate(dcat.read(data, syntax, base_iri), 1):
        if isinstance(found, PayloadRefused):
            yield _refused(number, None, found.fr, found.en)
        else:
            yield accepted(number, found, most_resources)


def _of_csv(data: bytes, most_resources: int) -> Iterator[Entry]:
    for row in scdl.read(data):
        if row.record is not None:
            yield accepted(row.number, row.record, most_resources)
        elif row.refused is not None:
            yield _refused(row.number, None, row.refused.fr, row.refused.en)


async def lines(chunks: AsyncIterator[bytes], longest: int) -> AsyncIterator[tuple[int, bytes | None]]:
    """Yield each line that is not blank with its number; None for one that is too long, read past and not kept."""
    held = bytearray()
    number, skipping = 1, False
    async for chunk in chunks:
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            held += chunk[start:end]
            start = end + 1
            if skipping or len(held) > longest:
                yield number, None
            elif held.strip():
                yield number, bytes(held)
            held.clear()
            number, skipping = number + 1, False
        held += chunk[start:]
        if len(held) > longest:
            skipping = True
            held.clear()
    if skipping:
        yield number, None
    elif held.strip():
        yield number, bytes(held)
