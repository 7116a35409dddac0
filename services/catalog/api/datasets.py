"""`/catalog/v1/datasets`: register datasets, send their files, read their conformity."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.catalog.operations import datasets as operations
from services.catalog.operations.context import CatalogContext
from services.catalog.schemas.datasets import DatasetInput, DatasetPage, DatasetView, Siren
from services.catalog.store import datasets as store
from shared import idempotency
from shared.app import CallerDep, context_of
from shared.caching import created_response, json_response, page_response
from shared.db import OutcomeUnknown
from shared.idempotency import IdempotencyKey
from shared.pagination import DEFAULT_LIMIT, Cursor, Limit, decode_cursor, encode_cursor
from shared.requests import StrictRoute
from shared.uploads import UNBOUNDED, declared_length

router = APIRouter(prefix="/v1/datasets", tags=["datasets"], route_class=StrictRoute)

SCOPE = "catalog:write"
LISTING = "datasets"


@router.post("", status_code=201, response_model=DatasetView, summary="Register a dataset")
async def create_dataset(
    request: Request, body: DatasetInput, caller: CallerDep, key: IdempotencyKey = None
) -> Response:
    """Register a dataset; each resource that names a schema and a URL is validated, and its conformity follows."""
    caller.require(SCOPE)
    context: CatalogContext = context_of(request)
    async with context.db.transaction() as session:
        dataset_id = await operations.register(
            session, body, owner=caller.name, idempotency_key=idempotency.check(key)
        )
    return created_response(await operations.find(context, dataset_id))


@router.get("", response_model=DatasetPage, summary="List datasets")
async def list_datasets(
    request: Request,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    siren: Annotated[Siren | None, Query(description="Only the datasets of this body.")] = None,
) -> Response:
    """List datasets in the order of their registration."""
    context: CatalogContext = context_of(request)
    after = decode_cursor(LISTING, cursor, [UUID])[0] if cursor else None
    rows = await store.page(context.db, after=after, limit=limit + 1, siren=siren)
    following = encode_cursor(LISTING, [str(rows[limit - 1]["id"])]) if len(rows) > limit else None
    items = [operations.view(context, row) for row in rows[:limit]]
    return page_response(request, {"items": items, "next": following})


@router.get("/{dataset_id}", response_model=DatasetView, summary="Read a dataset")
async def read_dataset(request: Request, dataset_id: UUID) -> Response:
    """Return a dataset, each resource with its conformity, the checksum and schema version it was given for."""
    return json_response(request, await operations.find(context_of(request), dataset_id))


@router.put(
    "/{dataset_id}/resources/{resource_id}/content",
    response_model=DatasetView,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
    max_body_size=UNBOUNDED,
    summary="Send the file of a resource",
)
async def put_content(
    request: Request,
    dataset_id: UUID,
    resource_id: UUID,
    caller: CallerDep,
    filename: Annotated[str | None, Query(max_length=255, description="Label of the file.")] = None,
) -> Response:
    """Send the file of a resource that has no URL, as the raw body; it is validated when a schema is named."""
    caller.require(SCOPE)
    context: CatalogContext = context_of(request)
    # A client that waits for `100 Continue` is told before it sends anything.
    operations.check_size(context, declared_length(request))
    async with context.db.transaction() as session:
        await operations.check_uploadable(session, caller.name, dataset_id, resource_id)
    stored = await operations.keep_content(context, resource_id, request.stream())
    try:
        async with context.db.transaction() as session:
            await operations.replace_content(
                session, caller.name, dataset_id, resource_id, stored=stored, filename=filename
            )
    except OutcomeUnknown:
        # It may be the content: the file stays, and is removed within a day if it is not.
        raise
    except Exception:
        await context.storage.delete(stored.key)
        raise
    return json_response(request, await operations.find(context, dataset_id))
