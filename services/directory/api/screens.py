"""`/directory/v1/screens`: one call for each screen; `/directory/v1/enumerations`: the labels of every code."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from services.directory.domain.territoire import parse_territoire
from services.directory.operations import enumerations
from services.directory.operations import screens as operations
from services.directory.schemas.fields import Siren
from services.directory.schemas.screens import (
    CollectiviteScreen,
    EditeurScreen,
    Enumerations,
    HomeScreen,
    ProgicielScreen,
    TerritoireQuery,
    TerritoireScreen,
)
from shared.app import context_of
from shared.caching import json_response
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1", tags=["écrans"], route_class=StrictRoute)

# A browser asks again after so many seconds, and then by ETag.
SHORT = "public, max-age=15"
LONG = "public, max-age=3600"
SirenPath = Annotated[Siren, Path(description="SIREN; spaces are forgiven.", examples=["212102313"])]


@router.get("/screens/home", response_model=HomeScreen, summary="All of the home screen")
async def home(request: Request) -> Response:
    """Return totals, key figures with their curves, domains, whom to work with next, what is new."""
    return _shown(request, await operations.home(context_of(request)))


@router.get(
    "/screens/collectivites/{siren}",
    response_model=CollectiviteScreen,
    summary="All of a collectivité's screen",
)
async def collectivite(request: Request, siren: SirenPath) -> Response:
    """Return a body, its obligation, usages, datasets, figures and facilitators."""
    return _shown(request, await operations.collectivite(context_of(request), siren))


@router.get(
    "/screens/progiciels/{progiciel_id}",
    response_model=ProgicielScreen,
    summary="All of an application's screen",
)
async def progiciel(request: Request, progiciel_id: UUID) -> Response:
    """Return an application, its labels, who uses it and what it offers for each domain."""
    return _shown(request, await operations.progiciel(context_of(request), progiciel_id))


@router.get("/screens/editeurs/{siren}", response_model=EditeurScreen, summary="All of a vendor's screen")
async def editeur(request: Request, siren: SirenPath) -> Response:
    """Return a vendor, what it sells and who uses it."""
    return _shown(request, await operations.editeur(context_of(request), siren))


@router.get("/screens/territoire", response_model=TerritoireScreen, summary="All of a territory's screen")
async def territoire(request: Request, query: Annotated[TerritoireQuery, Query()]) -> Response:
    """Return the observatory, demand and supply, and the facilitators of a territory."""
    wanted = parse_territoire(query.territoire)
    return _shown(request, await operations.territoire(context_of(request), wanted))


@router.get("/enumerations", response_model=Enumerations, summary="The labels of every code")
async def list_enumerations(request: Request) -> Response:
    """Return every enumeration that the API serves: values in their order, with labels in both languages."""
    return _shown(request, enumerations.shown(), LONG)


def _shown(request: Request, document: Any, kept: str = SHORT) -> Response:
    response = json_response(request, document)
    response.headers["cache-control"] = kept
    return response
