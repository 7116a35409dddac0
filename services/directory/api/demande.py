"""`/directory/v1/demande`: who has, or lacks, a conforming export, and whom to work with next."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.directory.api.forms import csv_response
from services.directory.domain.territoire import parse_territoire
from services.directory.operations import demande as operations
from services.directory.schemas.demande import DemandeQuery, DemandeView
from shared.app import context_of
from shared.caching import json_response
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1", tags=["observatoire"], route_class=StrictRoute)

Asked = Annotated[DemandeQuery, Query()]
COLUMNS = (
    "rang",
    "progiciel",
    "editeur_siren",
    "editeur",
    "domaine",
    "offre",
    "collectivites",
    "soumises",
    "habitants",
    "demandes",
    "population_base",
    "population_annee",
    "methode",
)


@router.get("/demande", response_model=DemandeView, summary="Read demand and supply")
async def read_demande(request: Request, query: Asked) -> Response:
    """Return, by domain, how many use an application with or without a conforming export, and a ranking."""
    return json_response(request, await _demand(request, query))


@router.get("/demande.csv", summary="Read the ranking as CSV")
async def read_demande_csv(request: Request, query: Asked) -> Response:
    """Return the ranking of the applications whose export would serve the most inhabitants."""
    found = await _demand(request, query)
    rows = [
        (
            need["rang"],
            need["progiciel"]["nom"],
            need["editeur"]["siren"],
            need["editeur"]["nom"],
            need["domaine"],
            need["offre"],
            need["bodies"],
            need["obliged"],
            need["inhabitants"],
            need["wanting"],
            found["population"]["base"],
            found["population"]["year"],
            found["methode"],
        )
        for need in found["classement"]
    ]
    return csv_response(request, COLUMNS, rows, "demande.csv")


async def _demand(request: Request, query: DemandeQuery) -> dict[str, Any]:
    territoire = parse_territoire(query.territoire)
    return await operations.demand(context_of(request), territoire, query.domaine, query.limit)
