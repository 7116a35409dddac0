"""`/catalog/v1/datasets.atom` and `/catalog/v1/dumps/datasets.…`: the datasets as a feed, and all at once."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.catalog.operations import feeds as operations
from services.catalog.operations.context import CatalogContext
from shared.app import address_of, context_of, count_hit
from shared.atom import MEDIA_TYPE
from shared.caching import bytes_response
from shared.dumps.response import dump_response
from shared.dumps.writers import MEDIA_TYPES, Form
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1", tags=["feeds"], route_class=StrictRoute)

DUMPS_RATE = "12/minute"


@router.get(
    "/datasets.atom",
    response_class=Response,
    responses={200: {"content": {"application/atom+xml": {}}}},
    summary="The datasets as an Atom feed",
)
async def datasets_feed(
    request: Request, limit: Annotated[int, Query(ge=1, le=200, description="Entries at most.")] = 50
) -> Response:
    """Return the datasets that changed last, the newest first; those deleted are told (RFC 6721)."""
    context: CatalogContext = context_of(request)
    body = await operations.datasets_feed(context, request.url.path, limit)
    return bytes_response(request, body, MEDIA_TYPE)


@router.get(
    "/dumps/datasets.{form}",
    response_class=Response,
    responses={200: {"content": {media_type.partition(";")[0]: {} for media_type in MEDIA_TYPES.values()}}},
    summary="Every dataset at once",
)
async def datasets_dump(request: Request, form: Form) -> Response:
    """Return every dataset with its resources: NDJSON as the API shows them, CSV or Parquet one row for each.

    Licence Ouverte 2.0. To stay up to date, follow the link `rel="monitor"` of the answer.
    """
    await count_hit(request, "dumps", DUMPS_RATE, address_of(request))
    return await dump_response(request, operations.DUMP, form)
