"""`/directory/v1/editeurs`: the vendors of applications."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from services.directory.api.writing import Seen, history_response, owner_of, siren_of_path
from services.directory.domain.names import search_key
from services.directory.operations import editeurs as operations
from services.directory.operations import editing, submissions
from services.directory.operations.context import DirectoryContext
from services.directory.operations.rights import require_writer
from services.directory.operations.summaries import editeur_summary
from services.directory.schemas.history import HistoryPage, PageQuery
from services.directory.schemas.moderation import SubmissionView
from services.directory.schemas.progiciels import (
    EditeurEdit,
    EditeurInput,
    EditeurPage,
    EditeurQuery,
    EditeurView,
)
from services.directory.store import progiciels as store
from shared import idempotency
from shared.app import CallerDep, context_of
from shared.caching import created_response, json_response, page_response
from shared.idempotency import IdempotencyKey
from shared.pagination import decode_cursor, encode_cursor
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1/editeurs", tags=["editeurs"], route_class=StrictRoute)

LISTING = "editeurs"


@router.post(
    "",
    status_code=201,
    response_model=EditeurView,
    responses={202: {"model": SubmissionView, "description": "The page waits for a moderator."}},
    summary="List a vendor",
)
async def create_editeur(
    request: Request, body: EditeurInput, caller: CallerDep, key: IdempotencyKey = None
) -> Response:
    """Add a vendor, by its SIREN. A vendor that proposes its own page gets 202: a moderator looks at it first."""
    require_writer(caller)
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        waiting = await operations.add_editeur(
            context, session, body, caller=caller, key=idempotency.check(key)
        )
    if waiting is None:
        return created_response(await operations.find_editeur(context, body.siren))
    submission = await submissions.find(context, waiting, full=False)
    return Response(
        orjson.dumps(submission),
        202,
        media_type="application/json",
        headers={"location": submission["self"]},
    )


@router.get("", response_model=EditeurPage, summary="List vendors")
async def list_editeurs(request: Request, query: Annotated[EditeurQuery, Query()]) -> Response:
    """List vendors in the order of their names."""
    context: DirectoryContext = context_of(request)
    after = tuple(decode_cursor(LISTING, query.cursor, [str, str])) if query.cursor else None
    rows = await store.editeur_page(context.db, key=search_key(query.q), after=after, limit=query.limit + 1)
    shown = rows[: query.limit]
    more = len(rows) > query.limit
    following = encode_cursor(LISTING, [shown[-1]["nom_key"], shown[-1]["siren"]]) if more else None
    return page_response(
        request, {"items": [editeur_summary(context, row) for row in shown], "next": following}
    )


@router.get("/{siren}", response_model=EditeurView, summary="Read a vendor")
async def read_editeur(request: Request, siren: Annotated[str, Path(max_length=100)]) -> Response:
    """Return a vendor, with links to its applications and to who uses them."""
    context: DirectoryContext = context_of(request)
    return json_response(request, await operations.find_editeur(context, siren_of_path(siren)))


@router.put("/{siren}", response_model=EditeurView, summary="Edit a vendor")
async def edit_editeur(
    request: Request,
    siren: Annotated[str, Path(max_length=100)],
    body: EditeurEdit,
    caller: CallerDep,
    seen: Seen,
) -> Response:
    """Replace what is said of a vendor: by its own key, or a moderator. `If-Match` is needed."""
    context: DirectoryContext = context_of(request)
    number = siren_of_path(siren)
    async with context.db.transaction() as session:
        await editing.edit_editeur(context, session, number, body, caller=caller, match=seen)
    return json_response(request, await operations.find_editeur(context, number))


@router.delete("/{siren}", status_code=204, summary="Remove a vendor")
async def delete_editeur(
    request: Request, siren: Annotated[str, Path(max_length=100)], caller: CallerDep, seen: Seen
) -> Response:
    """Remove a vendor that has no application: by its own key, or a moderator. `If-Match` is needed."""
    context: DirectoryContext = context_of(request)
    number = siren_of_path(siren)
    async with context.db.transaction() as session:
        await editing.remove_editeur(context, session, number, caller=caller, match=seen)
    return Response(status_code=204)


@router.post("/{siren}/claim", response_model=EditeurView, summary="Take charge of a vendor's page")
async def claim_editeur(
    request: Request, siren: Annotated[str, Path(max_length=100)], caller: CallerDep
) -> Response:
    """Say, with a key bound to its SIREN, that a page is one's own; saying it again changes nothing."""
    context: DirectoryContext = context_of(request)
    number = siren_of_path(siren)
    async with context.db.transaction() as session:
        await editing.claim_page(session, number, caller=caller)
    return json_response(request, await operations.find_editeur(context, number))


@router.get("/{siren}/history", response_model=HistoryPage, summary="Read the history of a vendor's page")
async def read_editeur_history(
    request: Request,
    siren: Annotated[str, Path(max_length=100)],
    query: Annotated[PageQuery, Query()],
    caller: CallerDep,
) -> Response:
    """List every change, oldest first; the vendor and the moderators also see by which key, and why."""
    context: DirectoryContext = context_of(request)
    number = siren_of_path(siren)
    owner = await owner_of(
        context, "editeur", number, lambda: operations.find_editeur(context, number), lambda _: number
    )
    return await history_response(request, context, "editeur", number, query, caller=caller, owner=owner)
