"""`/directory/v1/changes.atom` and `/directory/v1/dumps/…`: what changed last as a feed, and all at once."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.directory.operations import dumps
from services.directory.operations import feeds as operations
from services.directory.operations.context import DirectoryContext
from shared.app import address_of, context_of, count_hit
from shared.atom import MEDIA_TYPE
from shared.caching import bytes_response
from shared.dumps.response import dump_response
from shared.dumps.writers import MEDIA_TYPES, Form
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1", tags=["feeds"], route_class=StrictRoute)

DUMPS_RATE = "12/minute"
DumpName = Literal[
    "collectivites", "editeurs", "progiciels", "versions", "modules", "usages", "claims", "atd"
]


@router.get(
    "/changes.atom",
    response_class=Response,
    responses={200: {"content": {"application/atom+xml": {}}}},
    summary="What changed last as an Atom feed",
)
async def changes_feed(
    request: Request, limit: Annotated[int, Query(ge=1, le=200, description="Entries at most.")] = 50
) -> Response:
    """Return the entries that changed last, the newest first; those deleted are told (RFC 6721)."""
    context: DirectoryContext = context_of(request)
    body = await operations.changes_feed(context, request.url.path, limit)
    return bytes_response(request, body, MEDIA_TYPE)


@router.get(
    "/dumps/{name}.{form}",
    response_class=Response,
    responses={200: {"content": {media_type.partition(";")[0]: {} for media_type in MEDIA_TYPES.values()}}},
    summary="Every entry of a kind at once",
)
async def dump(request: Request, name: DumpName, form: Form) -> Response:
    """Return every entry of a kind as NDJSON, CSV or Parquet; contacts are in none.

    `claims` are what was said of modules and usages: who, when, from what. Licence Ouverte 2.0. To stay up to date,
    follow the link `rel="monitor"` of the answer.
    """
    await count_hit(request, f"dumps-{name}", DUMPS_RATE, address_of(request))
    return await dump_response(request, dumps.DUMPS[name], form)
