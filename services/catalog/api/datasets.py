"""`/catalog/v1/datasets`: register datasets, change them, send their files, read their conformity."""

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import Response

from services.catalog.api.contents import keep_and_replace
from services.catalog.operations import datasets as operations
from services.catalog.operations import resources, views
from services.catalog.operations.context import CatalogContext
from services.catalog.operations.ownership import WRITE
from services.catalog.schemas.datasets import DatasetInput, DatasetPage, DatasetView, VerdictList
from services.catalog.schemas.values import Siren, Word
from services.catalog.store import datasets as store
from shared import idempotency
from shared.app import CallerDep, context_of
from shared.caching import created_response, json_response, page_response, require_match, strong_etag
from shared.idempotency import IdempotencyKey
from shared.pagination import DEFAULT_LIMIT, Cursor, Limit, decode_cursor, encode_cursor
from shared.requests import StrictRoute
from shared.uploads import UNBOUNDED, declared_length

router = APIRouter(prefix="/v1/datasets", tags=["datasets"], route_class=StrictRoute)

LISTING = "datasets"


@router.post("", status_code=201, response_model=DatasetView, summary="Register a dataset")
async def create_dataset(
    request: Request, body: DatasetInput, caller: CallerDep, key: IdempotencyKey = None
) -> Response:
    """Register a dataset; each resource that names a schema and a URL is validated, and its conformity follows."""
    caller.require(WRITE)
    context: CatalogContext = context_of(request)
    async with context.db.transaction() as session:
        dataset_id = await operations.register(
            session, body, caller=caller, idempotency_key=idempotency.check(key)
        )
    return created_response(await operations.find(context, dataset_id, caller))


@router.get("", response_model=DatasetPage, summary="List datasets")
async def list_datasets(
    request: Request,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    siren: Annotated[Siren | None, Query(description="Only the datasets of this body.")] = None,
    source: Annotated[Word | None, Query(description="Only the datasets of this source (its slug).")] = None,
) -> Response:
    """List datasets in the order of their registration."""
    context: CatalogContext = context_of(request)
    after = decode_cursor(LISTING, cursor, [UUID])[0] if cursor else None
    rows = await store.page(context.db, after=after, limit=limit + 1, siren=siren, source=source)
    following = encode_cursor(LISTING, [str(rows[limit - 1]["id"])]) if len(rows) > limit else None
    items = [views.view(context, row) for row in rows[:limit]]
    return page_response(request, {"items": items, "next": following})


@router.get("/{dataset_id}", response_model=DatasetView, summary="Read a dataset")
async def read_dataset(request: Request, dataset_id: UUID, caller: CallerDep) -> Response:
    """Return a dataset, each resource with its conformity, the checksum and schema version it was given for."""
    return json_response(request, await operations.find(context_of(request), dataset_id, caller))


@router.patch("/{dataset_id}", response_model=DatasetView, summary="Change a dataset in part")
async def patch_dataset(
    request: Request,
    dataset_id: UUID,
    caller: CallerDep,
    patch: Annotated[dict[str, Any], Body(media_type="application/merge-patch+json")],
) -> Response:
    """Apply a JSON merge patch (RFC 7396); a list, such as `resources`, is replaced whole. `If-Match` is honoured."""
    caller.require(WRITE)
    context: CatalogContext = context_of(request)
    async with context.db.transaction() as session:
        # Locked first: what is read next is what the patch changes.
        await operations.own(session, caller, dataset_id)
        shown = await operations.find(context, dataset_id, caller)
        require_match(request, strong_etag(orjson.dumps(shown)))
        await operations.change(session, caller, dataset_id, operations.patched(shown, patch).record())
    return json_response(request, await operations.find(context, dataset_id, caller))


@router.delete("/{dataset_id}", status_code=204, summary="Delete a dataset")
async def delete_dataset(request: Request, dataset_id: UUID, caller: CallerDep) -> Response:
    """Delete a dataset: it can be restored, and the feeds tell that it is gone. `If-Match` is honoured."""
    caller.require(WRITE)
    context: CatalogContext = context_of(request)
    async with context.db.transaction() as session:
        await operations.own(session, caller, dataset_id)
        require_match(request, strong_etag(orjson.dumps(await operations.find(context, dataset_id, caller))))
        await operations.delete(session, caller, dataset_id)
    return Response(status_code=204)


@router.post("/{dataset_id}/restore", response_model=DatasetView, summary="Restore a deleted dataset")
async def restore_dataset(request: Request, dataset_id: UUID, caller: CallerDep) -> Response:
    """Bring back a dataset that was deleted, as it was."""
    caller.require(WRITE)
    context: CatalogContext = context_of(request)
    async with context.db.transaction() as session:
        await operations.restore(session, caller, dataset_id)
    return json_response(request, await operations.find(context, dataset_id, caller))


@router.get(
    "/{dataset_id}/resources/{resource_id}/conformity",
    response_model=VerdictList,
    summary="Read the verdicts once given on a resource",
)
async def list_verdicts(request: Request, dataset_id: UUID, resource_id: UUID) -> Response:
    """Return the last verdicts, newest first, each with the checksum and the schema version it was given for."""
    return json_response(request, await operations.history(context_of(request), dataset_id, resource_id))


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
    caller.require(WRITE)
    context: CatalogContext = context_of(request)
    # A client that waits for `100 Continue` is told before it sends anything.
    resources.check_size(context, declared_length(request))
    async with context.db.transaction() as session:
        await resources.check_uploadable(session, caller, dataset_id, resource_id)
    await keep_and_replace(context, caller, dataset_id, resource_id, request.stream(), filename)
    return json_response(request, await operations.find(context, dataset_id, caller))
