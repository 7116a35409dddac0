"""`/directory/v1/imports`: usages, applications and export modules brought in by CSV file."""

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.directory.domain.imports import COLUMNS
from services.directory.operations import imports as operations
from services.directory.operations.context import DirectoryContext
from services.directory.schemas.imports import ImportLinePage, ImportView, LinesQuery, ResourceCode
from services.directory.store import imports as store
from shared import idempotency
from shared.app import CallerDep, context_of
from shared.caching import json_response, page_response
from shared.idempotency import IdempotencyKey
from shared.pagination import decode_cursor, encode_cursor
from shared.problems import PayloadTooLarge
from shared.requests import StrictRoute
from shared.uploads import UNBOUNDED, declared_length

router = APIRouter(prefix="/v1/imports", tags=["imports"], route_class=StrictRoute)

LISTING = "import-lines"
_COLUMNS = "; ".join(f"{resource}: {', '.join(columns.known)}" for resource, columns in COLUMNS.items())


@router.post(
    "",
    status_code=202,
    response_model=ImportView,
    max_body_size=UNBOUNDED,
    summary="Bring in a CSV file",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"text/csv": {"schema": {"type": "string", "description": f"Columns. {_COLUMNS}."}}},
        }
    },
)
async def create_import(
    request: Request,
    caller: CallerDep,
    resource: Annotated[ResourceCode, Query(description="What the lines are.")],
    dry_run: Annotated[bool, Query(description="Only try: report on each line, write nothing.")] = False,
    filename: Annotated[str, Query(max_length=255, description="Label of the file.")] = "import.csv",
    key: IdempotencyKey = None,
) -> Response:
    """Send a CSV file as the raw body; each line is taken or refused for itself, and a report tells which and why.

    UTF-8, Windows-1252 or UTF-16; comma, semicolon, tab or bar. The same file again changes nothing.
    """
    context: DirectoryContext = context_of(request)
    limit = context.settings.directory_max_import_bytes
    if declared_length(request) > limit:
        raise PayloadTooLarge(
            fr=f"Le fichier dépasse {limit} octets : découpez-le, la ligne d'en-tête en tête de chaque partie.",
            en=f"The file exceeds {limit} bytes: split it, the header line first in each part.",
        )
    import_id = await operations.receive(
        context,
        request.stream(),
        resource=resource,
        filename=filename,
        dry_run=dry_run,
        caller=caller,
        key=idempotency.check(key),
    )
    document = await operations.find(context, import_id, caller=caller)
    headers = {"location": document["self"]}
    return Response(orjson.dumps(document), 202, media_type="application/json", headers=headers)


@router.get("/{import_id}", response_model=ImportView, summary="Follow a file brought in")
async def read_import(request: Request, import_id: UUID, caller: CallerDep) -> Response:
    """Return how far a file is, and how many of its lines were taken; for whoever sent it, and moderators."""
    context: DirectoryContext = context_of(request)
    return json_response(request, await operations.find(context, import_id, caller=caller))


@router.get("/{import_id}/lines", response_model=ImportLinePage, summary="Read the report, line by line")
async def list_lines(
    request: Request, import_id: UUID, query: Annotated[LinesQuery, Query()], caller: CallerDep
) -> Response:
    """List what became of each line: taken, there already, or refused with the reason and the way out."""
    context: DirectoryContext = context_of(request)
    await operations.find(context, import_id, caller=caller)
    after = decode_cursor(LISTING, query.cursor, [int])[0] if query.cursor else 0
    rows = await store.lines(context.db, import_id, outcome=query.outcome, after=after, limit=query.limit + 1)
    shown = [operations.shown_line(context, row) for row in rows[: query.limit]]
    following = encode_cursor(LISTING, [shown[-1]["line"]]) if len(rows) > query.limit else None
    return page_response(request, {"items": shown, "next": following})
