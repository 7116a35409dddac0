"""`/directory/v1/progiciels`: business applications, their versions and export modules."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.directory.api.writing import Seen, history_response, owner_of
from services.directory.domain.names import search_key
from services.directory.operations import editing, modules
from services.directory.operations import progiciels as operations
from services.directory.operations.context import DirectoryContext
from services.directory.operations.rights import require_writer
from services.directory.operations.summaries import progiciel_summary
from services.directory.schemas.history import HistoryPage, PageQuery
from services.directory.schemas.progiciels import (
    ModuleDetail,
    ModuleInput,
    ProgicielEdit,
    ProgicielInput,
    ProgicielPage,
    ProgicielQuery,
    ProgicielView,
    VersionInput,
)
from services.directory.store import progiciels as store
from shared import idempotency
from shared.app import CallerDep, context_of
from shared.caching import created_response, json_response, page_response
from shared.idempotency import IdempotencyKey
from shared.pagination import decode_cursor, encode_cursor
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1/progiciels", tags=["progiciels"], route_class=StrictRoute)

LISTING = "progiciels"


@router.post("", status_code=201, response_model=ProgicielView, summary="List an application")
async def create_progiciel(
    request: Request, body: ProgicielInput, caller: CallerDep, key: IdempotencyKey = None
) -> Response:
    """Add an application of a vendor already listed."""
    require_writer(caller)
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        progiciel_id = await operations.add_progiciel(
            context, session, body, caller=caller, key=idempotency.check(key)
        )
    return created_response(await operations.find_progiciel(context, progiciel_id))


@router.get("", response_model=ProgicielPage, summary="List applications")
async def list_progiciels(request: Request, query: Annotated[ProgicielQuery, Query()]) -> Response:
    """List applications in the order of their names."""
    context: DirectoryContext = context_of(request)
    after = tuple(decode_cursor(LISTING, query.cursor, [str, UUID])) if query.cursor else None
    rows = await store.progiciel_page(
        context.db,
        key=search_key(query.q),
        editeur=query.editeur,
        domaine=query.domaine,
        after=after,
        limit=query.limit + 1,
    )
    shown = rows[: query.limit]
    more = len(rows) > query.limit
    following = encode_cursor(LISTING, [shown[-1]["nom_key"], str(shown[-1]["id"])]) if more else None
    return page_response(
        request, {"items": [progiciel_summary(context, row) for row in shown], "next": following}
    )


@router.get("/{progiciel_id}", response_model=ProgicielView, summary="Read an application")
async def read_progiciel(request: Request, progiciel_id: UUID) -> Response:
    """Return an application: versions, export modules with their terms and status, usages counted."""
    context: DirectoryContext = context_of(request)
    return json_response(request, await operations.find_progiciel(context, progiciel_id))


@router.put("/{progiciel_id}", response_model=ProgicielView, summary="Edit an application")
async def edit_progiciel(
    request: Request, progiciel_id: UUID, body: ProgicielEdit, caller: CallerDep, seen: Seen
) -> Response:
    """Replace what is said of an application: by its vendor's key, or a moderator. `If-Match` is needed."""
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        await editing.edit_progiciel(context, session, progiciel_id, body, caller=caller, match=seen)
    return json_response(request, await operations.find_progiciel(context, progiciel_id))


@router.delete("/{progiciel_id}", status_code=204, summary="Remove an application")
async def delete_progiciel(request: Request, progiciel_id: UUID, caller: CallerDep, seen: Seen) -> Response:
    """Remove an application without module, usage or label: by its vendor, or a moderator. `If-Match` is needed."""
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        await editing.remove_progiciel(context, session, progiciel_id, caller=caller, match=seen)
    return Response(status_code=204)


@router.delete("/{progiciel_id}/versions/{version_id}", status_code=204, summary="Remove a version")
async def delete_version(
    request: Request, progiciel_id: UUID, version_id: UUID, caller: CallerDep, seen: Seen
) -> Response:
    """Remove a version that no label names; `If-Match` is needed, with the ETag of its application."""
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        await editing.remove_version(context, session, progiciel_id, version_id, caller=caller, match=seen)
    return Response(status_code=204)


@router.get(
    "/{progiciel_id}/history", response_model=HistoryPage, summary="Read the history of an application"
)
async def read_progiciel_history(
    request: Request, progiciel_id: UUID, query: Annotated[PageQuery, Query()], caller: CallerDep
) -> Response:
    """List every change, oldest first; the vendor and the moderators also see by which key, and why."""
    context: DirectoryContext = context_of(request)
    owner = await owner_of(
        context,
        "progiciel",
        progiciel_id,
        lambda: operations.find_progiciel(context, progiciel_id),
        lambda found: str(found["editeur"]["siren"]),
    )
    return await history_response(
        request, context, "progiciel", progiciel_id, query, caller=caller, owner=owner
    )


@router.put("/{progiciel_id}/versions/{version_id}", response_model=ProgicielView, summary="Edit a version")
async def edit_version(
    request: Request, progiciel_id: UUID, version_id: UUID, body: VersionInput, caller: CallerDep, seen: Seen
) -> Response:
    """Replace a version; `If-Match` is needed, with the ETag of its application."""
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        await editing.edit_version(
            context, session, progiciel_id, version_id, body, caller=caller, match=seen
        )
    return json_response(request, await operations.find_progiciel(context, progiciel_id))


@router.post(
    "/{progiciel_id}/versions", status_code=201, response_model=ProgicielView, summary="List a version"
)
async def create_version(
    request: Request, progiciel_id: UUID, body: VersionInput, caller: CallerDep, key: IdempotencyKey = None
) -> Response:
    """Add a version of an application."""
    require_writer(caller)
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        await operations.add_version(
            context, session, progiciel_id, body, caller=caller, key=idempotency.check(key)
        )
    return created_response(await operations.find_progiciel(context, progiciel_id))


@router.post(
    "/{progiciel_id}/modules", status_code=201, response_model=ModuleDetail, summary="List an export module"
)
async def create_module(
    request: Request, progiciel_id: UUID, body: ModuleInput, caller: CallerDep, key: IdempotencyKey = None
) -> Response:
    """Add an export module, as a claim: who says so, from what, when."""
    require_writer(caller)
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        module_id = await modules.add_module(
            context, session, progiciel_id, body, caller=caller, key=idempotency.check(key)
        )
    return created_response(await modules.find_module(context, module_id))
