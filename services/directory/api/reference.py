"""`/directory/v1/reference`: the editions of the reference of collectivités, for moderators."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.directory.api.writing import after_id, page_by_id
from services.directory.operations import reference as operations
from services.directory.operations.context import DirectoryContext
from services.directory.operations.reference_files import shipped_reference
from services.directory.operations.rights import MODERATE
from services.directory.schemas.history import PageQuery
from services.directory.schemas.reference import (
    Applied,
    JournalPage,
    PreviewPage,
    ReferenceImportPage,
    ReferenceQuery,
)
from services.directory.store import collectivites as store
from services.directory.store.collectivites import Changes
from shared.app import CallerDep, context_of
from shared.caching import json_response, page_response
from shared.pagination import decode_cursor, encode_cursor
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1/reference", tags=["référentiel"], route_class=StrictRoute)

PREVIEW, IMPORTS, JOURNAL = "ref-preview", "ref-imports", "ref-journal"


@router.get("/preview", response_model=PreviewPage, summary="See what the shipped edition would change")
async def preview_reference(
    request: Request, query: Annotated[ReferenceQuery, Query()], caller: CallerDep
) -> Response:
    """Compare the shipped edition with what is held, and write nothing."""
    caller.require(MODERATE)
    context: DirectoryContext = context_of(request)
    start = decode_cursor(PREVIEW, query.cursor, [int])[0] if query.cursor else 0
    found = await operations.preview(context.db)
    wanted = [change for change in found.changes if query.kind in (None, change.kind)]
    shown = wanted[start : start + query.limit]
    end = start + query.limit
    document = {
        "edition": str(found.edition),
        "in_force": str(found.in_force) if found.in_force else None,
        "newer": found.in_force is None or found.edition > found.in_force,
        "counts": found.counts,
        "items": [operations.shown_change(asdict(change)) for change in shown],
        "next": encode_cursor(PREVIEW, [end]) if end < len(wanted) else None,
    }
    return page_response(request, document)


@router.post("/imports", response_model=Applied, summary="Bring in the shipped edition")
async def apply_reference(request: Request, caller: CallerDep) -> Response:
    """Bring in the shipped edition if it is newer than the one in force; again, it changes nothing."""
    caller.require(MODERATE)
    context: DirectoryContext = context_of(request)
    changes = await operations.import_reference(context.db)
    document = {
        "edition": str(shipped_reference().edition),
        "applied": changes is not None,
        **asdict(changes or Changes(0, 0, 0, 0)),
    }
    return json_response(request, document)


@router.get("/imports", response_model=ReferenceImportPage, summary="List the editions brought in")
async def list_reference_imports(
    request: Request, query: Annotated[PageQuery, Query()], caller: CallerDep
) -> Response:
    """List the editions that were brought in, the newest first."""
    caller.require(MODERATE)
    context: DirectoryContext = context_of(request)
    rows = await store.imports(context.db, before=after_id(IMPORTS, query.cursor), limit=query.limit + 1)
    return page_by_id(request, IMPORTS, [operations.shown_import(row) for row in rows], query.limit)


@router.get(
    "/imports/{import_id}/changes", response_model=JournalPage, summary="Read what an edition changed"
)
async def list_reference_changes(
    request: Request, import_id: UUID, query: Annotated[ReferenceQuery, Query()], caller: CallerDep
) -> Response:
    """List what an edition made of each body: creations, renamings, mergers, removals."""
    caller.require(MODERATE)
    context: DirectoryContext = context_of(request)
    rows = await operations.journal(
        context.db,
        import_id,
        kind=query.kind,
        after=after_id(JOURNAL, query.cursor),
        limit=query.limit + 1,
    )
    return page_by_id(request, JOURNAL, rows, query.limit)
