"""`/validation/v1/validations`: send a file, follow it, read its report."""

import re
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import ValidationError

from services.validation.domain.problems import MissingFile, ReportNotReady
from services.validation.operations import validations as operations
from services.validation.operations.context import ValidationContext
from services.validation.operations.validations import Submission
from services.validation.schemas.validations import ValidationRequest, ValidationView
from shared import idempotency
from shared.app import CallerDep, context_of, count_hit
from shared.caching import json_response
from shared.db import OutcomeUnknown
from shared.idempotency import IdempotencyKey
from shared.ids import new_id
from shared.problems import InvalidRequest
from shared.requests import StrictRoute, bounded_json
from shared.uploads import (
    MAX_FIELD_BYTES,
    UNBOUNDED,
    Field,
    FilePart,
    FormReader,
    declared_length,
    file_label,
)

router = APIRouter(prefix="/v1/validations", tags=["validations"], route_class=StrictRoute)

# RFC 7240, section 2: a name in any case, a value bare or quoted, among other preferences.
_WAIT = re.compile(r'(?:^|[,;])\s*wait\s*=\s*("?)(\d{1,20})\1\s*(?=[,;]|$)', re.IGNORECASE | re.ASCII)

_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file", "schema"],
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "The file to validate."},
                    "schema": {"type": "string", "example": "scdl/deliberations@2.1.5"},
                },
            }
        },
        "application/json": {"schema": ValidationRequest.model_json_schema(by_alias=True)},
    },
}

Prefer = Annotated[
    str | None,
    Header(description="`wait=N`: wait up to N seconds for the report, to have it in the answer (RFC 7240)."),
]


@router.post(
    "",
    status_code=201,
    response_model=ValidationView,
    responses={202: {"model": ValidationView, "description": "Not ended yet: follow `Location`."}},
    openapi_extra={"requestBody": _BODY},
    max_body_size=UNBOUNDED,
    summary="Validate a file",
)
async def create_validation(
    request: Request, caller: CallerDep, key: IdempotencyKey = None, prefer: Prefer = None
) -> Response:
    """Send a file, or the address of one, with the name of its schema; get the report at once, or its address."""
    context: ValidationContext = context_of(request)
    await count_hit(request, "validations", operations.rate_of(context, caller), caller.name)
    idempotency.check(key)
    seconds = _seconds_to_wait(prefer, context)
    submission = await _read_submission(request, context)
    try:
        async with context.db.transaction() as session:
            validation_id = await operations.submit(
                session, submission, caller=caller.name, idempotency_key=key
            )
    except OutcomeUnknown:
        # The row may be there: the file stays, and is removed within a day if it is not.
        raise
    except Exception:
        await operations.discard_upload(context, submission)
        raise
    if validation_id == submission.id:
        await operations.ring(context, validation_id)
    else:
        await operations.discard_upload(context, submission)
    found = await operations.wait_ended(context, validation_id, seconds or 0)
    return await _answer(context, found, waited=seconds)


@router.get("/{validation_id}", response_model=ValidationView, summary="Follow a validation")
async def read_validation(request: Request, validation_id: UUID) -> Response:
    """Return the state of a validation, and its verdict once it has one."""
    context: ValidationContext = context_of(request)
    found = await operations.find(context, validation_id)
    return json_response(request, operations.view(context, found))


@router.get("/{validation_id}/report", summary="Read the report")
async def read_report(request: Request, validation_id: UUID) -> Response:
    """Return the whole report: counts, summary by field and kind, and the errors with their cells."""
    context: ValidationContext = context_of(request)
    report = await operations.report(context, validation_id)
    if report is None:
        found = await operations.find(context, validation_id)
        raise ReportNotReady.of(found["state"])
    return json_response(request, report)


async def _answer(context: ValidationContext, found: dict[str, Any], *, waited: float | None) -> Response:
    document = operations.view(context, found)
    ended = found["state"] not in ("queued", "running")
    if ended and waited is not None:
        document["report"] = await operations.report(context, found["id"])
    headers = {"location": document["links"]["self"]}
    if waited is not None:
        headers["preference-applied"] = f"wait={waited:g}"
    if not ended:
        headers["retry-after"] = "1"
    return Response(
        orjson.dumps(document), 201 if ended else 202, media_type="application/json", headers=headers
    )


def _seconds_to_wait(prefer: str | None, context: ValidationContext) -> float | None:
    match = _WAIT.search(prefer or "")
    return float(min(int(match[2]), context.settings.validation_max_wait_seconds)) if match else None


async def _read_submission(request: Request, context: ValidationContext) -> Submission:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
        return await _read_json(request, context)
    return await _read_form(request, context)


async def _read_json(request: Request, context: ValidationContext) -> Submission:
    try:
        body = ValidationRequest.model_validate(await bounded_json(request, context.settings.max_body_bytes))
    except ValidationError as error:
        raise RequestValidationError(
            [{**item, "loc": ("body", *item["loc"])} for item in error.errors()]
        ) from error
    return operations.with_schema(
        Submission(new_id(), file_label(body.url.partition("?")[0]), operations.NO_SCHEMA, url=body.url),
        body.schema_,
    )


async def _read_form(request: Request, context: ValidationContext) -> Submission:
    submission: Submission | None = None
    fields: dict[str, str] = {}
    # A client that waits for `100 Continue` is told before it sends anything.
    operations.check_size(context, declared_length(request) - MAX_FIELD_BYTES)
    try:
        async for part in FormReader(request):
            match part:
                case Field(name, value):
                    _check_field(name, fields)
                    fields[name] = value
                case FilePart("file", filename, chunks) if submission is None:
                    submission = await operations.keep_upload(context, filename, chunks)
                case FilePart(name):
                    raise InvalidRequest.at(
                        f"/form/{name[:100]}",
                        fr="Un seul fichier est attendu, dans le champ « file ».",
                        en="A single file is expected, in the field `file`.",
                    )
        if submission is None:
            raise MissingFile(
                fr="Le formulaire n'a pas de fichier : joignez-le dans le champ « file » (curl : -F file=@export.csv).",
                en="The form has no file: attach it in the field `file` (curl: -F file=@export.csv).",
            )
        return operations.with_schema(submission, _required_schema(fields))
    except BaseException:
        # Whatever stops the request, the client going away included, no upload stays without its row.
        if submission is not None:
            await operations.discard_upload(context, submission)
        raise


def _check_field(name: str, given: dict[str, str]) -> None:
    if name in given:
        raise InvalidRequest.at(
            f"/form/{name}",
            fr="Ce champ est donné deux fois : n'en gardez qu'un.",
            en="This field is given twice: keep only one.",
        )
    if name not in ("schema", "file"):
        raise InvalidRequest.at(
            f"/form/{name[:100]}",
            fr="Ce champ n'est pas connu ici : « file » et « schema » le sont.",
            en="This field is not known here: `file` and `schema` are.",
        )


def _required_schema(fields: dict[str, str]) -> str:
    if not (reference := fields.get("schema", "").strip()):
        raise InvalidRequest.at(
            "/form/schema",
            fr="Nommez le schéma du fichier, par exemple « scdl/deliberations ».",
            en="Name the schema of the file, for instance `scdl/deliberations`.",
        )
    return reference
