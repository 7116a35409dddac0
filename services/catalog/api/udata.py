"""`/catalog/api/1/datasets/`: udata's API, for the clients and scripts that speak it (`X-API-KEY`, `X-Fields`)."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Body, Header, Query, Request
from fastapi.responses import Response

from services.catalog.api.contents import keep_and_replace
from services.catalog.domain import masks
from services.catalog.domain.problems import ResourceNotFound
from services.catalog.operations import datasets, resources, views
from services.catalog.operations import udata as operations
from services.catalog.operations.context import CatalogContext
from services.catalog.operations.ownership import WRITE
from services.catalog.schemas.values import Word
from services.catalog.store import datasets as store
from shared.app import CallerDep, context_of
from shared.auth import Caller
from shared.caching import json_response
from shared.problems import InvalidRequest
from shared.requests import StrictRoute
from shared.uploads import UNBOUNDED, FilePart, FormReader, declared_length

router = APIRouter(prefix="/api", tags=["udata"], route_class=StrictRoute)

MOST_PAGES = 10_000
Document = Annotated[dict[str, Any], Body()]
XFields = Annotated[
    str | None,
    Header(alias="X-Fields", description="Members wanted: `data{id,title},next_page`.", max_length=2000),
]


def _answer(request: Request, document: Any, fields: str | None, status: int = 200) -> Response:
    mask = None
    if fields:
        try:
            mask = masks.parse(fields)
        except masks.MaskRefused as refused:
            raise InvalidRequest.at(
                "/header/X-Fields",
                fr=f"masque illisible à la position {refused.position} (forme : « data{{id,title}},next_page »)",
                en=f"unreadable mask at position {refused.position} (form: `data{{id,title}},next_page`)",
            ) from refused
    response = json_response(request, masks.apply(document, mask))
    if status != 200:
        response.status_code = status
    return response


async def _shown(context: CatalogContext, dataset_id: UUID, caller: Caller) -> dict[str, Any]:
    return operations.view(context, await datasets.find(context, dataset_id, caller))


async def _resource(
    context: CatalogContext, dataset_id: UUID, caller: Caller, resource_id: UUID | None = None
) -> dict[str, Any]:
    """Return a resource of a dataset, the first one without an id; raises `ResourceNotFound`."""
    found = (await _shown(context, dataset_id, caller))["resources"]
    for item in found:
        if resource_id in (None, item["id"]):
            resource: dict[str, Any] = item
            return resource
    raise ResourceNotFound.of(resource_id)


@router.get("/1/datasets/", summary="List datasets (udata)")
async def list_datasets(
    request: Request,
    fields: XFields = None,
    page: Annotated[int, Query(ge=1, le=MOST_PAGES)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100)] = 20,
    organization: Annotated[Word | None, Query(description="Id of a body.")] = None,
    tag: Annotated[Word | None, Query(description="A keyword.")] = None,
) -> Response:
    """List datasets, newest first, in udata's envelope."""
    context: CatalogContext = context_of(request)
    rows, total = await store.numbered_page(
        context.db, offset=(page - 1) * page_size, limit=page_size, organization=organization, tag=tag
    )

    def address(number: int) -> str:
        kept = [
            (name, value)
            for name, value in request.query_params.multi_items()
            if name not in ("page", "page_size")
        ]
        query = urlencode([*kept, ("page", number), ("page_size", page_size)])
        return context.link(f"{request.url.path}?{query}")

    envelope = {
        "data": [operations.view(context, views.view(context, row)) for row in rows],
        "page": page,
        "page_size": page_size,
        "total": total,
        "next_page": address(page + 1) if page * page_size < total and page < MOST_PAGES else None,
        "previous_page": address(page - 1) if page > 1 else None,
    }
    return _answer(request, envelope, fields)


@router.post("/1/datasets/", status_code=201, summary="Create a dataset (udata)")
async def create_dataset(
    request: Request, body: Document, caller: CallerDep, fields: XFields = None
) -> Response:
    """Create a dataset from udata's form of it."""
    caller.require(WRITE)
    context: CatalogContext = context_of(request)
    async with context.db.transaction() as session:
        dataset_id = await operations.create(session, caller, body)
    return _answer(request, await _shown(context, dataset_id, caller), fields, 201)


@router.get("/1/datasets/{dataset_id}/", summary="Read a dataset (udata)")
async def read_dataset(
    request: Request, dataset_id: UUID, caller: CallerDep, fields: XFields = None
) -> Response:
    """Return a dataset in udata's form."""
    return _answer(request, await _shown(context_of(request), dataset_id, caller), fields)


@router.put("/1/datasets/{dataset_id}/", summary="Change a dataset (udata)")
async def update_dataset(
    request: Request, dataset_id: UUID, body: Document, caller: CallerDep, fields: XFields = None
) -> Response:
    """Change the members that are sent; the others stay, as with udata."""
    caller.require(WRITE)
    context: CatalogContext = context_of(request)
    async with context.db.transaction() as session:
        await operations.update(session, caller, dataset_id, body)
    return _answer(request, await _shown(context, dataset_id, caller), fields)


@router.delete("/1/datasets/{dataset_id}/", status_code=204, summary="Delete a dataset (udata)")
async def delete_dataset(request: Request, dataset_id: UUID, caller: CallerDep) -> Response:
    """Delete a dataset; `POST /catalog/v1/datasets/{id}/restore` brings it back."""
    caller.require(WRITE)
    context: CatalogContext = context_of(request)
    async with context.db.transaction() as session:
        await datasets.delete(session, caller, dataset_id)
    return Response(status_code=204)


@router.put("/2/datasets/{dataset_id}/extras/", summary="Change the extras of a dataset (udata)")
async def update_extras(request: Request, dataset_id: UUID, body: Document, caller: CallerDep) -> Response:
    """Change the extras that are sent; null removes one."""
    caller.require(WRITE)
    context: CatalogContext = context_of(request)
    async with context.db.transaction() as session:
        await datasets.own(session, caller, dataset_id)
        shown = await _shown(context, dataset_id, caller)
        extras = datasets.merged(shown["extras"], body)
        await operations.update(session, caller, dataset_id, {"extras": extras})
    return _answer(request, extras, None)


@router.post("/1/datasets/{dataset_id}/resources/", status_code=201, summary="Add a resource (udata)")
async def create_resource(
    request: Request, dataset_id: UUID, body: Document, caller: CallerDep, fields: XFields = None
) -> Response:
    """Add a resource at the head of a dataset."""
    caller.require(WRITE)
    context: CatalogContext = context_of(request)
    async with context.db.transaction() as session:
        await operations.add_resource(session, caller, dataset_id, body)
    return _answer(request, await _resource(context, dataset_id, caller), fields, 201)


@router.put("/1/datasets/{dataset_id}/resources/", summary="Order the resources of a dataset (udata)")
async def order_resources(
    request: Request,
    dataset_id: UUID,
    body: Annotated[list[dict[str, Any]], Body(max_length=10_000)],
    caller: CallerDep,
) -> Response:
    """Put the resources in the order of the ids sent: `[{"id": …}, …]`."""
    caller.require(WRITE)
    context: CatalogContext = context_of(request)
    async with context.db.transaction() as session:
        await operations.order_resources(session, caller, dataset_id, _ids(body))
    return _answer(request, (await _shown(context, dataset_id, caller))["resources"], None)


def _ids(body: list[dict[str, Any]]) -> list[UUID]:
    try:
        return [UUID(str(item.get("id"))) for item in body]
    except ValueError as error:
        raise InvalidRequest.at(
            "/body",
            fr="chaque ressource est désignée par son « id »",
            en="each resource is named by its `id`",
        ) from error


@router.get("/1/datasets/{dataset_id}/resources/{resource_id}/", summary="Read a resource (udata)")
async def read_resource(
    request: Request, dataset_id: UUID, resource_id: UUID, caller: CallerDep, fields: XFields = None
) -> Response:
    """Return a resource in udata's form."""
    return _answer(request, await _resource(context_of(request), dataset_id, caller, resource_id), fields)


@router.put("/1/datasets/{dataset_id}/resources/{resource_id}/", summary="Change a resource (udata)")
async def update_resource(
    request: Request,
    dataset_id: UUID,
    resource_id: UUID,
    body: Document,
    caller: CallerDep,
    fields: XFields = None,
) -> Response:
    """Change the members that are sent; the others stay."""
    caller.require(WRITE)
    context: CatalogContext = context_of(request)
    async with context.db.transaction() as session:
        await operations.update_resource(session, caller, dataset_id, resource_id, body)
    return _answer(request, await _resource(context, dataset_id, caller, resource_id), fields)


@router.delete(
    "/1/datasets/{dataset_id}/resources/{resource_id}/", status_code=204, summary="Delete a resource (udata)"
)
async def delete_resource(
    request: Request, dataset_id: UUID, resource_id: UUID, caller: CallerDep
) -> Response:
    """Take a resource away."""
    caller.require(WRITE)
    context: CatalogContext = context_of(request)
    async with context.db.transaction() as session:
        await operations.delete_resource(session, caller, dataset_id, resource_id)
    return Response(status_code=204)


@router.post(
    "/1/datasets/{dataset_id}/upload/",
    status_code=201,
    max_body_size=UNBOUNDED,
    summary="Upload a file as a new resource (udata)",
)
async def upload(request: Request, dataset_id: UUID, caller: CallerDep) -> Response:
    """Make a resource of the part `file` of a form."""
    caller.require(WRITE)
    context: CatalogContext = context_of(request)
    resources.check_size(context, declared_length(request) - 1_000_000)
    async with context.db.transaction() as session:
        await datasets.own(session, caller, dataset_id)
    part = await _file(request)
    async with context.db.transaction() as session:
        await operations.add_resource(session, caller, dataset_id, {"title": part.filename})
    resource_id = (await _resource(context, dataset_id, caller))["id"]
    try:
        await keep_and_replace(context, caller, dataset_id, resource_id, part.chunks, part.filename)
    except Exception:
        async with context.db.transaction() as session:
            await operations.delete_resource(session, caller, dataset_id, resource_id)
        raise
    return _answer(request, await _resource(context, dataset_id, caller, resource_id), None, 201)


@router.post(
    "/1/datasets/{dataset_id}/resources/{resource_id}/upload/",
    max_body_size=UNBOUNDED,
    summary="Upload the file of a resource anew (udata)",
)
async def upload_again(request: Request, dataset_id: UUID, resource_id: UUID, caller: CallerDep) -> Response:
    """Put the part `file` of a form in the place of the file of a resource."""
    caller.require(WRITE)
    context: CatalogContext = context_of(request)
    resources.check_size(context, declared_length(request) - 1_000_000)
    async with context.db.transaction() as session:
        await resources.check_uploadable(session, caller, dataset_id, resource_id)
    part = await _file(request)
    await keep_and_replace(context, caller, dataset_id, resource_id, part.chunks, part.filename)
    return _answer(request, await _resource(context, dataset_id, caller, resource_id), None)


async def _file(request: Request) -> FilePart:
    async for part in FormReader(request):
        if isinstance(part, FilePart) and part.name == "file":
            return part
    raise InvalidRequest.at(
        "/form/file", fr="il manque la partie « file », le fichier", en="the part `file` is missing: the file"
    )
