"""`/validation/v1/schedules`: files validated again each day, week or month. Owners see their own only."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.validation.operations import schedules as operations
from services.validation.operations.context import ValidationContext
from services.validation.schemas.schedules import (
    RunPage,
    ScheduleInput,
    SchedulePage,
    SchedulePatch,
    ScheduleView,
)
from services.validation.store import schedules as store
from shared import idempotency
from shared.app import CallerDep, context_of
from shared.auth import Caller
from shared.caching import created_response, json_response, page_response, require_present
from shared.clock import now
from shared.idempotency import IdempotencyKey
from shared.pagination import DEFAULT_LIMIT, Cursor, Limit, decode_cursor, encode_cursor
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1/schedules", tags=["schedules"], route_class=StrictRoute)

SCOPE = "validation:write"
LISTING = "schedules"
RUNS = "schedule-runs"


async def _owner(caller: CallerDep) -> Caller:
    caller.require(SCOPE)
    return caller


Owner = Annotated[Caller, Depends(_owner)]


@router.post("", status_code=201, response_model=ScheduleView, summary="Schedule a validation")
async def create_schedule(
    request: Request, body: ScheduleInput, caller: Owner, key: IdempotencyKey = None
) -> Response:
    """Validate a file now, then again each day, week or month; a file that has not changed costs nothing."""
    context: ValidationContext = context_of(request)
    idempotency.check(key)
    async with context.db.transaction() as session:
        schedule_id = await operations.create(context, session, body, caller=caller, key=key, moment=now())
    return created_response(await operations.find(context, caller, schedule_id))


@router.get("", response_model=SchedulePage, summary="List scheduled validations")
async def list_schedules(
    request: Request, caller: Owner, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Response:
    """List the caller's schedules, the oldest first."""
    context: ValidationContext = context_of(request)
    after = decode_cursor(LISTING, cursor, [UUID])[0] if cursor else None
    rows = await store.page(context.db, operations.owner_of(caller), after=after, limit=limit + 1)
    items = [operations.view(context, row) for row in rows[:limit]]
    return _page(request, LISTING, items, rows, limit)


@router.get("/{schedule_id}", response_model=ScheduleView, summary="Read a scheduled validation")
async def read_schedule(request: Request, schedule_id: UUID, caller: Owner) -> Response:
    """Return a schedule: its last verdict, its next turn, why it is paused if it is."""
    return json_response(request, await operations.find(context_of(request), caller, schedule_id))


@router.patch("/{schedule_id}", response_model=ScheduleView, summary="Change a scheduled validation")
async def change_schedule(
    request: Request, schedule_id: UUID, body: SchedulePatch, caller: Owner
) -> Response:
    """Change the address, the schema, the frequency or the label; what is left out stays."""
    context: ValidationContext = context_of(request)
    async with context.db.transaction() as session:
        schedule = await operations.hold(session, caller, schedule_id)
        require_present(request, operations.view(context, schedule.model_dump()))
        await operations.change(context, session, schedule, body)
    return json_response(request, await operations.find(context, caller, schedule_id))


@router.delete("/{schedule_id}", status_code=204, summary="Delete a scheduled validation")
async def delete_schedule(request: Request, schedule_id: UUID, caller: Owner) -> Response:
    """Delete a schedule and its history; its validations and their reports stay."""
    context: ValidationContext = context_of(request)
    async with context.db.transaction() as session:
        await store.delete(session, await operations.hold(session, caller, schedule_id))
    return Response(status_code=204)


@router.post("/{schedule_id}/pause", response_model=ScheduleView, summary="Pause a scheduled validation")
async def pause_schedule(request: Request, schedule_id: UUID, caller: Owner) -> Response:
    """Run no further turn until `resume`; paused already, it stays so."""
    context: ValidationContext = context_of(request)
    async with context.db.transaction() as session:
        await operations.pause(session, await operations.hold(session, caller, schedule_id), now())
    return json_response(request, await operations.find(context, caller, schedule_id))


@router.post("/{schedule_id}/resume", response_model=ScheduleView, summary="Resume a scheduled validation")
async def resume_schedule(request: Request, schedule_id: UUID, caller: Owner) -> Response:
    """Run again, at once, with its failures forgotten; active already, it stays as it is."""
    context: ValidationContext = context_of(request)
    async with context.db.transaction() as session:
        await operations.resume(session, await operations.hold(session, caller, schedule_id), now())
    return json_response(request, await operations.find(context, caller, schedule_id))


@router.get("/{schedule_id}/runs", response_model=RunPage, summary="History of a scheduled validation")
async def list_runs(
    request: Request, schedule_id: UUID, caller: Owner, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Response:
    """List the turns with what came of each, the latest first; those of the last 400 days are kept."""
    context: ValidationContext = context_of(request)
    await operations.find(context, caller, schedule_id)
    before = decode_cursor(RUNS, cursor, [UUID])[0] if cursor else None
    rows = await store.runs(context.db, schedule_id, before=before, limit=limit + 1)
    items = [operations.run_view(context, row) for row in rows[:limit]]
    return _page(request, RUNS, items, rows, limit)


def _page(
    request: Request, listing: str, items: list[dict[str, Any]], rows: list[dict[str, Any]], limit: int
) -> Response:
    following = encode_cursor(listing, [str(rows[limit - 1]["id"])]) if len(rows) > limit else None
    return page_response(request, {"items": items, "next": following})
