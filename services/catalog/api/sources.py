"""`/catalog/v1/sources`: portals, and their datasets by the identifiers that they give them, one or many at a time."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from services.catalog.api.streams import DuplexResponse
from services.catalog.domain.problems import PayloadUnreadable
from services.catalog.operations import bulk, datasets, payloads
from services.catalog.operations import sources as operations
from services.catalog.operations.context import CatalogContext
from services.catalog.operations.ownership import WRITE
from services.catalog.operations.payloads import Entry, Profile
from services.catalog.operations.writing import write_from_source
from services.catalog.schemas.datasets import DatasetView
from services.catalog.schemas.sources import LineOutcome, PutOutcome, SourceInput, SourcePage, SourceView
from services.catalog.schemas.values import RemoteId
from services.catalog.store import datasets as datasets_store
from services.catalog.store import sources as store
from shared import idempotency
from shared.answers import http_problem
from shared.app import CallerDep, context_of
from shared.caching import created_response, json_response, page_response, require_match, strong_etag
from shared.db import is_away
from shared.idempotency import IdempotencyKey
from shared.pagination import DEFAULT_LIMIT, Cursor, Limit, decode_cursor, encode_cursor
from shared.problems import (
    DatabaseAway,
    PayloadTooLarge,
    PreconditionFailed,
    Problem,
    UnsupportedMediaType,
)
from shared.requests import StrictRoute, bounded_json
from shared.uploads import UNBOUNDED, declared_length

router = APIRouter(prefix="/v1/sources", tags=["sources"], route_class=StrictRoute)

LISTING = "sources"
Slug = Annotated[str, Path(max_length=80, description="Name of the source.")]
Remote = Annotated[
    RemoteId, Path(description="Identifier of the dataset in the source; it may hold slashes.")
]
ProfileParam = Annotated[
    Profile, Query(alias="profile", description="Whose JSON it is: ours (`socle`), or udata's.")
]
_TEXT = {"schema": {"type": "string"}}
_DATASET_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/DatasetInput"}},
            **dict.fromkeys(("application/ld+json", "text/turtle", "application/rdf+xml"), _TEXT),
        },
    }
}
_CATALOGUES = (
    "application/x-ndjson",
    "application/ld+json",
    "text/turtle",
    "application/rdf+xml",
    "text/csv",
)
_BULK_BODY = {"requestBody": {"required": True, "content": dict.fromkeys(_CATALOGUES, _TEXT)}}


@router.post("", status_code=201, response_model=SourceView, summary="Create a source")
async def create_source(
    request: Request, body: SourceInput, caller: CallerDep, key: IdempotencyKey = None
) -> Response:
    """Create a source; it belongs to the body of the key that creates it, or to the key."""
    caller.require(WRITE)
    context: CatalogContext = context_of(request)
    async with context.db.transaction() as session:
        await operations.create(session, context, body, caller=caller, idempotency_key=idempotency.check(key))
    return created_response(await operations.find(context, body.slug))


@router.get("", response_model=SourcePage, summary="List sources")
async def list_sources(request: Request, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Response:
    """List sources in the order of their names."""
    context: CatalogContext = context_of(request)
    after = decode_cursor(LISTING, cursor, [str])[0] if cursor else None
    rows = await store.page(context.db, after=after, limit=limit + 1)
    following = encode_cursor(LISTING, [rows[limit - 1]["slug"]]) if len(rows) > limit else None
    items = [operations.view(context, row) for row in rows[:limit]]
    return page_response(request, {"items": items, "next": following})


@router.get("/{source}", response_model=SourceView, summary="Read a source")
async def read_source(request: Request, source: Slug) -> Response:
    """Return a source and how many datasets it has."""
    return json_response(request, await operations.find(context_of(request), source))


@router.get(
    "/{source}/datasets/{remote_id:path}",
    response_model=DatasetView,
    summary="Read a dataset by its identifier in its source",
)
async def read_dataset(request: Request, source: Slug, remote_id: Remote, caller: CallerDep) -> Response:
    """Return the dataset that a source names so."""
    return json_response(
        request, await datasets.find_in_source(context_of(request), source, remote_id, caller)
    )


@router.put(
    "/{source}/datasets/{remote_id:path}",
    response_model=PutOutcome,
    responses={201: {"model": PutOutcome, "description": "Created"}},
    openapi_extra=_DATASET_BODY,
    max_body_size=UNBOUNDED,
    summary="Put a dataset by its identifier in its source",
)
async def put_dataset(
    request: Request, source: Slug, remote_id: Remote, caller: CallerDep, profile: ProfileParam = "socle"
) -> Response:
    """Create or replace a dataset: our JSON, udata's (`profile=udata`), or DCAT that holds this dataset alone.

    Sent again unchanged, nothing is written. `If-Match` (an `ETag`, or `*`) and `If-None-Match: *` are honoured.
    """
    caller.require(WRITE)
    context: CatalogContext = context_of(request)
    async with context.db.transaction() as session:
        found = await operations.owned(session, caller, source)
    record = (await _one(request, context, profile, remote_id)).record
    assert record is not None
    async with context.db.transaction() as session:
        if {"if-match", "if-none-match"} & set(request.headers.keys()):
            await _require_state(request, context, source, remote_id, caller, session)
        [written] = await write_from_source(session, found.id, found.owner, [record])
    link = context.link(f"/catalog/v1/datasets/{written.id}")
    shown = {"outcome": written.outcome, "id": written.id, "self": link}
    return (
        created_response(shown)
        if written.outcome == "created"
        else Response(orjson.dumps(shown), media_type="application/json")
    )


async def _require_state(
    request: Request, context: CatalogContext, source: str, remote_id: str, caller: Any, session: Any
) -> None:
    """Raise `PreconditionFailed` unless the dataset is, under lock, what the request's headers say it is."""
    dataset_id = await datasets_store.id_in_source(context.db, source, remote_id)
    if dataset_id is None:
        if request.headers.get("if-match") is not None:
            raise PreconditionFailed(
                fr="Ce jeu de données n'existe pas encore : envoyez-le sans « If-Match ».",
                en="This dataset does not exist yet: send it without `If-Match`.",
            )
        return
    await datasets.own(session, caller, dataset_id)
    if (request.headers.get("if-none-match") or "").strip() == "*":
        raise PreconditionFailed(
            fr="Ce jeu de données existe déjà : envoyez-le sans « If-None-Match » pour le remplacer.",
            en="This dataset exists already: send it without `If-None-Match` to replace it.",
        )
    require_match(request, strong_etag(orjson.dumps(await datasets.find(context, dataset_id, caller))))


async def _one(request: Request, context: CatalogContext, profile: Profile, remote_id: str) -> Entry:
    """Return the only dataset of a body, named as the address says; raises what a client must correct."""
    media_type = _media_type(request)
    most = context.settings.catalog_max_resources
    if media_type in payloads.WHOLE and media_type != payloads.CSV:
        data = await _whole_body(request, context)
        entries = await payloads.read_whole(data, media_type, str(request.url), most)
        if len(entries) != 1:
            raise PayloadUnreadable.because(
                f"un jeu de données est attendu ici, ce RDF en décrit {len(entries)} (voyez « bulk »)",
                f"One dataset is expected here, this RDF describes {len(entries)} (see `bulk`)",
            )
        entry = entries[0]
        if entry.record is not None:
            return payloads.named(entry, remote_id)
    else:
        _require_json(media_type)
        document = await bounded_json(request, context.settings.max_body_bytes)
        if profile == "socle":
            body = datasets.checked(document)
            return payloads.accepted_or_raise(body.record(remote_id), most)
        name = {"id": remote_id}
        entry = payloads.read_document(
            1, {**document, **name} if isinstance(document, dict) else {}, profile, most
        )
    if entry.refusal is not None:
        raise PayloadUnreadable.because(entry.refusal.fr, entry.refusal.en)
    return entry


@router.delete("/{source}/datasets/{remote_id:path}", status_code=204, summary="Delete a dataset of a source")
async def delete_dataset(request: Request, source: Slug, remote_id: Remote, caller: CallerDep) -> Response:
    """Delete the dataset that a source names so; sent again, it comes back."""
    caller.require(WRITE)
    context: CatalogContext = context_of(request)
    shown = await datasets.find_in_source(context, source, remote_id, caller)
    async with context.db.transaction() as session:
        await datasets.delete(session, caller, shown["id"])
    return Response(status_code=204)


@router.post(
    "/{source}/bulk",
    responses={200: {"model": LineOutcome, "description": "A line of NDJSON for each dataset, in order."}},
    openapi_extra=_BULK_BODY,
    max_body_size=UNBOUNDED,
    summary="Send many datasets",
)
async def send_bulk(
    request: Request, source: Slug, caller: CallerDep, profile: ProfileParam = "socle"
) -> Response:
    """Send datasets as NDJSON (one a line, with `remote_id`; read as it comes), or a whole catalogue in DCAT or CSV.

    An outcome is written for each dataset while the next ones are read; a bad one stops nothing. In our JSON a line
    `{"remote_id": "…", "deleted": true}` deletes.
    """
    caller.require(WRITE)
    context: CatalogContext = context_of(request)
    async with context.db.transaction() as session:
        found = await operations.owned(session, caller, source)
    media_type = _media_type(request)
    if media_type in payloads.LINES:
        reader = bulk.Reader(profile, context.settings.max_body_bytes, context.settings.catalog_max_resources)
        outcomes = bulk.write_lines(context, found.id, found.owner, reader, request.stream())
    elif media_type in payloads.WHOLE:
        data = await _whole_body(request, context)
        most = context.settings.catalog_max_resources
        entries = await payloads.read_whole(data, media_type, str(request.url), most)
        outcomes = bulk.write_entries(context, found.id, found.owner, entries)
    else:
        raise UnsupportedMediaType(
            fr=f"Envoyez les jeux de données en {', '.join((*payloads.LINES[:1], *payloads.WHOLE))}.",
            en=f"Send the datasets as {', '.join((*payloads.LINES[:1], *payloads.WHOLE))}.",
        )
    return DuplexResponse(_lines(outcomes), "application/x-ndjson")


async def _lines(batches: AsyncIterator[list[dict[str, Any]]]) -> AsyncIterator[bytes]:
    """Yield outcomes as NDJSON; what stops them is told by a last line."""
    last = 0
    try:
        async for outcomes in batches:
            last = outcomes[-1]["line"]
            yield b"".join(orjson.dumps(outcome) + b"\n" for outcome in outcomes)
    except ClientDisconnect:
        return
    except (Problem, HTTPException) as error:
        problem = error if isinstance(error, Problem) else http_problem(error)
        yield orjson.dumps(bulk.interruption(last, problem)) + b"\n"
    except Exception as error:
        if not is_away(error):
            raise
        # What was told is done; the rest may be sent again, nothing is written twice.
        yield orjson.dumps(bulk.interruption(last, DatabaseAway())) + b"\n"


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _require_json(media_type: str) -> None:
    if media_type != "application/json":
        raise UnsupportedMediaType(
            fr="Envoyez-le en application/json, ou en application/ld+json, text/turtle, application/rdf+xml.",
            en="Send the dataset as application/json, application/ld+json, text/turtle or application/rdf+xml.",
        )


async def _whole_body(request: Request, context: CatalogContext) -> bytes:
    """Return the body of a catalogue that must be read whole; raises `PayloadTooLarge`."""
    limit = context.settings.catalog_max_payload_bytes
    body = bytearray()
    too_large = PayloadTooLarge(
        fr=f"Le catalogue dépasse {limit / 1e6:g} Mo : envoyez-le en plusieurs pages, ou en NDJSON.",
        en=f"The catalogue exceeds {limit / 1e6:g} MB: send it in several pages, or as NDJSON.",
        limit_bytes=limit,
    )
    if declared_length(request) > limit:
        raise too_large
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise too_large
    return bytes(body)
