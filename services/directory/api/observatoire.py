"""`/directory/v1/observatoire`: the figures of open data in a territory, and the files they began with."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.directory.api.forms import csv_response, geojson_response
from services.directory.domain.territoire import parse_territoire
from services.directory.operations import observatoire as operations
from services.directory.operations.context import DirectoryContext
from services.directory.operations.observatoire import Panorama, Scope
from services.directory.schemas.observatoire import (
    ImportList,
    ImportView,
    LignePage,
    LigneQuery,
    ObservatoireQuery,
    ObservatoireView,
)
from services.directory.store import observatoire as store
from shared.app import context_of
from shared.caching import json_response, page_response
from shared.pagination import decode_cursor, encode_cursor
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1", tags=["observatoire"], route_class=StrictRoute)

LISTING = "observatoire-lignes"
Asked = Annotated[ObservatoireQuery, Query()]


@router.get("/observatoire", response_model=ObservatoireView, summary="Read the observatory")
async def read_observatoire(request: Request, query: Asked) -> Response:
    """Return who must publish, who does and what, for a territory; curves since the first edition."""
    return json_response(request, await operations.shown(context_of(request), _scope(query)))


@router.get("/observatoire.csv", summary="Read the observatory as CSV")
async def read_observatoire_csv(request: Request, query: Asked) -> Response:
    """Return the same figures, one row for each indicator and date."""
    found = await _panorama(request, query)
    return csv_response(request, operations.CSV_COLUMNS, operations.csv_rows(found), "observatoire.csv")


@router.get("/observatoire.geojson", summary="Read the bodies that publish as GeoJSON")
async def read_observatoire_geojson(request: Request, query: Asked) -> Response:
    """Return the bodies that publish as points; `sans_coordonnees` counts those whose place is not known."""
    found = await _panorama(request, query)
    return geojson_response(request, await operations.points(context_of(request), found))


@router.get("/observatoire/imports", response_model=ImportList, summary="List the files brought in")
async def list_imports(request: Request) -> Response:
    """Return the files that the observatory began with, and what became of their rows, counted."""
    return json_response(request, await operations.list_imports(context_of(request)))


@router.get("/observatoire/imports/{import_id}", response_model=ImportView, summary="Read an import report")
async def read_import(request: Request, import_id: UUID) -> Response:
    """Return the summary of one import."""
    return json_response(request, await operations.find_import(context_of(request), import_id))


@router.get(
    "/observatoire/imports/{import_id}/lignes", response_model=LignePage, summary="List the rows of an import"
)
async def list_lines(request: Request, import_id: UUID, query: Annotated[LigneQuery, Query()]) -> Response:
    """List the rows as they were written, each with what became of it and why."""
    context: DirectoryContext = context_of(request)
    await operations.find_import(context, import_id)
    after = decode_cursor(LISTING, query.cursor, [int])[0] if query.cursor else 0
    rows = await store.lines(context.db, import_id, query.outcome or None, after, query.limit + 1)
    shown = rows[: query.limit]
    following = encode_cursor(LISTING, [shown[-1]["number"]]) if len(rows) > query.limit else None
    return page_response(request, {"items": [operations.line_shown(row) for row in shown], "next": following})


async def _panorama(request: Request, query: ObservatoireQuery) -> Panorama:
    return await operations.panorama(context_of(request), _scope(query))


def _scope(query: ObservatoireQuery) -> Scope:
    return Scope(parse_territoire(query.territoire), tuple(query.type), tuple(query.population))
