"""An application, a vendor or a body in the words of others: publiccode.yml, schema.org JSON-LD."""

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from services.directory.operations import linked as operations
from services.directory.schemas.fields import Siren
from shared.app import context_of
from shared.caching import bytes_response
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1", tags=["formats"], route_class=StrictRoute)

JSON_LD = "application/ld+json"
SirenPath = Annotated[
    Siren, Path(description="SIREN, or a SIRET; spaces are forgiven.", examples=["212102313"])
]


@router.get("/progiciels/{progiciel_id}/publiccode.yml", summary="Read an application as publiccode.yml")
async def read_publiccode(request: Request, progiciel_id: UUID) -> Response:
    """Return the publiccode.yml (0.7) of an application: schemas in `supports`, confirmed users in `usedBy`."""
    text = await operations.publiccode(context_of(request), progiciel_id)
    return bytes_response(request, text.encode(), "application/yaml")


@router.get("/progiciels/{progiciel_id}/schema.jsonld", summary="Read an application as schema.org")
async def read_software(request: Request, progiciel_id: UUID) -> Response:
    """Return an application as a SoftwareApplication."""
    return _json_ld(request, await operations.software_jsonld(context_of(request), progiciel_id))


@router.get("/editeurs/{siren}/schema.jsonld", summary="Read a vendor as schema.org")
async def read_vendor(request: Request, siren: SirenPath) -> Response:
    """Return a vendor as an Organization."""
    return _json_ld(request, await operations.vendor_jsonld(context_of(request), siren))


@router.get("/collectivites/{siren}/schema.jsonld", summary="Read a collectivité as schema.org")
async def read_body(request: Request, siren: SirenPath) -> Response:
    """Return a body of the reference as a GovernmentOrganization."""
    return _json_ld(request, await operations.body_jsonld(context_of(request), siren))


def _json_ld(request: Request, document: dict[str, Any]) -> Response:
    return bytes_response(request, orjson.dumps(document), JSON_LD)
