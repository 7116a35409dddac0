"""`/directory/v1/modules`: what is said of an export module."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.directory.api.writing import Seen, history_response, take_claim
from services.directory.operations import editing
from services.directory.operations import modules as operations
from services.directory.operations.context import DirectoryContext
from services.directory.schemas.history import HistoryPage, PageQuery
from services.directory.schemas.progiciels import ModuleDetail, ModuleEdit
from services.directory.schemas.usages import ModuleClaimInput
from shared.app import CallerDep, context_of
from shared.caching import created_response, json_response
from shared.idempotency import IdempotencyKey
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1/modules", tags=["progiciels"], route_class=StrictRoute)


@router.get("/{module_id}", response_model=ModuleDetail, summary="Read an export module")
async def read_module(request: Request, module_id: UUID) -> Response:
    """Return an export module with all that was said of it."""
    context: DirectoryContext = context_of(request)
    return json_response(request, await operations.find_module(context, module_id))


@router.post(
    "/{module_id}/claims", status_code=201, response_model=ModuleDetail, summary="Say something of a module"
)
async def create_module_claim(
    request: Request, module_id: UUID, body: ModuleClaimInput, caller: CallerDep, key: IdempotencyKey = None
) -> Response:
    """Confirm, contest or withdraw; nothing said before is lost, and the status follows from all of it."""
    context: DirectoryContext = context_of(request)
    await take_claim(context, "export_module", module_id, body, caller=caller, key=key)
    return created_response(await operations.find_module(context, module_id))


@router.put("/{module_id}", response_model=ModuleDetail, summary="Edit the terms of an export module")
async def edit_module(
    request: Request, module_id: UUID, body: ModuleEdit, caller: CallerDep, seen: Seen
) -> Response:
    """Replace its commercial terms: by the vendor's key, or a moderator. `If-Match` is needed."""
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        await editing.edit_module(context, session, module_id, body, caller=caller, match=seen)
    return json_response(request, await operations.find_module(context, module_id))


@router.get(
    "/{module_id}/history", response_model=HistoryPage, summary="Read the history of an export module"
)
async def read_module_history(
    request: Request, module_id: UUID, query: Annotated[PageQuery, Query()], caller: CallerDep
) -> Response:
    """List every change, oldest first; the vendor and the moderators also see by which key, and why."""
    context: DirectoryContext = context_of(request)
    owner = (await operations.find_module(context, module_id))["progiciel"]["editeur"]["siren"]
    return await history_response(
        request, context, "export_module", module_id, query, caller=caller, owner=owner
    )
