"""`/directory/v1/usages`: which collectivité uses which application for which local data."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.directory.api.writing import history_response, take_claim
from services.directory.operations import usages as operations
from services.directory.operations.context import DirectoryContext
from services.directory.operations.rights import require_writer
from services.directory.schemas.history import HistoryPage, PageQuery
from services.directory.schemas.usages import ClaimInput, UsageInput, UsagePage, UsageQuery, UsageView
from services.directory.store import usages as store
from services.directory.store.usages import UsageFilter
from shared import idempotency
from shared.app import CallerDep, context_of
from shared.caching import created_response, json_response, page_response
from shared.clock import now
from shared.idempotency import IdempotencyKey
from shared.pagination import decode_cursor, encode_cursor
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1/usages", tags=["usages"], route_class=StrictRoute)

LISTING = "usages"


@router.post("", status_code=201, response_model=UsageView, summary="Declare a usage")
async def create_usage(
    request: Request, body: UsageInput, caller: CallerDep, key: IdempotencyKey = None
) -> Response:
    """Say that a collectivité uses an application for a kind of data: a claim, with its source and date."""
    require_writer(caller)
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        usage_id = await operations.add_usage(
            context, session, body, caller=caller, key=idempotency.check(key)
        )
    return created_response(await operations.find_usage(context, usage_id))


@router.get("", response_model=UsagePage, summary="List usages")
async def list_usages(request: Request, query: Annotated[UsageQuery, Query()]) -> Response:
    """List usages in the order in which they were first declared."""
    context: DirectoryContext = context_of(request)
    after = decode_cursor(LISTING, query.cursor, [UUID])[0] if query.cursor else None
    wanted = UsageFilter(
        siren=query.siren,
        progiciel_id=query.progiciel,
        editeur=query.editeur,
        domaine=query.domaine,
        status=query.status,
        departement=query.departement,
    )
    rows = await store.usage_page(context.db, wanted, today=now().date(), after=after, limit=query.limit + 1)
    shown = rows[: query.limit]
    following = encode_cursor(LISTING, [str(shown[-1]["id"])]) if len(rows) > query.limit else None
    return page_response(
        request, {"items": [operations.usage_summary(context, row) for row in shown], "next": following}
    )


@router.get("/{usage_id}", response_model=UsageView, summary="Read a usage")
async def read_usage(request: Request, usage_id: UUID) -> Response:
    """Return a usage with all that was said of it."""
    context: DirectoryContext = context_of(request)
    return json_response(request, await operations.find_usage(context, usage_id))


@router.post(
    "/{usage_id}/claims", status_code=201, response_model=UsageView, summary="Say something of a usage"
)
async def create_usage_claim(
    request: Request, usage_id: UUID, body: ClaimInput, caller: CallerDep, key: IdempotencyKey = None
) -> Response:
    """Confirm, contest or withdraw; nothing said before is lost, and the status follows from all of it."""
    context: DirectoryContext = context_of(request)
    await take_claim(context, "usage", usage_id, body, caller=caller, key=key)
    return created_response(await operations.find_usage(context, usage_id))


@router.get("/{usage_id}/history", response_model=HistoryPage, summary="Read the history of a usage")
async def read_usage_history(
    request: Request, usage_id: UUID, query: Annotated[PageQuery, Query()], caller: CallerDep
) -> Response:
    """List every change, oldest first; the collectivité and the moderators also see by which key, and why."""
    context: DirectoryContext = context_of(request)
    owner = (await operations.find_usage(context, usage_id))["collectivite"]["siren"]
    return await history_response(request, context, "usage", usage_id, query, caller=caller, owner=owner)
