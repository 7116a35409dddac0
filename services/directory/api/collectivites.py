"""`/directory/v1/collectivites`: find a collectivité or grouping, read what the reference says of it."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from services.directory.domain.identifiers import InvalidIdentifier, parse_siren
from services.directory.domain.search import Position
from services.directory.operations import collectivites as operations
from services.directory.operations.context import DirectoryContext
from services.directory.schemas.collectivites import CollectivitePage, CollectiviteQuery, CollectiviteView
from shared.app import context_of
from shared.caching import json_response, page_response
from shared.pagination import decode_cursor, encode_cursor
from shared.problems import InvalidRequest
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1/collectivites", tags=["collectivites"], route_class=StrictRoute)

LISTING = "collectivites"


@router.get("", response_model=CollectivitePage, summary="Search collectivités")
async def list_collectivites(request: Request, query: Annotated[CollectiviteQuery, Query()]) -> Response:
    """Search by name or identifier, forgiving accents, hyphens and typing errors; filter, and count by facet.

    Without `q`, all are listed, the most populated first.
    """
    context: DirectoryContext = context_of(request)
    filters = query.filters()
    digest = operations.query_digest(query.q, query.code_insee, filters)
    after = _position(query.cursor, digest) if query.cursor else None
    page, last = await operations.search(
        context, query.q, filters, code_insee=query.code_insee, limit=query.limit, after=after
    )
    if last is not None:
        page["next"] = encode_cursor(LISTING, [last.rank, last.population, last.siren, digest])
    return page_response(request, page)


@router.get("/{siren}", response_model=CollectiviteView, summary="Read a collectivité")
async def read_collectivite(
    request: Request,
    siren: Annotated[
        str, Path(max_length=100, description="SIREN, or a SIRET of the body; spaces are forgiven.")
    ],
) -> Response:
    """Return what the reference says of one body: codes, population with its base and year, former names."""
    context: DirectoryContext = context_of(request)
    try:
        number = parse_siren(siren)
    except InvalidIdentifier as refused:
        raise InvalidRequest.at("/path/siren", fr=refused.fr, en=refused.en) from refused
    return json_response(request, await operations.find(context, number))


def _position(cursor: str, digest: str) -> Position:
    rank, population, siren, asked = decode_cursor(LISTING, cursor, [int, int, str, str])
    if asked != digest:
        raise InvalidRequest.at(
            "/query/cursor",
            fr="Ce curseur est celui d'une autre recherche : reprenez sans curseur, ou avec les mêmes paramètres.",
            en="This cursor is that of another search: start again without it, or with the same parameters.",
        )
    return Position(rank, population, siren)
