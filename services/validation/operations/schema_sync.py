"""Bring the Table Schemas of the national registry here: the whole new set is seen, or the old one."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import orjson

from services.validation.domain.descriptors import MAX_SCHEMA_BYTES, Descriptor, checked
from services.validation.domain.problems import UnusableSchema
from services.validation.domain.registry import told
from services.validation.domain.registry_index import (
    MAX_INDEX_BYTES,
    Index,
    IndexUnusable,
    Listed,
    Skipped,
    read_index,
)
from services.validation.engine import inspect_schema
from services.validation.operations.context import ValidationContext
from services.validation.store import descriptors
from services.validation.store import schemas as store
from services.validation.tables import SchemaSync, SchemaVersion
from shared.clock import now
from shared.db import Database
from shared.http import FetchFailed, GuardedClient, UrlNotAllowed
from shared.messaging.worker import Clockwork
from shared.observability.logging import get_logger

logger = get_logger(__name__)

REQUESTS_AT_ONCE = 8
# What a server says of its document is kept when it is of a reasonable length.
LONGEST_TAG = 500


@dataclass(frozen=True, slots=True)
class SyncOutcome:
    """What a synchronisation did. `changed` counts the versions that are new or other than before."""

    generation: int
    versions: int
    changed: int
    problems: tuple[Skipped, ...]
    other_types: int


@dataclass(frozen=True, slots=True)
class _Version:
    """A version of the generation to come; `descriptor` is None when its bytes are already kept."""

    row: SchemaVersion
    descriptor: Descriptor | None = None


async def synchronise(db: Database, http: GuardedClient, index_url: str, moment: datetime) -> SyncOutcome:
    """Bring what the index lists; what is here already is asked for conditionally, what fails keeps its last good form.

    Raises `FetchFailed`, `UrlNotAllowed` or `IndexUnusable` when the index itself cannot be had: nothing changes then.
    """
    last = await store.last_sync(db) or {"generation": 0, "index_url": None}
    rows = await store.versions_in_force(db, last["generation"])
    before = {(row["name"], row["version"]): SchemaVersion(**row) for row in rows}
    index, tags = await _fetch_index(http, index_url)
    found, problems = await _fetch_versions(http, index, before)
    sync = SchemaSync(
        generation=last["generation"] + 1,
        index_url=index_url,
        **tags,
        synced_at=moment,
        checked_at=moment,
        problems=[_shown(problem) for problem in problems],
    )
    changed = sum(_content(item.row) != _content(before.get(key)) for key, item in found.items())
    if changed or last["generation"] == 0:
        generation = await _switch(db, sync, found)
    else:
        generation = last["generation"]
        noted = [item.row for key, item in found.items() if _tags(item.row) != _tags(before[key])]
        await _note(db, {**last, **tags, "checked_at": moment, "problems": sync.problems}, noted)
    return SyncOutcome(generation, len(found), changed, tuple(problems), index.other_types)


def sync_clockwork(context: ValidationContext) -> list[Clockwork]:
    """Return what keeps the schemas up to date by itself: nothing unless the settings switch it on."""
    hours = context.settings.validation_registry_sync_hours
    if not hours:
        return []
    every = timedelta(hours=hours)
    # Looked at more often than it is done: a worker may not live for as long.
    look = min(every, timedelta(minutes=10))
    return [
        Clockwork("synchronise schemas", look, partial(_synchronise_if_due, context, every), at_start=True)
    ]


async def _synchronise_if_due(context: ValidationContext, every: timedelta) -> None:
    last = await store.last_sync(context.db)
    if last is not None and last["checked_at"] + every > now():
        return
    try:
        outcome = await synchronise(context.db, context.http, context.settings.validation_registry_url, now())
        logger.info("schemas synchronised", changed=outcome.changed, problems=len(outcome.problems))
    except (FetchFailed, UrlNotAllowed, IndexUnusable) as problem:
        logger.warning("schemas not synchronised, the present ones stay", reason=str(problem))


async def _fetch_index(http: GuardedClient, url: str) -> tuple[Index, dict[str, str | None]]:
    """The index is always read whole: the documents it lists may change without it."""
    fetched = await http.get(url, max_bytes=MAX_INDEX_BYTES, refuse_html=True)
    try:
        document = orjson.loads(fetched.body or b"")
    except orjson.JSONDecodeError as error:
        raise IndexUnusable("ce n'est pas du JSON", "it is not JSON") from error
    return read_index(document), {
        "etag": _tag(fetched.etag),
        "last_modified": _tag(fetched.last_modified),
    }


async def _fetch_versions(
    http: GuardedClient, index: Index, before: dict[tuple[str, str], SchemaVersion]
) -> tuple[dict[tuple[str, str], _Version], list[Skipped]]:
    """Every version of the generation to come, and what could not be taken."""
    slots = asyncio.Semaphore(REQUESTS_AT_ONCE)

    async def one(listed: Listed) -> _Version | Skipped:
        async with slots:
            return await _fetch_version(http, listed, before.get((listed.name, listed.version)))

    taken = await asyncio.gather(*(one(listed) for listed in index.listed))
    problems = [*index.skipped, *(item for item in taken if isinstance(item, Skipped))]
    found = {(item.row.name, item.row.version): item for item in taken if isinstance(item, _Version)}
    # A version may have been used by a report: it stays, whatever the registry says of it now.
    kept = {key: _Version(row) for key, row in before.items() if key not in found}
    return {**kept, **found}, problems


async def _fetch_version(
    http: GuardedClient, listed: Listed, known: SchemaVersion | None
) -> _Version | Skipped:
    same_place = known if known is not None and known.address == listed.address else None
    try:
        fetched = await http.get(
            listed.address,
            max_bytes=MAX_SCHEMA_BYTES,
            etag=same_place.etag if same_place else None,
            last_modified=same_place.last_modified if same_place else None,
            refuse_html=True,
        )
    except (FetchFailed, UrlNotAllowed) as problem:
        return Skipped(listed.name, listed.version, problem.fr, problem.en)
    if fetched.not_modified and same_place is not None:
        return _Version(_row(listed, same_place.sha256, same_place.etag, same_place.last_modified))
    tags = (_tag(fetched.etag), _tag(fetched.last_modified))
    body = fetched.body or b""
    if known is not None and fetched.sha256 == known.sha256:
        return _Version(_row(listed, known.sha256, *tags))
    try:
        descriptor = await asyncio.to_thread(_sound, body)
    except UnusableSchema as problem:
        return Skipped(listed.name, listed.version, problem.fr, problem.en)
    return _Version(_row(listed, descriptor.sha256, *tags), descriptor)


def _sound(body: bytes) -> Descriptor:
    """Return a descriptor that files can be validated with; raises `UnusableSchema`."""
    descriptor = checked(body)
    for finding in told(inspect_schema(orjson.loads(body))):
        if finding["level"] == "error":
            raise UnusableSchema.because(
                finding["pointer"], fr=finding["message"].rstrip("."), en=finding["message_en"].rstrip(".")
            )
    return descriptor


async def _switch(
    db: Database,
    sync: SchemaSync,
    found: dict[tuple[str, str], _Version],
) -> int:
    async with db.transaction() as session:
        for item in found.values():
            if item.descriptor is not None:
                await descriptors.keep(session, item.descriptor)
        rows = [_of_generation(item.row, sync.generation) for item in found.values()]
        # Where somebody else synchronised meanwhile, theirs is as new as ours and stays.
        await store.switch(session, sync, rows)
    return sync.generation


async def _note(db: Database, sync: dict[str, Any], rows: list[SchemaVersion]) -> None:
    async with db.transaction() as session:
        versions = [_of_generation(row, sync["generation"]) for row in rows]
        await store.note_unchanged(session, SchemaSync(**sync), versions)


def _row(listed: Listed, sha256: str, etag: str | None, last_modified: str | None) -> SchemaVersion:
    return SchemaVersion(
        generation=0,
        name=listed.name,
        version=listed.version,
        title=listed.title,
        address=listed.address,
        sha256=sha256,
        etag=etag,
        last_modified=last_modified,
    )


def _of_generation(row: SchemaVersion, generation: int) -> SchemaVersion:
    return SchemaVersion(**{**row.model_dump(), "generation": generation})


def _content(row: SchemaVersion | None) -> tuple[str, ...] | None:
    return None if row is None else (row.title, row.address, row.sha256)


def _tags(row: SchemaVersion) -> tuple[str | None, str | None]:
    return row.etag, row.last_modified


def _tag(value: str | None) -> str | None:
    return value if value and len(value) <= LONGEST_TAG and value.isascii() and value.isprintable() else None


def _shown(problem: Skipped) -> dict[str, str]:
    return {"name": problem.name, "version": problem.version, "detail": problem.fr, "detail_en": problem.en}
