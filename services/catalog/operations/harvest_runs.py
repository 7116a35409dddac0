"""One harvest of a source: page after page, each written with its log and its checkpoint, or not at all."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib.metadata import version
from typing import Any
from uuid import UUID

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from services.catalog.domain.harvest import portals
from services.catalog.domain.harvest.pages import Page
from services.catalog.domain.harvest.rules import is_ours, too_many_gone
from services.catalog.domain.payloads.reading import PayloadRefused
from services.catalog.domain.problems import (
    HarvestGivenUp,
    HarvestLoops,
    HarvestTooLong,
    PageUnreadable,
    SourceHarvestsUs,
)
from services.catalog.domain.record import Record
from services.catalog.operations import harvests
from services.catalog.operations.context import CatalogContext
from services.catalog.operations.harvest_writing import Log, write_part
from services.catalog.operations.pace import HostPace
from services.catalog.store import harvests as store
from services.catalog.store import writing
from services.catalog.tables import HarvestPage
from shared.clock import now
from shared.http import Fetched, FetchFailed
from shared.messaging.work import Claim, WorkTable
from shared.problems import Problem

# Datasets of one transaction.
PART = 250
# Another version of the program may read the same bytes otherwise.
READER = version("socle")
_PASSING = frozenset(("connection", "timeout", "too-slow", "truncated"))
_PASSING_STATUS = frozenset((408, 425, 429))
LONGEST_TAG = 500


class ClaimLost(Exception):
    """The run is no longer ours: cancelled, or taken by another worker."""


@dataclass(slots=True)
class Progress:
    """Where a run is: pages read, what they held, what comes next."""

    run: dict[str, Any]
    former: dict[str, Any] | None
    seen: set[str]
    addresses: set[str]
    begun: dict[str, Any] | None
    page: int
    url: str | None
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A page as it came, and what the next request to it can say."""

    url: str
    fetched: Fetched
    former: list[dict[str, Any]] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether it is, to the byte, the page of the harvest before."""
        return bool(self.former) and (
            self.fetched.not_modified or self.fetched.sha256 == self.former[0]["sha256"]
        )


class HarvestRuns:
    """Performs the harvests that the worker claims."""

    def __init__(self, context: CatalogContext, table: WorkTable, pace: HostPace) -> None:
        self._context = context
        self._table = table
        self._pace = pace

    async def run(self, claim: Claim) -> None:
        """Perform one claimed harvest from where it got to, and settle it with what came of it."""
        row = await store.get(self._context.db, claim.id)
        if row is None:
            return
        await store.start(self._context.db, claim, now())
        progress = await self._resumed(row)
        try:
            while progress.url is not None:
                await self._read_page(claim, progress)
            await self._end(claim, row)
        except ClaimLost:
            return
        except Problem as problem:
            if problem.status >= 500:
                # Ours, and perhaps gone in a moment: it says nothing of the source.
                raise
            attempt = 1 if progress.moved else claim.attempt
            if _passing(problem) and attempt < self._table.max_attempts:
                await store.note_problem(self._context.db, claim, _told(problem))
                await self._table.retry_later(replace(claim, attempt=attempt))
            else:
                await self._end_failed(claim, problem)

    async def gave_up(self, session: AsyncSession, run_id: UUID) -> None:
        """Write that a harvest failed at every attempt, for the reason of the last one when it is known."""
        run = await store.hold(session, run_id)
        if run is not None:
            run.result, run.finished_at = "failed", now()
            run.problem = run.problem or _told(HarvestGivenUp.after(self._table.max_attempts))

    async def _resumed(self, row: dict[str, Any]) -> Progress:
        seen, addresses, begun = await store.read_so_far(self._context.db, row["id"], row["page"])
        former = await store.former(self._context.db, row["source_id"], row["id"])
        url = row["following"] if row["page"] else portals.first(row["kind"], row["url"])
        return Progress(row, former, seen, addresses, begun, row["page"], None if row["complete"] else url)

    async def _read_page(self, claim: Claim, progress: Progress) -> None:
        url = progress.url or ""
        if url in progress.addresses:
            raise HarvestLoops.at(url)
        if progress.page >= (limit := self._context.settings.catalog_harvest_max_pages):
            raise HarvestTooLong.past(limit)
        answer = await self._fetch(progress, url)
        if answer.same and await self._still_there(progress, answer):
            await self._copy(claim, progress, answer)
        else:
            if answer.fetched.not_modified:
                answer = await self._fetch(progress, url, conditional=False)
            await self._take(claim, progress, answer)
        progress.addresses.add(url)
        progress.page += 1
        progress.begun = None
        progress.moved = True

    async def _fetch(self, progress: Progress, url: str, *, conditional: bool = True) -> Answer:
        former = progress.former
        parts = await store.former_page(self._context.db, former["id"], url, READER) if former else []
        conditions = (parts[0]["etag"], parts[0]["last_modified"]) if parts and conditional else (None, None)
        accept = portals.ACCEPT.get(progress.run["kind"], "application/json")
        await self._pace.turn(url)
        fetched = await self._context.http.get(
            url,
            max_bytes=self._context.settings.catalog_max_payload_bytes,
            headers={"accept": accept},
            etag=conditions[0],
            last_modified=conditions[1],
        )
        return Answer(url, fetched, parts)

    async def _still_there(self, progress: Progress, answer: Answer) -> bool:
        """Tell whether what the same page led to is still so."""
        assert progress.former is not None
        items = [item for part in answer.former for item in part["items"]]
        if any(item["remote_id"] in progress.seen for item in items if item["remote_id"]):
            return False
        ids = [item["remote_id"] for item in items if item["outcome"] in ("created", "updated", "unchanged")]
        if progress.begun is not None or any(item["outcome"] == "deleted" for item in items):
            return False
        run = progress.run
        return await store.still_there(
            self._context.db, run["source_id"], ids, progress.former["finished_at"]
        )

    async def _copy(self, claim: Claim, progress: Progress, answer: Answer) -> None:
        """Write that nothing of a page has changed."""
        following, total = answer.former[-1]["following"], answer.former[0]["total"]
        async with self._context.db.transaction() as session:
            await self._require(session, claim)
            for former in answer.former:
                log = Log.unchanged(former["items"])
                await store.add_part(
                    session, self._part(progress, answer, former["part"], log, following, total)
                )
                progress.seen |= log.named
            await store.advance(session, claim.id, page=progress.page + 1, following=following, total=total)
        progress.url = following

    async def _take(self, claim: Claim, progress: Progress, answer: Answer) -> None:
        """Write the datasets of a page, part by part; the parts written before a kill are not written again."""
        page = await self._parsed(progress.run["kind"], answer)
        self._refuse_what_loops(progress, page)
        parts = [page.found[start : start + PART] for start in range(0, len(page.found), PART)] or [()]
        done = 0
        if progress.begun is not None and progress.begun["sha256"] == answer.fetched.sha256:
            done = progress.begun["parts"]
            progress.seen |= progress.begun["seen"]
        following = None if self._is_the_end(progress, page) else page.following
        for number, founds in enumerate(parts):
            if number < done:
                continue
            async with self._context.db.transaction() as session:
                await self._require(session, claim)
                if number == 0 and progress.begun is not None:
                    await store.drop_page(session, claim.id, progress.page + 1)
                log = await write_part(
                    session,
                    progress.run,
                    founds,
                    progress.seen,
                    home=self._home,
                    most=self._context.settings.catalog_max_resources,
                )
                await store.add_part(
                    session, self._part(progress, answer, number, log, following, page.total)
                )
                if number == len(parts) - 1:
                    await store.advance(
                        session, claim.id, page=progress.page + 1, following=following, total=page.total
                    )
            progress.seen |= log.named
        progress.url = following

    @property
    def _home(self) -> str:
        return self._context.link("/catalog/")

    async def _parsed(self, kind: str, answer: Answer) -> Page:
        body, media_type = answer.fetched.body or b"", answer.fetched.headers.get("content-type", "")
        try:
            return await asyncio.to_thread(portals.read, kind, body, answer.url, media_type)
        except PayloadRefused as refused:
            raise PageUnreadable.because(answer.url, refused.fr, refused.en) from refused

    def _refuse_what_loops(self, progress: Progress, page: Page) -> None:
        records = [found.record for found in page.found if isinstance(found.record, Record)]
        if records and all(is_ours(record, self._home) for record in records):
            raise SourceHarvestsUs.at(progress.run["url"])
        if (
            page.following is not None
            and self._repeats(progress, page)
            and not self._is_the_end(progress, page)
        ):
            raise HarvestLoops.at(page.following)

    def _repeats(self, progress: Progress, page: Page) -> bool:
        named = {found.remote_id for found in page.found if found.remote_id}
        return bool(named) and named <= progress.seen

    def _is_the_end(self, progress: Progress, page: Page) -> bool:
        """Tell whether a server gives its last page again, for ever: everything that it has was seen."""
        return self._repeats(progress, page) and page.total is not None and len(progress.seen) >= page.total

    def _part(
        self,
        progress: Progress,
        answer: Answer,
        number: int,
        log: Log,
        following: str | None,
        total: int | None,
    ) -> HarvestPage:
        fetched, former = answer.fetched, answer.former[0] if answer.former else {}
        # A 304 need not repeat what it is about (RFC 9110, section 15.4.5).
        same = fetched.not_modified
        return HarvestPage(
            run_id=progress.run["id"],
            page=progress.page + 1,
            part=number,
            url=answer.url,
            reader=READER,
            etag=_sane(fetched.etag) or (former["etag"] if same else None),
            last_modified=_sane(fetched.last_modified) or (former["last_modified"] if same else None),
            sha256=former["sha256"] if same else fetched.sha256,
            following=following,
            total=total,
            counts=log.counts,
            items=log.items,
        )

    async def _require(self, session: AsyncSession, claim: Claim) -> None:
        if not await store.hold_claim(session, claim):
            raise ClaimLost

    async def _end(self, claim: Claim, row: dict[str, Any]) -> None:
        """Settle a run that has read everything: what the source no longer has is missing, then deleted."""
        moment = now()
        async with self._context.db.transaction() as session:
            if not await self._table.settle(session, claim, "done"):
                return
            await writing.hold_source(session, row["source_id"])
            run = await store.hold(session, claim.id)
            assert run is not None
            seen = await store.seen(session, claim.id)
            missing = await store.missing(session, row["source_id"], seen)
            live = await store.live(session, row["source_id"])
            run.finished_at, run.missing, run.result = moment, len(missing), "completed"
            await session.flush()
            if row["dry_run"]:
                return
            await store.unmark(session, row["source_id"], seen)
            percent = row["most_deletions_percent"]
            if too_many_gone(len(missing), live, saw_any=bool(seen), percent=percent):
                run.result = "awaiting_confirmation"
                await session.flush()
                return
            await self._let_go(session, row, missing, run.page + 1)

    async def _let_go(
        self, session: AsyncSession, row: dict[str, Any], missing: list[dict[str, Any]], page: int
    ) -> None:
        moment = now()
        limit = moment - timedelta(days=row["grace_days"])
        gone = [item for item in missing if (item["missing_since"] or moment) <= limit]
        waiting = [item for item in missing if (item["missing_since"] or moment) > limit]
        await store.mark_missing(session, [item["id"] for item in waiting], moment)
        await harvests.remove(session, [item["id"] for item in gone])
        if missing:
            log = Log()
            for outcome, items in (("deleted", gone), ("missing", waiting)):
                for item in items:
                    log.add(item["remote_id"], outcome, item["id"])
            await store.add_part(
                session,
                HarvestPage(
                    run_id=row["id"], page=page, part=0, reader=READER, counts=log.counts, items=log.items
                ),
            )

    async def _end_failed(self, claim: Claim, problem: Problem) -> None:
        async with self._context.db.transaction() as session:
            if await self._table.settle(session, claim, "failed"):
                run = await store.hold(session, claim.id)
                assert run is not None
                run.result, run.finished_at, run.problem = "failed", now(), _told(problem)


def _told(problem: Problem) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(problem.body())
    return document


def _passing(problem: Problem) -> bool:
    """Tell whether a failure may be gone in a moment."""
    if not isinstance(problem, FetchFailed):
        return False
    status = problem.http_status or 0
    return problem.reason in _PASSING or status >= 500 or status in _PASSING_STATUS


def _sane(value: str | None) -> str | None:
    return value if value and len(value) <= LONGEST_TAG and value.isascii() and value.isprintable() else None
