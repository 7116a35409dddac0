"""`/directory/v1/search`: one search over collectivités, domains, vendors and applications."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.directory.domain.near import parse_point
from services.directory.operations import search as operations
from services.directory.operations.context import DirectoryContext
from services.directory.operations.search import Place, Wanted
from services.directory.schemas.search import SearchPage, SearchQuery
from shared.app import context_of
from shared.caching import page_response
from shared.pagination import decode_cursor, encode_cursor
from shared.problems import InvalidRequest
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1", tags=["recherche"], route_class=StrictRoute)

LISTING = "recherche"
FURTHEST = 10_000


@router.get("/search", response_model=SearchPage, summary="Search everything")
async def search(request: Request, query: Annotated[SearchQuery, Query()]) -> Response:
    """Search names, aliases and identifiers, exact and beginning first, then mistyped; facets in the same answer."""
    context: DirectoryContext = context_of(request)
    wanted = Wanted(
        q=query.q,
        filters=query.filters(),
        kinds=query.kind,
        near=None if query.near is None else parse_point(query.near),
        radius_km=query.radius,
    )
    digest = wanted.digest()
    after = _place(query.cursor, digest) if query.cursor else None
    page, last = await operations.search(context, wanted, limit=query.limit, after=after)
    if last is not None:
        page["next"] = encode_cursor(LISTING, [*last.values(), digest])
    return page_response(request, page)


def _place(cursor: str, digest: str) -> Place:
    rank, kind, population, entry_id, asked = decode_cursor(LISTING, cursor, [int, int, int, str, str])
    if asked != digest:
        raise InvalidRequest.at(
            "/query/cursor",
            fr="Ce curseur est celui d'une autre recherche : reprenez sans curseur, ou avec les mêmes paramètres.",
            en="This cursor is that of another search: start again without it, or with the same parameters.",
        )
    # The seal of a cursor has no secret: a rank beyond all is the end of the list.
    return Place(max(0, min(rank, FURTHEST)), kind, population, entry_id)
