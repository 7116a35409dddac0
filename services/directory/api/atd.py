"""`/directory/v1/atd`: the territorial data facilitators, what they offer, whom they support."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.directory.api.writing import Seen, history_response, owner_of
from services.directory.domain.names import search_key
from services.directory.operations import atd as operations
from services.directory.operations.context import DirectoryContext
from services.directory.schemas.atd import AtdEdit, AtdInput, AtdPage, AtdQuery, AtdView, SupportedPage
from services.directory.schemas.history import HistoryPage, PageQuery
from services.directory.store import atd as store
from services.directory.store.atd import AtdFilter
from shared import idempotency
from shared.app import CallerDep, context_of
from shared.caching import created_response, json_response, page_response
from shared.idempotency import IdempotencyKey
from shared.pagination import decode_cursor, encode_cursor
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1/atd", tags=["atd"], route_class=StrictRoute)

LISTING, SUPPORTED = "atd", "atd-collectivites"


@router.post("", status_code=201, response_model=AtdView, summary="List a facilitator")
async def create_atd(
    request: Request, body: AtdInput, caller: CallerDep, key: IdempotencyKey = None
) -> Response:
    """Add a facilitator: by the key of the body that carries it, or a moderator."""
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        atd_id = await operations.create(context, session, body, caller=caller, key=idempotency.check(key))
    return created_response(await operations.find(context, atd_id))


@router.get("", response_model=AtdPage, summary="List facilitators")
async def list_atd(request: Request, query: Annotated[AtdQuery, Query()]) -> Response:
    """List facilitators in the order of their names, by scale and by whom they support."""
    context: DirectoryContext = context_of(request)
    after = tuple(decode_cursor(LISTING, query.cursor, [str, UUID])) if query.cursor else None
    wanted = AtdFilter(
        key=search_key(query.q),
        echelle=query.echelle,
        siren=query.siren,
        departement=query.departement,
        region=query.region,
    )
    rows = await store.page(context.db, wanted, after=after, limit=query.limit + 1)
    shown = rows[: query.limit]
    more = len(rows) > query.limit
    following = encode_cursor(LISTING, [shown[-1]["nom_key"], str(shown[-1]["id"])]) if more else None
    items = [operations.summary(context, row) for row in shown]
    return page_response(request, {"items": items, "next": following})


@router.get("/{atd_id}", response_model=AtdView, summary="Read a facilitator")
async def read_atd(request: Request, atd_id: UUID) -> Response:
    """Return a facilitator: its offer in six sections, whom it supports, what these publish."""
    context: DirectoryContext = context_of(request)
    return json_response(request, await operations.find(context, atd_id))


@router.put("/{atd_id}", response_model=AtdView, summary="Edit a facilitator")
async def edit_atd(request: Request, atd_id: UUID, body: AtdEdit, caller: CallerDep, seen: Seen) -> Response:
    """Replace a facilitator: by the key of the body that carries it, or a moderator. `If-Match` is needed."""
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        await operations.edit(context, session, atd_id, body, caller=caller, match=seen)
    return json_response(request, await operations.find(context, atd_id))


@router.delete("/{atd_id}", status_code=204, summary="Remove a facilitator")
async def delete_atd(request: Request, atd_id: UUID, caller: CallerDep, seen: Seen) -> Response:
    """Remove a facilitator: by the key of the body that carries it, or a moderator. `If-Match` is needed."""
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        await operations.withdraw(context, session, atd_id, caller=caller, match=seen)
    return Response(status_code=204)


@router.get(
    "/{atd_id}/collectivites", response_model=SupportedPage, summary="List whom a facilitator supports"
)
async def list_supported(request: Request, atd_id: UUID, query: Annotated[PageQuery, Query()]) -> Response:
    """List the collectivités that a facilitator supports, by SIREN, whether named or of its territories."""
    context: DirectoryContext = context_of(request)
    await operations.find(context, atd_id)
    after = decode_cursor(SUPPORTED, query.cursor, [str])[0] if query.cursor else ""
    rows = await store.supported(context.db, atd_id, after=after, limit=query.limit + 1)
    shown = [operations.supported(context, row) for row in rows[: query.limit]]
    following = encode_cursor(SUPPORTED, [shown[-1]["siren"]]) if len(rows) > query.limit else None
    return page_response(request, {"items": shown, "next": following})


@router.get("/{atd_id}/history", response_model=HistoryPage, summary="Read the history of a facilitator")
async def read_atd_history(
    request: Request, atd_id: UUID, query: Annotated[PageQuery, Query()], caller: CallerDep
) -> Response:
    """List every change, oldest first; the body itself and the moderators also see by which key, and why."""
    context: DirectoryContext = context_of(request)
    owner = await owner_of(
        context, "atd", atd_id, lambda: operations.find(context, atd_id), lambda found: str(found["siren"])
    )
    return await history_response(request, context, "atd", atd_id, query, caller=caller, owner=owner)
