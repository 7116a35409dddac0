"""`/catalog/v1/organizations`: the bodies that produce datasets, as their sources name them."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.catalog.domain.problems import OrganizationNotFound
from services.catalog.operations.context import CatalogContext
from services.catalog.schemas.organizations import OrganizationPage, OrganizationView
from services.catalog.schemas.values import Siren
from services.catalog.store import organizations as store
from shared.app import context_of
from shared.caching import json_response, page_response
from shared.pagination import DEFAULT_LIMIT, Cursor, Limit, decode_cursor, encode_cursor
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1/organizations", tags=["organizations"], route_class=StrictRoute)

LISTING = "organizations"


def _view(context: CatalogContext, row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "self": context.link(f"/catalog/v1/organizations/{row['id']}")}


@router.get("", response_model=OrganizationPage, summary="List organizations")
async def list_organizations(
    request: Request,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    siren: Annotated[Siren | None, Query(description="Only the body of this SIREN.")] = None,
) -> Response:
    """List the bodies that produce datasets, in the order in which they became known."""
    context: CatalogContext = context_of(request)
    after = decode_cursor(LISTING, cursor, [UUID])[0] if cursor else None
    rows = await store.page(context.db, after=after, limit=limit + 1, siren=siren)
    following = encode_cursor(LISTING, [str(rows[limit - 1]["id"])]) if len(rows) > limit else None
    return page_response(request, {"items": [_view(context, row) for row in rows[:limit]], "next": following})


@router.get("/{organization_id}", response_model=OrganizationView, summary="Read an organization")
async def read_organization(request: Request, organization_id: UUID) -> Response:
    """Return a body and how many datasets it has that everybody may see."""
    context: CatalogContext = context_of(request)
    found = await store.get(context.db, organization_id)
    if found is None:
        raise OrganizationNotFound.of(organization_id)
    return json_response(request, _view(context, found))
