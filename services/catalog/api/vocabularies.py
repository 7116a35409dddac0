"""`/catalog/v1/vocabularies`: the values that datasets take, and what other writings mean among them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from services.catalog.domain.problems import VocabularyNotFound
from services.catalog.domain.vocabularies.catalogue import VOCABULARIES, Vocabulary
from services.catalog.operations.context import CatalogContext
from services.catalog.schemas.vocabularies import MatchView, VocabularyList, VocabularyView
from shared.app import context_of
from shared.caching import json_response
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1/vocabularies", tags=["vocabularies"], route_class=StrictRoute)

Name = Annotated[str, Path(max_length=50, examples=["licenses"])]


def _vocabulary(name: str) -> Vocabulary:
    if name not in VOCABULARIES:
        raise VocabularyNotFound.of(name, ", ".join(VOCABULARIES))
    return VOCABULARIES[name]


def _link(request: Request, name: str) -> str:
    context: CatalogContext = context_of(request)
    return context.link(f"/catalog/v1/vocabularies/{name}")


@router.get("", response_model=VocabularyList, summary="List the vocabularies")
async def list_vocabularies(request: Request) -> Response:
    """List the vocabularies: licences, frequencies, granularities, themes, formats, zones, schemas."""
    return json_response(
        request, {"items": [{"name": name, "self": _link(request, name)} for name in VOCABULARIES]}
    )


@router.get("/{name}", response_model=VocabularyView, summary="Read a vocabulary")
async def read_vocabulary(request: Request, name: Name) -> Response:
    """Return every value, in French and in English, with its names in other vocabularies."""
    found = _vocabulary(name)
    return json_response(request, {"name": name, "items": found.items, "self": _link(request, name)})


@router.get("/{name}/match", response_model=MatchView, summary="Find what a writing means")
async def match_value(
    request: Request,
    name: Name,
    value: Annotated[str, Query(min_length=1, max_length=2000, description="A word, a code or an address.")],
) -> Response:
    """Return the value that a word, a code or an address means: `Licence Ouverte`, `…/frequency/ANNUAL`, `text/csv`."""
    found = _vocabulary(name)
    matched = found.match(value)
    return json_response(
        request, {"value": value, "id": matched, "uri": found.uri(matched) if matched else None}
    )
