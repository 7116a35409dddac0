"""`/catalog/v1/statistics`, `/catalog/v1/same-as`, `…/quality`: figures over the catalogue."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.catalog.operations import statistics as operations
from services.catalog.schemas.statistics import ClusterPage, QualityView, Statistics
from services.catalog.store.statistics import By
from shared.app import context_of
from shared.caching import bytes_response, json_response, page_response
from shared.dumps.writers import MEDIA_TYPES
from shared.pagination import DEFAULT_LIMIT, Cursor, Limit, decode_cursor, encode_cursor
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1", tags=["statistics"], route_class=StrictRoute)

LISTING = "same-as"


@router.get(
    "/statistics.{form}",
    response_model=Statistics,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    summary="Figures by territory, theme or schema",
)
async def read_statistics(
    request: Request,
    form: Literal["json", "csv"],
    by: Annotated[By, Query(description="What is counted: each territory, theme or schema.")] = "theme",
) -> Response:
    """Return how many datasets, bodies and files there are for each value, and how many files conform."""
    lines = await operations.counted(context_of(request), by)
    if form == "csv":
        return bytes_response(request, operations.as_csv(lines), MEDIA_TYPES["csv"])
    return json_response(request, {"items": lines})


@router.get(
    "/datasets/{dataset_id}/quality", response_model=QualityView, summary="How well a dataset is described"
)
async def read_quality(request: Request, dataset_id: UUID) -> Response:
    """Return udata's nine flags and the MQA score of a dataset, with what it lacks in each."""
    return json_response(request, await operations.quality_of(context_of(request), dataset_id))


@router.get("/same-as", response_model=ClusterPage, summary="Datasets that several portals have")
async def list_clusters(request: Request, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Response:
    """List the URIs that several datasets have, each with links to them, in the order of the URIs."""
    after = decode_cursor(LISTING, cursor, [str])[0] if cursor else None
    items = await operations.clusters(context_of(request), after, limit + 1)
    following = encode_cursor(LISTING, [items[limit - 1]["uri"]]) if len(items) > limit else None
    return page_response(request, {"items": items[:limit], "next": following})
