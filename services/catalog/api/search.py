"""`/catalog/v1/search`: find datasets by words, facets, territory and period."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.catalog.domain.conformity import Conformity
from services.catalog.domain.search import LONGEST_QUERY, alternatives
from services.catalog.domain.vocabularies.places import within
from services.catalog.operations import searching as operations
from services.catalog.schemas.search import SearchPage
from services.catalog.schemas.values import License, Siren, Tag, Theme, Word, Zone
from services.catalog.store.search import Asked
from shared.app import context_of
from shared.caching import page_response
from shared.pagination import Cursor, Limit, decode_cursor, encode_cursor
from shared.problems import InvalidRequest
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1", tags=["search"], route_class=StrictRoute)

LISTING = "search"
PAGE = 20


def _several(description: str = "", *, most: int = 20) -> Any:
    """Return a parameter that may be repeated, and is an empty list when it is not there."""
    words = f"{description} Several values mean any of them.".strip()
    return Query(default_factory=list, description=words, max_length=most)


@router.get("/search", response_model=SearchPage, summary="Search the datasets")
async def search(
    request: Request,
    *,
    q: Annotated[
        str, Query(max_length=LONGEST_QUERY, description="Words, accents or not, plural or not.")
    ] = "",
    theme: Annotated[list[Theme], _several()],
    tag: Annotated[list[Tag], _several()],
    schema: Annotated[list[Word], _several("Name of a Table Schema.")],
    conformity: Annotated[list[Conformity], _several("Of a file that names a schema.", most=6)],
    license: Annotated[list[License], _several()],
    organization: Annotated[list[Siren], _several("SIREN of the producer.")],
    source: Annotated[list[Word], _several("Slug of the portal.")],
    format: Annotated[list[Word], _several()],
    zone: Annotated[
        list[Zone],
        _several("`fr:commune:25056`, `fr:departement:25`…: what lies inside too."),
    ],
    start: Annotated[date | None, Query(description="Datasets about what follows this day.")] = None,
    end: Annotated[date | None, Query(description="Datasets about what precedes this day.")] = None,
    sort: Annotated[
        Literal["relevance", "date"], Query(description="Best or last changed first.")
    ] = "relevance",
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Response:
    """Return the datasets that have all the words (any of them when none has all), and the counts of each facet."""
    offset = decode_cursor(LISTING, cursor, [int])[0] if cursor else 0
    if not 0 <= offset <= operations.FARTHEST:
        raise InvalidRequest.at(
            "/query/cursor",
            fr="Cette page est trop loin : précisez la recherche.",
            en="This page is too far: make the search more precise.",
        )
    given = {
        "theme": theme,
        "tag": tag,
        "schema": schema,
        "conformity": [value.value for value in conformity],
        "license": license,
        "organization": organization,
        "source": source,
        "format": [value.lower() for value in format],
        "zone": [inside for one in zone for inside in within(one)],
    }
    asked = Asked(
        alternatives=alternatives(q),
        filters={name: values for name, values in given.items() if values},
        start=start,
        end=end,
        newest_first=sort == "date",
    )
    found = await operations.search(context_of(request), asked, offset=offset, limit=limit)
    following = encode_cursor(LISTING, [found["next"]]) if found["next"] else None
    return page_response(request, {**found, "next": following})
