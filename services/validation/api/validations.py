"""`/validation/v1/validations`: send a file, follow it, read its report, take it back."""

from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response

from services.validation.api import submissions as reading
from services.validation.api.rights import Readable, Token, changeable
from services.validation.domain.ownership import owner_name
from services.validation.domain.problems import SchemaNotKept
from services.validation.domain.states import State, ended
from services.validation.operations import descriptors, uploads, withdrawals
from services.validation.operations import validations as operations
from services.validation.operations.context import ValidationContext
from services.validation.schemas.validations import ValidationPage, ValidationView
from shared import idempotency
from shared.app import CallerDep, context_of, count_hit
from shared.caching import bytes_response, json_response, page_response
from shared.idempotency import IdempotencyKey
from shared.pagination import DEFAULT_LIMIT, Cursor, Limit, decode_cursor, encode_cursor
from shared.prefer import seconds_to_wait as prefer_wait
from shared.requests import StrictRoute
from shared.uploads import UNBOUNDED

router = APIRouter(prefix="/v1/validations", tags=["validations"], route_class=StrictRoute)

LISTING = "validations"

Prefer = Annotated[
    str | None,
    Header(description="`wait=N`: wait up to N seconds for the report, to have it in the answer (RFC 7240)."),
]


@router.post(
    "",
    status_code=201,
    response_model=ValidationView,
    responses={202: {"model": ValidationView, "description": "Not ended yet: follow `Location`."}},
    openapi_extra=reading.OPENAPI,
    max_body_size=UNBOUNDED,
    summary="Validate a file, rows, or a package",
)
async def create_validation(
    request: Request,
    caller: CallerDep,
    key: IdempotencyKey = None,
    prefer: Prefer = None,
    schema: Annotated[
        str | None, Query(min_length=1, max_length=2000, description="When the body is the file itself.")
    ] = None,
    filename: Annotated[
        str | None, Query(max_length=2000, description="When the body is the file itself.")
    ] = None,
    private: Annotated[
        bool, Query(description="Only your organisation may read it; needs an API key.")
    ] = False,
) -> Response:
    """Send a file, rows, or addresses, with a schema; get the report at once, or where to follow it.

    What the same caller had validated already, byte for byte, is given its stored report: `reused_from` says which.
    `Cache-Control: no-cache` has it validated anew.
    """
    context: ValidationContext = context_of(request)
    await count_hit(request, "validations", operations.rate_of(context, caller), caller.name)
    idempotency.check(key)
    if private:
        caller.require_key()
    seconds = seconds_to_wait(prefer, context)
    submission = await reading.read(request, context, schema=schema, filename=filename)
    submission = reading.made_private(submission, private)
    validation_id, token = await reading.accept(request, context, submission, caller, key)
    found = await operations.wait_ended(context, validation_id, seconds or 0)
    return await answer(context, found, waited=seconds, token=token)


@router.get("", response_model=ValidationPage, summary="List one's own validations")
async def list_validations(
    request: Request,
    caller: CallerDep,
    schema: Annotated[
        str | None, Query(min_length=1, max_length=2000, description="`name` or `name@version`.")
    ] = None,
    state: State | None = None,
    outcome: Literal["valid", "invalid"] | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Response:
    """List the validations that the organisation of the API key asked for, the newest first."""
    context: ValidationContext = context_of(request)
    caller.require_key()
    owner = owner_name(caller.key_id, caller.owner_siren)
    assert owner is not None
    rows = await operations.page(
        context,
        owner,
        before=decode_cursor(LISTING, cursor, [UUID])[0] if cursor else None,
        limit=limit + 1,
        schema=schema,
        state=state,
        outcome=outcome,
    )
    following = encode_cursor(LISTING, [str(rows[limit - 1]["id"])]) if len(rows) > limit else None
    items = [operations.view(context, row) for row in rows[:limit]]
    return page_response(request, {"items": items, "next": following})


@router.get("/{validation_id}", response_model=ValidationView, summary="Follow a validation")
async def read_validation(request: Request, validation_id: UUID, caller: CallerDep) -> Response:
    """Return the state of a validation, and its verdict once it has one."""
    context: ValidationContext = context_of(request)
    found = await operations.find(context, validation_id)
    withdrawals.hide_from_others(found, caller)
    return json_response(request, operations.view(context, found))


@router.get("/{validation_id}/schema", dependencies=[Readable], summary="The exact schema used")
async def read_used_schema(request: Request, validation_id: UUID, resource: str | None = None) -> Response:
    """Return the Table Schema with which the file (`resource` of a package) was validated, byte for byte."""
    context: ValidationContext = context_of(request)
    found = await operations.find(context, validation_id)
    parts = {item["name"]: item for item in found["resources"] or ()}
    part = parts.get(resource or "", {}) if found["resources"] is not None else found
    body = await descriptors.explaining(context, part.get("schema_sha256"))
    if body is None:
        raise SchemaNotKept.of(list(parts))
    return bytes_response(request, body, "application/json")


@router.post("/{validation_id}/cancel", response_model=ValidationView, summary="Cancel a validation")
async def cancel_validation(
    request: Request, validation_id: UUID, caller: CallerDep, token: Token = None
) -> Response:
    """Stop a validation that has not ended; asked twice, it stays cancelled."""
    context: ValidationContext = context_of(request)
    await changeable(context, validation_id, caller, token)
    async with context.db.transaction() as session:
        await withdrawals.cancel(session, validation_id)
    found = await operations.find(context, validation_id)
    return Response(orjson.dumps(operations.view(context, found)), media_type="application/json")


@router.delete("/{validation_id}", status_code=204, summary="Delete a validation")
async def delete_validation(
    request: Request, validation_id: UUID, caller: CallerDep, token: Token = None
) -> Response:
    """Remove a validation, its file and its report for good, stopping it first if it runs."""
    context: ValidationContext = context_of(request)
    await changeable(context, validation_id, caller, token)
    async with context.db.transaction() as session:
        keys = await withdrawals.delete(session, validation_id)
    await uploads.remove(context, keys)
    return Response(status_code=204)


async def answer(
    context: ValidationContext, found: dict[str, Any], *, waited: float | None, token: str | None = None
) -> Response:
    """Return what a validation is once something was sent: 201 when nothing is left to wait for, else 202."""
    document = operations.view(context, found)
    over = ended(found["state"])
    if over and waited is not None:
        document["report"] = await operations.report(context, found["id"])
    if token is not None:
        document["token"] = token
    headers = {"location": document["links"]["self"], "cache-control": "no-store"}
    if waited is not None:
        headers["preference-applied"] = f"wait={waited:g}"
    pending = not over and found["state"] != "awaiting"
    if pending:
        headers["retry-after"] = "1"
    return Response(
        orjson.dumps(document), 202 if pending else 201, media_type="application/json", headers=headers
    )


def seconds_to_wait(prefer: str | None, context: ValidationContext) -> float | None:
    """Return N of `Prefer: wait=N`, bounded by the settings; None when it is not asked for."""
    return prefer_wait(prefer, context.settings.validation_max_wait_seconds)
