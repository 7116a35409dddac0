"""How a request for a validation is read (JSON, a form, or the file as it is) and accepted."""

import asyncio
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from services.validation.api import packages
from services.validation.api.forms import Form, discard, read_form
from services.validation.domain.descriptors import Descriptor, SchemaAsked
from services.validation.domain.rows import WRITTEN_AS, as_csv
from services.validation.operations import descriptors, submissions, uploads, validations
from services.validation.operations.context import ValidationContext
from services.validation.operations.submissions import Submission
from services.validation.schemas.validations import PackageRequest, ValidationRequest
from shared.auth import Caller
from shared.db import OutcomeUnknown
from shared.problems import InvalidRequest, MalformedRequest, UnsupportedMediaType
from shared.requests import JsonRefused, bounded_json, check_json
from shared.storage import Stored
from shared.uploads import declared_length, file_label
from shared.webhooks.schemas import CallbackInput

Model = TypeVar("Model", bound=BaseModel)

OPENAPI = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "The file to validate; or those of the package, in any order.",
                        },
                        "schema": {
                            "type": "string",
                            "example": "scdl/deliberations@2.1.5",
                            "description": "A name, an address, or a Table Schema (JSON, as a field or as a file).",
                        },
                        "package": {
                            "type": "string",
                            "contentMediaType": "application/json",
                            "contentSchema": PackageRequest.model_json_schema(by_alias=True),
                            "description": "For several files: what each is, by its file name, and its schema.",
                        },
                        "callback": {
                            "type": "string",
                            "description": "Where to POST the event `validation.completed`, once: an address, or JSON "
                            "`{url, secret}`.",
                        },
                    },
                }
            },
            "application/json": {
                "schema": ValidationRequest.model_json_schema(by_alias=True),
            },
            "application/octet-stream": {
                "schema": {"type": "string", "format": "binary"},
            },
        },
    }
}


async def read(
    request: Request, context: ValidationContext, *, schema: str | None, filename: str | None
) -> Submission:
    """Return what a request asks to validate; an uploaded file is in the storage then, and nothing is if this raises.

    `schema` and `filename` are those of the query, for a body that is the file itself.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if schema is not None and media_type != "multipart/form-data":
        return await _read_raw(request, context, schema, filename)
    if schema is not None or filename is not None:
        raise InvalidRequest.at(
            "/query/schema" if schema is not None else "/query/filename",
            fr="« schema » et « filename » ne vont dans l'adresse, ensemble, que si le corps est le fichier lui-même.",
            en="`schema` and `filename` go into the address, together, only where the body is the file itself.",
        )
    if media_type == "application/json":
        return await _read_json(request, context)
    if media_type == "multipart/form-data":
        return await _read_form(request, context)
    raise UnsupportedMediaType(
        fr="Envoyez un formulaire « multipart/form-data », un corps « application/json », ou le fichier lui-même en "
        "nommant son schéma dans l'adresse (« ?schema=scdl/deliberations »).",
        en="Send a `multipart/form-data` form, an `application/json` body, or the file itself with its schema named in "
        "the address (`?schema=scdl/deliberations`).",
    )


async def _read_raw(
    request: Request, context: ValidationContext, schema: str, filename: str | None
) -> Submission:
    asked, descriptor = descriptors.choose(context, schema)
    stored = await keep_body(request, context)
    return submissions.uploaded(
        file_label(filename or ""), stored, schema=asked, descriptors=descriptors.listed(descriptor)
    )


async def keep_body(request: Request, context: ValidationContext) -> Stored:
    """Stream the body of a request to the storage; raises `UploadTooLarge`, `EmptyFile`, `StorageFull`."""
    # A client that waits for `100 Continue` is told before it sends anything.
    uploads.check_size(context, declared_length(request))
    return await uploads.keep(context, uploads.new_key(), request.stream())


async def _read_form(request: Request, context: ValidationContext) -> Submission:
    form = await read_form(request, context)
    try:
        callback = _callback_field(context, form.callback)
        return replace(_of_form(context, form), callback=callback)
    except BaseException:
        await discard(context, form)
        raise


def _of_form(context: ValidationContext, form: Form) -> Submission:
    if form.package is not None:
        if form.schema is not None:
            raise packages.no_schema("/form/schema")
        described = _parsed(PackageRequest, _json_field(form.package, "package"), ("form", "package"))
        return packages.package(context, described, form.files, ("form", "package"))
    filename, stored = form.one_file()
    asked, descriptor = descriptors.choose(context, form.reference())
    return submissions.uploaded(filename, stored, schema=asked, descriptors=descriptors.listed(descriptor))


def _callback_field(context: ValidationContext, text: str | None) -> CallbackInput | None:
    if not text:
        return None
    given = _json_field(text, "callback") if text.lstrip().startswith("{") else {"url": text.strip()}
    return _allowed(context, _parsed(CallbackInput, given, ("form", "callback")))


def _allowed(context: ValidationContext, callback: CallbackInput | None) -> CallbackInput | None:
    """Return the callback; raises `UrlNotAllowed`."""
    if callback is not None:
        context.http.check(callback.url)
    return callback


def _json_field(text: str, name: str) -> Any:
    try:
        value = orjson.loads(text)
        check_json(value)
    except (ValueError, RecursionError) as error:
        reason = "NUL, depth" if isinstance(error, JsonRefused) else str(error)
        raise MalformedRequest(
            fr=f"Le champ « {name} » n'est pas du JSON acceptable ({reason}) : corrigez-le.",
            en=f"The field `{name}` is not acceptable JSON ({reason}): correct it.",
        ) from error
    return value


async def _read_json(request: Request, context: ValidationContext) -> Submission:
    body = await bounded_json(request, context.settings.max_body_bytes)
    asked = _parsed(ValidationRequest, body, ("body",))
    # Before anything is kept: what is refused leaves nothing.
    callback = _allowed(context, asked.callback)
    return replace(await _of_body(context, asked), callback=callback)


async def _of_body(context: ValidationContext, asked: ValidationRequest) -> Submission:
    if asked.package is not None:
        return _package_of_body(context, asked)
    _require_one_source(asked)
    if asked.schema_ is None:
        raise InvalidRequest.at(
            "/body/schema",
            fr="Nommez le schéma, par exemple « scdl/deliberations », ou donnez-le.",
            en="Name the schema, for instance `scdl/deliberations`, or give it.",
        )
    schema, descriptor = descriptors.choose(context, asked.schema_)
    given = descriptors.listed(descriptor)
    if asked.rows is not None:
        return await _rows(context, asked.rows, asked.filename, schema, given)
    if asked.url is not None:
        context.http.check(asked.url)
    label = file_label(asked.filename or (asked.url or "").partition("?")[0])
    return Submission(label, schema=schema, url=asked.url, descriptors=given)


def _require_one_source(asked: ValidationRequest) -> None:
    given = [name for name in ("url", "rows", "package") if getattr(asked, name) is not None]
    if len(given) > 1:
        raise InvalidRequest.at(
            f"/body/{given[1]}",
            fr="Donnez un seul de « url », « rows » et « package ».",
            en="Give only one of `url`, `rows` and `package`.",
        )
    if not given and asked.filename is None:
        raise InvalidRequest.at(
            "/body/url",
            fr="Donnez l'adresse du fichier (« url »), ses lignes (« rows »), des fichiers (« package ») ou, pour "
            "envoyer le contenu ensuite, son nom (« filename »).",
            en="Give the address of the file (`url`), its rows (`rows`), files (`package`) or, to send the content "
            "next, its name (`filename`).",
        )


async def _rows(
    context: ValidationContext,
    rows: list[Any],
    filename: str | None,
    schema: SchemaAsked,
    given: tuple[Descriptor, ...],
) -> Submission:
    # Few rows of many names make millions of cells: other requests go on meanwhile.
    content = await asyncio.to_thread(as_csv, rows)

    async def whole() -> Any:
        yield content

    stored = await uploads.keep(context, uploads.new_key(), whole())
    label = file_label(filename or "lignes.csv")
    return submissions.uploaded(label, stored, schema=schema, descriptors=given, options=WRITTEN_AS)


def _package_of_body(context: ValidationContext, asked: ValidationRequest) -> Submission:
    assert asked.package is not None
    _require_one_source(asked)
    if asked.schema_ is not None:
        raise packages.no_schema("/body/schema")
    return packages.package(context, asked.package, [], ("body", "package"))


def _parsed(model: type[Model], body: Any, place: tuple[str, ...]) -> Model:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise RequestValidationError(
            [{**item, "loc": (*place, *item["loc"])} for item in error.errors()]
        ) from error


def made_private(submission: Submission, private: bool) -> Submission:
    """Return the submission, for its owner alone if so asked."""
    return replace(submission, private=private)


async def accept(
    request: Request, context: ValidationContext, submission: Submission, caller: Caller, key: str | None
) -> tuple[UUID, str | None]:
    """Queue what is asked and wake a worker; return the id of the validation and, without an API key, its token.

    No file stays that belongs to no validation. Raises `IdempotencyKeyReused`.
    """
    fresh = "no-cache" in request.headers.get("cache-control", "").lower()
    try:
        submission = await submissions.with_report_key(context, submission, fresh=fresh)
        async with context.db.transaction() as session:
            validation_id, token = await submissions.submit(
                session, submission, caller=caller, idempotency_key=key
            )
    except OutcomeUnknown:
        # The row may be there: the file stays, and is removed within a day if it is not.
        raise
    except Exception:
        await submissions.discard(context, submission)
        raise
    if validation_id == submission.id:
        await validations.ring(context)
    else:
        await submissions.discard(context, submission)
    return validation_id, token
