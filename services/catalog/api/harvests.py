"""`/catalog/v1/sources/{source}/harvest(s)`: when a source is harvested, each harvest with its log. Owners act."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from services.catalog.api.sources import Slug
from services.catalog.operations import harvests as operations
from services.catalog.operations.context import CatalogContext
from services.catalog.operations.ownership import WRITE
from services.catalog.schemas.harvests import (
    HarvestDecision,
    HarvestInput,
    HarvestItemPage,
    HarvestPage,
    HarvestPlanInput,
    HarvestPlanView,
    HarvestView,
    Outcome,
)
from services.catalog.store import harvests as store
from shared.app import CallerDep, context_of
from shared.auth import Caller
from shared.caching import created_response, json_response, page_response, require_present
from shared.pagination import DEFAULT_LIMIT, Cursor, Limit, decode_cursor, encode_cursor
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1/sources/{source}", tags=["harvests"], route_class=StrictRoute)

LISTING = "harvests"
ITEMS = "harvest-items"
OutcomeParam = Annotated[Outcome | None, Query(description="Only the datasets of this outcome.")]


async def _writer(caller: CallerDep) -> Caller:
    caller.require(WRITE)
    return caller


Writer = Annotated[Caller, Depends(_writer)]


@router.get("/harvest", response_model=HarvestPlanView, summary="Read when a source is harvested")
async def read_plan(request: Request, source: Slug) -> Response:
    """Return how often a source is harvested, and when next."""
    return json_response(request, await operations.show_plan(context_of(request), source))


@router.put("/harvest", response_model=HarvestPlanView, summary="Say when a source is harvested")
async def put_plan(request: Request, source: Slug, body: HarvestPlanInput, caller: Writer) -> Response:
    """Harvest a source each day, week or month, at a moment of its own; or only when asked."""
    context: CatalogContext = context_of(request)
    require_present(request, await operations.show_plan(context, source))
    async with context.db.transaction() as session:
        await operations.set_plan(session, caller, source, body)
    return json_response(request, await operations.show_plan(context, source))


@router.post("/harvests", status_code=202, response_model=HarvestView, summary="Harvest a source now")
async def start_harvest(request: Request, source: Slug, body: HarvestInput, caller: Writer) -> Response:
    """Harvest a source now; the answer says where to follow it. With `dry_run`, nothing is written."""
    context: CatalogContext = context_of(request)
    async with context.db.transaction() as session:
        run_id = await operations.start(context, session, caller, source, dry_run=body.dry_run)
    await operations.ring(context)
    answer = created_response(await operations.find(context, source, run_id))
    answer.status_code = 202
    return answer


@router.get("/harvests", response_model=HarvestPage, summary="History of the harvests of a source")
async def list_harvests(
    request: Request, source: Slug, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Response:
    """List the harvests of a source, the latest first."""
    before = decode_cursor(LISTING, cursor, [UUID])[0] if cursor else None
    items = await operations.history(context_of(request), source, before=before, limit=limit + 1)
    following = encode_cursor(LISTING, [str(items[limit - 1]["id"])]) if len(items) > limit else None
    return page_response(request, {"items": items[:limit], "next": following})


@router.get("/harvests/{harvest_id}", response_model=HarvestView, summary="Read a harvest")
async def read_harvest(request: Request, source: Slug, harvest_id: UUID) -> Response:
    """Return how far a harvest got, and what came of it."""
    return json_response(request, await operations.find(context_of(request), source, harvest_id))


@router.get("/harvests/{harvest_id}/items", response_model=HarvestItemPage, summary="Log of a harvest")
async def list_items(
    request: Request,
    source: Slug,
    harvest_id: UUID,
    outcome: OutcomeParam = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Response:
    """List what became of each dataset, in the order in which they were read."""
    context: CatalogContext = context_of(request)
    await operations.find(context, source, harvest_id)
    page, part, place = decode_cursor(ITEMS, cursor, [int, int, int]) if cursor else (0, 0, 0)
    rows = await store.items(
        context.db, harvest_id, outcome=outcome, after=(page, part, place), limit=limit + 1
    )
    last = [rows[limit - 1][name] for name in ("page", "part", "place")] if len(rows) > limit else None
    following = encode_cursor(ITEMS, last) if last else None
    return page_response(request, {"items": [row["item"] for row in rows[:limit]], "next": following})


@router.post(
    "/harvests/{harvest_id}/confirm", response_model=HarvestView, summary="Decide on a mass deletion"
)
async def decide(
    request: Request, source: Slug, harvest_id: UUID, body: HarvestDecision, caller: Writer
) -> Response:
    """Delete what a harvest found gone and asked about, or keep it."""
    context: CatalogContext = context_of(request)
    async with context.db.transaction() as session:
        await operations.decide(session, caller, source, harvest_id, delete=body.delete)
    return json_response(request, await operations.find(context, source, harvest_id))


@router.post("/harvests/{harvest_id}/cancel", response_model=HarvestView, summary="Cancel a harvest")
async def cancel(request: Request, source: Slug, harvest_id: UUID, caller: Writer) -> Response:
    """Stop a harvest: what it has read stays, nothing is deleted; ended already, it stays as it is."""
    context: CatalogContext = context_of(request)
    async with context.db.transaction() as session:
        await operations.cancel(session, caller, source, harvest_id)
    return json_response(request, await operations.find(context, source, harvest_id))
