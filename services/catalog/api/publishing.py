"""What others show of the catalogue: SCDL rows, schema.org and Croissant, sitemaps, a list for a body's own page."""

import base64
import hashlib
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.catalog.api.feeds import DUMPS_RATE
from services.catalog.domain import web_export
from services.catalog.operations import publishing as operations
from services.catalog.operations.context import CatalogContext
from services.catalog.operations.exports import shown_dataset
from services.catalog.schemas.publishing import OmissionPage, Widget
from services.catalog.schemas.values import Siren
from shared.app import address_of, context_of, count_hit
from shared.caching import bytes_response, json_response, page_response
from shared.dumps.response import dump_response
from shared.pagination import DEFAULT_LIMIT, Cursor, Limit, decode_cursor, encode_cursor
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1", tags=["exports"], route_class=StrictRoute)

LISTING = "omissions"
LD_JSON = "application/ld+json; charset=utf-8"
# The body's page may frame it; nothing is loaded and nothing runs.
_DIGEST = base64.b64encode(hashlib.sha256(operations.STYLE.encode()).digest()).decode()
_EMBEDDED = {
    "content-security-policy": f"default-src 'none'; style-src 'sha256-{_DIGEST}'; frame-ancestors *; "
    "base-uri 'none'; form-action 'none'"
}
Body = Annotated[Siren | None, Query(description="Only the datasets of this body.")]
Count = Annotated[int, Query(ge=1, le=50, description="Datasets at most.")]


def _of(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media_type.partition(";")[0]: {"schema": {"type": "string"}}}}}


@router.get(
    "/catalogue.csv",
    response_class=Response,
    responses=_of("text/csv"),
    summary="The SCDL catalogue of a body, or of all",
)
async def scdl_catalogue(request: Request, siren: Body = None) -> Response:
    """Return the catalogue as SCDL (catalogue 0.1.3): a row for each dataset that fills every column.

    The others are in `/catalog/v1/catalogue/omissions`, with what they lack.
    """
    await count_hit(request, "dumps", DUMPS_RATE, address_of(request))
    return await dump_response(request, operations.scdl_catalogue(siren), "csv")


@router.get(
    "/catalogue/omissions", response_model=OmissionPage, summary="What the SCDL catalogue leaves out, and why"
)
async def list_omissions(
    request: Request, siren: Body = None, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Response:
    """List the datasets that have no row in the SCDL catalogue, each with the columns that it cannot fill."""
    after = decode_cursor(LISTING, cursor, [UUID])[0] if cursor else None
    items, last = await operations.omissions(context_of(request), siren=siren, after=after, limit=limit)
    following = encode_cursor(LISTING, [str(last)]) if last else None
    return page_response(request, {"items": items, "next": following})


@router.get(
    "/datasets/{dataset_id}/schema-org",
    response_class=Response,
    responses=_of(LD_JSON),
    summary="A dataset for search engines (schema.org)",
)
async def schema_org(request: Request, dataset_id: UUID) -> Response:
    """Return a dataset as a `Dataset` of schema.org, in JSON-LD to put in a page."""
    context: CatalogContext = context_of(request)
    row = await shown_dataset(context, dataset_id)
    document = web_export.schema_org(row, context.link(f"/catalog/v1/datasets/{dataset_id}"))
    return bytes_response(request, orjson.dumps(document), LD_JSON)


@router.get(
    "/datasets/{dataset_id}/croissant",
    response_class=Response,
    responses=_of(LD_JSON),
    summary="A dataset for machine learning (Croissant 1.0)",
)
async def croissant(request: Request, dataset_id: UUID) -> Response:
    """Return the files of a dataset as Croissant."""
    context: CatalogContext = context_of(request)
    row = await shown_dataset(context, dataset_id)
    document = web_export.croissant(row, context.link(f"/catalog/v1/datasets/{dataset_id}"))
    return bytes_response(request, orjson.dumps(document), LD_JSON)


@router.get("/sitemap.xml", response_class=Response, responses=_of("application/xml"), summary="The sitemaps")
async def sitemap_index(request: Request) -> Response:
    """Return the index of the sitemaps (sitemaps.org)."""
    return bytes_response(request, await operations.sitemap_index(context_of(request)), "application/xml")


@router.get(
    "/sitemaps/datasets.xml",
    response_class=Response,
    responses=_of("application/xml"),
    summary="A sitemap of datasets",
)
async def sitemap(
    request: Request,
    after: Annotated[UUID | None, Query(description="The last dataset of the sitemap before.")] = None,
) -> Response:
    """Return the addresses of 50,000 datasets at most, with their last change."""
    return bytes_response(request, await operations.sitemap(context_of(request), after), "application/xml")


@router.get("/widget.json", response_model=Widget, summary="The last datasets of a body, for its own page")
async def widget(
    request: Request,
    siren: Annotated[Siren, Query(description="The body.")],
    limit: Count = 10,
) -> Response:
    """Return the datasets of a body that changed last, and how many it has."""
    return json_response(request, await operations.widget(context_of(request), siren, limit))


@router.get(
    "/widget.html",
    response_class=Response,
    responses=_of("text/html"),
    summary="The same as a page to embed",
)
async def widget_page(
    request: Request,
    siren: Annotated[Siren, Query(description="The body.")],
    limit: Count = 10,
) -> Response:
    """Return the list as a page for an `<iframe src="…/catalog/v1/widget.html?siren=…" title="Données ouvertes">`."""
    shown = await operations.widget(context_of(request), siren, limit)
    body = operations.widget_page(shown).encode()
    return bytes_response(request, body, "text/html; charset=utf-8", _EMBEDDED)
