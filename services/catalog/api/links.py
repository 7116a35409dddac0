"""`…/resources/{id}/availability`: whether the file of a resource can be had, and its history."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.catalog.operations import links as operations
from services.catalog.schemas.links import AvailabilityView
from shared.app import context_of
from shared.caching import json_response
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1/datasets", tags=["datasets"], route_class=StrictRoute)


@router.get(
    "/{dataset_id}/resources/{resource_id}/availability",
    response_model=AvailabilityView,
    summary="Availability of a resource's file",
)
async def read_availability(request: Request, dataset_id: UUID, resource_id: UUID) -> Response:
    """Return whether the published file is there, since when, and what happened to it before."""
    return json_response(request, await operations.availability(context_of(request), dataset_id, resource_id))
