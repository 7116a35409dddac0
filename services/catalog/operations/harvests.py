"""Harvests of sources: planned, started, decided on. Operations never commit."""

from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.catalog.domain.harvest import portals
from services.catalog.domain.problems import (
    HarvestNotAwaiting,
    HarvestNotFound,
    HarvestOutdated,
    HarvestRunning,
    SourceNotFound,
    SourceNotHarvestable,
)
from services.catalog.operations import sources
from services.catalog.operations.context import CatalogContext
from services.catalog.operations.writing import set_deleted
from services.catalog.schemas.harvests import HarvestPlanInput
from services.catalog.store import harvests as store
from services.catalog.store import sources as sources_store
from services.catalog.store import writing
from services.catalog.tables import HarvestPlan, HarvestRun, Source
from shared.auth import Caller
from shared.cadence import Frequency, next_run
from shared.clock import now
from shared.ids import new_id
from shared.observability.logging import current_request_id

KIND = "harvest_run"
BATCH = 200
OUTCOMES = ("created", "updated", "unchanged", "deleted", "failed", "missing")
_SHOWN = ("id", "source", "state", "dry_run", "result", "problem", "total", "missing", "counts")
_MOMENTS = ("created_at", "started_at", "finished_at", "decided_at")


async def set_plan(session: AsyncSession, caller: Caller, slug: str, body: HarvestPlanInput) -> None:
    """Say when a source of the caller's is harvested; raises `SourceNotFound`, `SourceNotHarvestable`."""
    source = await _harvestable(session, caller, slug)
    plan = await store.plan(session, source.id) or HarvestPlan(source_id=source.id)
    if body.frequency != plan.frequency:
        # The first turn is at once, and shows what the source gives.
        plan.next_run_at = (
            now() if body.frequency and not plan.frequency else _next(source.id, body.frequency)
        )
    plan.frequency = body.frequency
    plan.most_deletions_percent, plan.grace_days = body.most_deletions_percent, body.grace_days
    session.add(plan)
    await session.flush()


def _next(source_id: UUID, frequency: str | None) -> datetime | None:
    return next_run(source_id, cast(Frequency, frequency), now()) if frequency else None


async def _harvestable(session: AsyncSession, caller: Caller, slug: str) -> Source:
    source = await sources.owned(session, caller, slug)
    if source.url is None or source.kind not in portals.KINDS:
        raise SourceNotHarvestable.of(slug)
    return source


async def show_plan(context: CatalogContext, slug: str) -> dict[str, Any]:
    """Return the plan of a source as the API shows it; raises `SourceNotFound`."""
    source = await sources.find(context, slug)
    plan = await store.plan_of(context.db, source["id"])
    known = plan or HarvestPlan(source_id=source["id"]).model_dump()
    home = f"{source['self']}/harvest"
    return {
        "self": home,
        **{
            name: known[name] for name in ("frequency", "next_run_at", "most_deletions_percent", "grace_days")
        },
        "links": {"runs": f"{source['self']}/harvests"},
    }


async def start(
    context: CatalogContext, session: AsyncSession, caller: Caller, slug: str, *, dry_run: bool
) -> UUID:
    """Queue a harvest of a source of the caller's now and return its id.

    Raises `SourceNotFound`, `SourceNotHarvestable`, `HarvestRunning`, `UrlNotAllowed`, `SourceHarvestsUs`.
    """
    source = await _harvestable(session, caller, slug)
    sources.refuse_ourselves(context, source.url)
    context.http.check(source.url or "")
    running = await store.open_run(session, source.id)
    if running is not None:
        raise HarvestRunning.of(slug, running)
    return await _queue(session, source.id, dry_run=dry_run)


async def _queue(session: AsyncSession, source_id: UUID, *, dry_run: bool = False) -> UUID:
    row = HarvestRun(
        id=new_id(),
        source_id=source_id,
        dry_run=dry_run,
        request_id=current_request_id(),
        created_at=now(),
    )
    session.add(row)
    await session.flush()
    return row.id


async def ring(context: CatalogContext) -> None:
    """Tell the workers that a harvest is queued."""
    await context.queue.ring_work("catalog", KIND)


async def start_due(context: CatalogContext, moment: datetime) -> list[UUID]:
    """Queue one harvest of each source that is due, each once whatever the number of workers; return their ids."""
    started: list[UUID] = []
    while (run_id := await _start_one(context, moment)) is not None:
        started.append(run_id)
        await ring(context)
    return started


async def _start_one(context: CatalogContext, moment: datetime) -> UUID | None:
    async with context.db.transaction() as session:
        plan = await store.hold_due(session, moment)
        if plan is None:
            return None
        if await store.open_run(session, plan.source_id) is not None:
            # Somebody asked for one in between: it is this turn.
            run_id = None
        else:
            run_id = await _queue(session, plan.source_id)
        # A worker that slept over several turns makes up for one.
        plan.next_run_at = next_run(plan.source_id, cast(Frequency, plan.frequency), moment)
        return run_id


async def clock_tick(context: CatalogContext) -> None:
    """Queue what is due now."""
    await start_due(context, now())


async def decide(session: AsyncSession, caller: Caller, slug: str, run_id: UUID, *, delete: bool) -> None:
    """Delete what a harvest found missing and asked about, or leave it as it is.

    Raises `SourceNotFound`, `HarvestNotFound`, `HarvestNotAwaiting`, `HarvestOutdated`.
    """
    source = await sources.owned(session, caller, slug)
    await writing.hold_source(session, source.id)
    run = await store.hold(session, run_id)
    if run is None or run.source_id != source.id:
        raise HarvestNotFound.of(run_id)
    if run.result != "awaiting_confirmation" or run.finished_at is None:
        raise HarvestNotAwaiting.of(run_id)
    if not await store.is_latest(session, run):
        raise HarvestOutdated.of(run_id)
    if delete:
        found = await store.missing(session, source.id, await store.seen(session, run.id))
        # What was sent since is there, whatever the portal said then.
        gone = [row["id"] for row in found if row["modified_at"] <= run.finished_at]
        await remove(session, gone)
    run.result = "confirmed" if delete else "refused"
    run.decided_at = now()
    await session.flush()


async def remove(session: AsyncSession, ids: list[UUID]) -> None:
    """Make tombstones of datasets, batch by batch."""
    for start in range(0, len(ids), BATCH):
        await set_deleted(session, ids[start : start + BATCH], deleted=True)


async def cancel(session: AsyncSession, caller: Caller, slug: str, run_id: UUID) -> None:
    """Stop a harvest; ended already, it stays as it is. Raises `SourceNotFound`, `HarvestNotFound`."""
    source = await sources.owned(session, caller, slug)
    run = await store.hold(session, run_id)
    if run is None or run.source_id != source.id:
        raise HarvestNotFound.of(run_id)
    if run.state in ("queued", "running"):
        run.state, run.result, run.finished_at, run.lease_until = "cancelled", "cancelled", now(), None
    await session.flush()


async def find(context: CatalogContext, slug: str, run_id: UUID) -> dict[str, Any]:
    """Return a harvest as the API shows it; raises `HarvestNotFound`."""
    row = await store.find(context.db, slug, run_id)
    if row is None:
        raise HarvestNotFound.of(run_id)
    return view(context, row)


async def history(
    context: CatalogContext, slug: str, *, before: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Return the harvests of a source as the API shows them, the latest first; raises `SourceNotFound`."""
    source = await sources_store.get(context.db, slug)
    if source is None:
        raise SourceNotFound.of(slug)
    rows = await store.page(context.db, source["id"], before=before, limit=limit)
    return [view(context, row) for row in rows]


def view(context: CatalogContext, row: dict[str, Any]) -> dict[str, Any]:
    """Return a harvest as the API shows it (see `schemas.harvests.HarvestView`)."""
    home = context.link(f"/catalog/v1/sources/{row['source']}/harvests/{row['id']}")
    counts = {name: row["counts"].get(name, 0) for name in OUTCOMES}
    return {
        "self": home,
        **{name: row[name] for name in (*_SHOWN, *_MOMENTS)},
        "counts": counts,
        "pages": row["page"],
        "links": {"items": f"{home}/items", "confirm": f"{home}/confirm", "cancel": f"{home}/cancel"},
    }


async def prune(context: CatalogContext) -> None:
    """Forget the harvests of long ago."""
    await store.prune(context.db, now() - timedelta(days=context.settings.catalog_harvest_keep_days))
