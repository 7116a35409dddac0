"""The link check: each published file looked at now and then, host by host; one that changed is validated anew."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.catalog.domain.links import (
    DELAYS,
    Marks,
    changed,
    is_page,
    is_wall,
    next_level,
    wait_asked,
)
from services.catalog.domain.problems import LinkNotFound
from services.catalog.operations import resources, suggestions
from services.catalog.operations.context import CatalogContext
from services.catalog.operations.pace import HostPace
from services.catalog.store import links as store
from services.catalog.tables import LinkEvent
from shared.clock import now
from shared.http import FetchFailed, Incoming, UrlNotAllowed
from shared.http.body import looks_like_html
from shared.ids import new_id
from shared.messaging.work import Claim, WorkTable

KIND = "link_host"
# Addresses of one turn of a host, and how long it may take: the others wait for the next one.
AT_ONCE = 20
LONGEST_TURN = timedelta(minutes=2)
HEAD_BYTES = 4096
SAMPLE_BYTES = 65_536
_TEXTS = frozenset(("csv", "tsv"))
MOST_EVENTS = 100
EVENTS_KEPT = timedelta(days=400)
NO_LIMIT = 2**62
# A server that answers so says the same to GET.
_FINAL = frozenset((404, 410, 429))

NOTHING = Marks()

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at an address found."""

    available: bool
    status: int | None = None
    reason: str | None = None
    marks: Marks = NOTHING
    same: bool = False
    # Of a table that declares no schema: enough of it to read its columns.
    sample: bytes = b""
    wait: timedelta = timedelta(0)


class LinkChecks:
    """Performs the turns of hosts that the worker claims."""

    def __init__(self, context: CatalogContext, table: WorkTable, pace: HostPace, clock: Clock = now) -> None:
        self._context = context
        self._table = table
        self._pace = pace
        self._clock = clock

    async def run(self, claim: Claim) -> None:
        """Look at the addresses of a host that are due, one after the other."""
        began = self._clock()
        free_at = began
        for link in await store.due(self._context.db, claim.id, began, AT_ONCE):
            seen = await self._look(link)
            await self._write(link, seen)
            if seen.wait:
                # It asks to be left alone, whatever we want of it.
                free_at = self._clock() + seen.wait
                break
            if self._clock() - began > LONGEST_TURN:
                break
        async with self._context.db.transaction() as session:
            if await self._table.settle(session, claim, "done"):
                await store.free_later(session, claim.id, free_at)

    async def gave_up(self, session: AsyncSession, host_id: UUID) -> None:
        """Leave a host for which we failed at every attempt in peace for a while."""
        await store.free_later(session, host_id, self._clock() + DELAYS[0])

    async def _look(self, link: dict[str, Any]) -> Seen:
        known = Marks(link["etag"], link["last_modified"], link["size"], link["sha256"])
        wanted = link["format"] is not None and suggestions.may_be_suggested(link)
        try:
            seen = None if wanted else await self._head(link, known)
            if seen is None:
                seen = await self._get(link, NOTHING if wanted else known, sampled=wanted)
        except UrlNotAllowed:
            return Seen(False, None, "url-not-allowed")
        return seen

    async def _head(self, link: dict[str, Any], known: Marks) -> Seen | None:
        """Ask for the headers alone; None when only the file itself tells."""
        await self._pace.turn(link["url"])
        try:
            answer = await self._context.http.head(link["url"], headers=_conditions(known))
        except FetchFailed as failure:
            if failure.http_status in _FINAL or failure.reason in ("timeout", "connection"):
                return self._failed(failure)
            # Many servers answer HEAD with 403, 405 or 500, and GET as they should.
            return None
        if answer.not_modified:
            return Seen(True, 304, marks=known, same=True)
        marks = _marks(answer.headers)
        html = answer.headers.get("content-type", "").startswith(("text/html", "application/xhtml"))
        suspect = html or "content-type" not in answer.headers
        return Seen(True, answer.status, marks=marks) if marks.tell and not suspect else None

    async def _get(self, link: dict[str, Any], known: Marks, *, sampled: bool) -> Seen:
        """Ask for the file, and read no more of it than is needed to know it."""
        await self._pace.turn(link["url"])
        try:
            async with self._context.http.stream(
                link["url"], max_bytes=NO_LIMIT, headers=_conditions(known)
            ) as incoming:
                if incoming.not_modified:
                    return Seen(True, 304, marks=known, same=True)
                return await self._read(link, incoming, sampled=sampled)
        except FetchFailed as failure:
            return self._failed(failure)

    async def _read(self, link: dict[str, Any], incoming: Incoming, *, sampled: bool) -> Seen:
        marks = _marks(incoming.headers)
        start, sample, whole = b"", bytearray(), True
        longest = self._context.settings.catalog_link_max_bytes
        # A text is sampled; the columns of a workbook are read in the whole of it.
        wanted = 0 if not sampled else SAMPLE_BYTES if link["format"] in _TEXTS else longest
        most = max(wanted, 0 if marks.tell else longest)
        pieces = aiter(incoming)
        async for piece in pieces:
            start += piece[: HEAD_BYTES - len(start)]
            sample += piece[: wanted - len(sample)]
            if len(start) >= HEAD_BYTES and incoming.size > most:
                whole = False
                break
        page = looks_like_html(start, incoming.headers.get("content-type", ""))
        if page and (not is_page(link["format"], link["type"]) or is_wall(start)):
            return Seen(False, incoming.status, "html-page")
        if whole:
            marks = replace(marks, sha256=incoming.sha256, size=incoming.size)
        if not whole:
            # A text is cut after its last whole line; a part of a workbook tells nothing.
            sample = sample[: sample.rfind(b"\n") + 1] if link["format"] in _TEXTS else bytearray()
        return Seen(True, incoming.status, marks=marks, sample=bytes(sample))

    def _failed(self, failure: FetchFailed) -> Seen:
        wait = wait_asked(failure.retry_after, self._clock())
        return Seen(False, failure.http_status, failure.reason, wait=wait)

    async def _write(self, link: dict[str, Any], seen: Seen) -> None:
        moment = self._clock()
        known = Marks(link["etag"], link["last_modified"], link["size"], link["sha256"])
        # What was away says nothing of the file.
        compared = seen.available and not seen.same and known != NOTHING
        different = compared and changed(known, seen.marks)
        turned = link["available"] is not seen.available
        first = link["checked_at"] is None
        level = next_level(link["level"], first=first or turned, different=different)
        values = {
            "next_check_at": moment + max(DELAYS[level], seen.wait),
            "level": level,
            "available": seen.available,
            "checked_at": moment,
            "status": seen.status,
            "reason": seen.reason,
            "since": moment if turned else link["since"],
            "changed_at": moment if different else link["changed_at"],
        }
        if seen.available and not seen.same:
            marks = seen.marks
            values |= {
                "etag": marks.etag,
                "last_modified": marks.last_modified,
                "size": marks.size,
                "sha256": marks.sha256,
            }
        validated = link["validated_checksum"]
        sample = await self._kept(link, seen.sample)
        async with self._context.db.transaction() as session:
            if not await store.write(session, link, values):
                return
            if turned:
                kind = "available" if seen.available else "unavailable"
                await store.add_event(session, self._event(link, kind, seen, moment))
            if sample is not None:
                await suggestions.ask(session, link, sample)
            if different:
                await store.add_event(session, self._event(link, "changed", seen, moment))
                if seen.marks.sha256 is None or seen.marks.sha256 != validated:
                    await resources.file_changed(session, link["resource_id"])

    async def _kept(self, link: dict[str, Any], sample: bytes) -> str | None:
        """Store a sample for a while (`jobs.remove_old_contents`) and return its key."""
        if not sample:
            return None

        async def chunks() -> AsyncIterator[bytes]:
            yield sample

        key = f"{resources.CONTENTS}/{link['resource_id']}/{new_id()}"
        return (await self._context.storage.put(key, chunks(), max_bytes=len(sample))).key

    def _event(self, link: dict[str, Any], kind: str, seen: Seen, moment: datetime) -> LinkEvent:
        return LinkEvent(
            id=new_id(),
            resource_id=link["resource_id"],
            kind=kind,
            at=moment,
            status=seen.status,
            reason=seen.reason,
        )


def _conditions(known: Marks) -> dict[str, str]:
    conditions = {"if-none-match": known.etag, "if-modified-since": known.last_modified}
    return {name: value for name, value in conditions.items() if value}


def _marks(headers: Any) -> Marks:
    size = headers.get("content-length", "")
    return Marks(
        _sane(headers.get("etag")),
        _sane(headers.get("last-modified")),
        int(size) if size.isdecimal() and len(size) < 18 else None,
    )


def _sane(value: str | None) -> str | None:
    return value if value and len(value) <= 500 and value.isascii() and value.isprintable() else None


async def clock_tick(context: CatalogContext, moment: datetime | None = None) -> None:
    """Queue the hosts that have something due now."""
    if context.settings.catalog_link_slots and await store.queue_due(context.db, moment or now()):
        await context.queue.ring_work("catalog", KIND)


async def enroll(context: CatalogContext) -> None:
    """Take in the addresses that are new."""
    if context.settings.catalog_link_slots:
        await store.enroll(context.db, now())


async def prune(context: CatalogContext) -> None:
    """Forget what happened to addresses long ago."""
    await store.prune(context.db, now() - EVENTS_KEPT)


async def availability(context: CatalogContext, dataset_id: UUID, resource_id: UUID) -> dict[str, Any]:
    """Return what is known of the address of a resource as the API shows it; raises `LinkNotFound`."""
    found = await store.availability(context.db, dataset_id, resource_id, MOST_EVENTS)
    if found is None:
        raise LinkNotFound.of(resource_id)
    row, events = found
    names = ("url", "available", "since", "status", "reason", "checked_at", "changed_at", "next_check_at")
    return {**{name: row[name] for name in names}, "history": events}
