"""`/catalog/v1/catalog.…`, `/catalog/v1/datasets/{id}.…`, `/catalog/v1/dumps/catalog.…`: the catalogue as DCAT-AP 3."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.catalog.api.feeds import DUMPS_RATE
from services.catalog.domain.dcat_export import PageView
from services.catalog.operations import exports as operations
from services.catalog.operations.context import CatalogContext
from services.catalog.operations.exports import RDF_TYPES, RdfForm
from services.catalog.schemas.values import Siren, Word
from services.catalog.store import datasets as store
from shared.app import address_of, context_of, count_hit
from shared.caching import bytes_response
from shared.dumps.response import dump_response
from shared.pagination import Cursor, Limit, decode_cursor, encode_cursor, next_link
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1", tags=["exports"], route_class=StrictRoute)

LISTING = "catalog"
PAGE = 100
_RDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind.partition(";")[0]: {"schema": {"type": "string"}} for kind in RDF_TYPES.values()}}
}


@router.get(
    "/catalog.{form}", response_class=Response, responses=_RDF, summary="The catalogue as DCAT-AP 3, by pages"
)
async def catalogue_page(
    request: Request,
    form: RdfForm,
    cursor: Cursor = None,
    limit: Limit = PAGE,
    siren: Annotated[Siren | None, Query(description="Only the datasets of this body.")] = None,
    source: Annotated[Word | None, Query(description="Only the datasets of this source (its slug).")] = None,
) -> Response:
    """Return a page of the catalogue in JSON-LD, Turtle or RDF/XML, linked to the next one (hydra, and `Link`)."""
    context: CatalogContext = context_of(request)
    after = decode_cursor(LISTING, cursor, [UUID])[0] if cursor else None
    rows = await store.page(context.db, after=after, limit=limit + 1, siren=siren, source=source)
    following = encode_cursor(LISTING, [str(rows[limit - 1]["id"])]) if len(rows) > limit else None
    asked = [item for item in request.query_params.multi_items() if item[0] != "cursor"]

    def address(place: str | None) -> str:
        query = urlencode([*asked, *([("cursor", place)] if place else [])])
        return context.link(f"/catalog/v1/catalog.{form}" + (f"?{query}" if query else ""))

    view = PageView(address(cursor), address(None), address(following) if following else None)
    total = await store.count(context.db, siren=siren, source=source)
    body = operations.page_document(context, rows[:limit], total, view, form)
    headers = (
        {"link": next_link(request.url.path, request.query_params.multi_items(), following)}
        if following
        else None
    )
    return bytes_response(request, body, RDF_TYPES[form], headers)


@router.get(
    "/datasets/{dataset_id}.{form}", response_class=Response, responses=_RDF, summary="A dataset as DCAT-AP 3"
)
async def dataset_export(request: Request, dataset_id: UUID, form: RdfForm) -> Response:
    """Return a dataset with its distributions in JSON-LD, Turtle or RDF/XML."""
    body = await operations.dataset_document(context_of(request), dataset_id, form)
    return bytes_response(request, body, RDF_TYPES[form])


@router.get(
    "/dumps/catalog.{form}",
    response_class=Response,
    responses=_RDF,
    summary="The whole catalogue as DCAT-AP 3",
)
async def catalogue_dump(request: Request, form: RdfForm) -> Response:
    """Return the whole catalogue at once in JSON-LD, Turtle or RDF/XML."""
    await count_hit(request, "dumps", DUMPS_RATE, address_of(request))
    return await dump_response(request, operations.dump(context_of(request)), form)
