"""`/validation/v1/labels`: labels asked for, renewed, listed; suspended and revoked. Reading is for everybody."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.validation.domain.labels import criteria
from services.validation.domain.labels.refusals import CriteriaNotFound
from services.validation.operations import label_feed, label_life
from services.validation.operations import labels as operations
from services.validation.operations.context import ValidationContext
from services.validation.schemas.labels import (
    AssuranceCode,
    CriteriaVersionsView,
    CriteriaView,
    LabelHistoryPage,
    LabelInput,
    LabelPage,
    ReasonInput,
    RenewalInput,
    State,
)
from services.validation.schemas.labels_public import PublicLabel
from services.validation.store import labels as store
from services.validation.store.labels import LabelFilter
from shared import idempotency
from shared.app import CallerDep, context_of, count_hit
from shared.atom import MEDIA_TYPE
from shared.caching import bytes_response, created_response, json_response, page_response
from shared.clock import now
from shared.idempotency import IdempotencyKey
from shared.pagination import DEFAULT_LIMIT, Cursor, Limit, decode_cursor, encode_cursor
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1/labels", tags=["labels"], route_class=StrictRoute)

LISTING = "labels"
HISTORY = "label-history"
# Each request reads its files again.
RATE = "60/hour"


@router.post("", status_code=201, response_model=PublicLabel, summary="Ask for a label")
async def request_label(
    request: Request, body: LabelInput, caller: CallerDep, key: IdempotencyKey = None
) -> Response:
    """Give the label to an export module, on the strength of validations made with the vendor's own key.

    Refused, the answer lists every criterion that is not met (`criteria`); nothing is kept then.
    """
    context: ValidationContext = context_of(request)
    idempotency.check(key)
    operations.vendor_of(caller)
    await count_hit(request, "labels", RATE, caller.name)
    label_id = await operations.request(context, body, caller=caller, key=key, moment=now())
    return created_response(await operations.find(context, label_id))


@router.get("", response_model=LabelPage, summary="List the labels")
async def list_labels(
    request: Request,
    editeur: Annotated[str | None, Query(pattern=r"^\d{9}$", description="SIREN of the vendor.")] = None,
    progiciel: Annotated[UUID | None, Query(description="Id of the application.")] = None,
    module: Annotated[UUID | None, Query(description="Id of the export module.")] = None,
    schema: Annotated[str | None, Query(max_length=200, description="`name` or `name@version`.")] = None,
    state: State | None = None,
    assurance: AssuranceCode | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Response:
    """List the labels, the newest first; those that are revoked or expired are among them."""
    context: ValidationContext = context_of(request)
    name, _, version = (schema or "").partition("@")
    wanted = LabelFilter(editeur, progiciel, module, name or None, version or None, state, assurance)
    before = decode_cursor(LISTING, cursor, [UUID])[0] if cursor else None
    rows = await store.page(context.db, wanted, before=before, limit=limit + 1, today=now().date())
    following = encode_cursor(LISTING, [str(rows[limit - 1].facts.label_id)]) if len(rows) > limit else None
    items = [operations.view(context, label) for label in rows[:limit]]
    return page_response(request, {"items": items, "next": following})


@router.get("/criteria", response_model=CriteriaView, summary="Read the criteria in force")
async def read_criteria(request: Request) -> Response:
    """Return what a label demands, in French and in English, with the figures."""
    return json_response(request, criteria.document())


@router.get(
    "/criteria/versions", response_model=CriteriaVersionsView, summary="List the versions of the criteria"
)
async def list_criteria(request: Request) -> Response:
    """List the versions of the criteria, the one in force first; a published version never changes."""
    context: ValidationContext = context_of(request)
    items = [
        {"version": version, "self": context.link(f"{operations.PATH}/criteria/{version}")}
        for version in reversed(criteria.VERSIONS)
    ]
    return json_response(request, {"items": items})


@router.get("/criteria/{version}", response_model=CriteriaView, summary="Read a version of the criteria")
async def read_criteria_version(request: Request, version: str) -> Response:
    """Return the criteria that a label met when it was granted."""
    if version not in criteria.VERSIONS:
        raise CriteriaNotFound.of(version)
    return json_response(request, criteria.VERSIONS[version]())


@router.get(
    "/changes.atom",
    response_class=Response,
    responses={200: {"content": {"application/atom+xml": {}}}},
    summary="What became of labels, as an Atom feed",
)
async def labels_feed(
    request: Request, limit: Annotated[int, Query(ge=1, le=200, description="Entries at most.")] = 50
) -> Response:
    """Return the labels that changed last, the newest change first."""
    context: ValidationContext = context_of(request)
    return bytes_response(request, await label_feed.feed(context, request.url.path, limit), MEDIA_TYPE)


@router.get("/{label_id}/history", response_model=LabelHistoryPage, summary="History of a label")
async def read_label_history(
    request: Request, label_id: UUID, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Response:
    """List all that became of a label, in order, with the facts attested each time; nothing is ever erased."""
    context: ValidationContext = context_of(request)
    await operations.find(context, label_id)
    after = decode_cursor(HISTORY, cursor, [int])[0] if cursor else 0
    rows = await store.history(context.db, label_id, after=after, limit=limit + 1)
    following = encode_cursor(HISTORY, [rows[limit - 1]["sequence"]]) if len(rows) > limit else None
    items = [
        {**{name: row[name] for name in row if name != "reason_fr"}, "reason": row["reason_fr"]}
        for row in rows[:limit]
    ]
    return page_response(request, {"items": items, "next": following})


@router.post("/{label_id}/renewals", status_code=201, response_model=PublicLabel, summary="Renew a label")
async def renew_label(
    request: Request, label_id: UUID, body: RenewalInput, caller: CallerDep, key: IdempotencyKey = None
) -> Response:
    """Prolong a label for twelve months by new runs, for the same major version of the software."""
    context: ValidationContext = context_of(request)
    idempotency.check(key)
    operations.vendor_of(caller)
    await count_hit(request, "labels", RATE, caller.name)
    await operations.renew(context, label_id, body, caller=caller, key=key, moment=now())
    return created_response(await operations.find(context, label_id))


@router.post("/{label_id}/suspend", response_model=PublicLabel, summary="Suspend a label")
async def suspend_label(request: Request, label_id: UUID, body: ReasonInput, caller: CallerDep) -> Response:
    """Suspend a label, with a reason that everybody reads: for moderators (`label:moderate`)."""
    context: ValidationContext = context_of(request)
    async with context.db.transaction() as session:
        await label_life.suspend(context, session, label_id, body, caller)
    return json_response(request, await operations.find(context, label_id))


@router.post("/{label_id}/resume", response_model=PublicLabel, summary="Put a suspended label in force again")
async def resume_label(request: Request, label_id: UUID, caller: CallerDep) -> Response:
    """End a suspension: for moderators (`label:moderate`)."""
    context: ValidationContext = context_of(request)
    async with context.db.transaction() as session:
        await label_life.resume(context, session, label_id, caller)
    return json_response(request, await operations.find(context, label_id))


@router.post("/{label_id}/revoke", response_model=PublicLabel, summary="Revoke a label")
async def revoke_label(request: Request, label_id: UUID, body: ReasonInput, caller: CallerDep) -> Response:
    """End a label for good, with a reason that everybody reads: moderators any label, a vendor its own.

    A vendor does not withdraw a label that is suspended: that is for the moderators to settle.
    """
    context: ValidationContext = context_of(request)
    async with context.db.transaction() as session:
        await label_life.revoke(context, session, label_id, body, caller)
    return json_response(request, await operations.find(context, label_id))
