"""`/validation/validata/validate`: the API of Validata, for the clients written for it."""

from typing import Annotated, Any
from urllib.parse import parse_qsl

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from services.validation.api.submissions import accept
from services.validation.domain.problems import MissingFile, ValidationTakesLong
from services.validation.domain.states import ended
from services.validation.operations import uploads, validata, validations
from services.validation.operations.context import ValidationContext
from services.validation.operations.validata import Asked
from shared.app import CallerDep, context_of, count_hit
from shared.auth import Caller
from shared.language import Lang, language_of
from shared.problems import InvalidRequest, PayloadTooLarge, Problem
from shared.storage import Stored
from shared.uploads import MAX_FIELD_BYTES, UNBOUNDED, Field, FilePart, FormReader, declared_length

# Plain routes: these clients may send parameters that we do not know.
router = APIRouter(prefix="/validata", tags=["validata"], route_class=APIRoute)

_FIELDS = {
    "schema": {"type": "string"},
    "url": {"type": "string"},
    "ignore_header_case": {"type": "boolean"},
    "include_resource_data": {"type": "boolean"},
}
_BODY = {
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}, **_FIELDS},
            }
        },
        "application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": _FIELDS}},
    }
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "`{schema, url, options, version, date, report}`",
        "content": {"application/json": {}},
    },
    400: {
        "description": "`{…, error: {message, type}}`: there is no report.",
        "content": {"application/json": {}},
    },
    503: {
        "description": "It takes longer than a request may: ask again.",
        "content": {"application/json": {}},
    },
}
Text = Annotated[str | None, Query(max_length=2000)]


@router.get("/validate", responses=_ANSWERS, response_class=Response, summary="Validate a file at an address")
@router.post(
    "/validate",
    responses=_ANSWERS,
    response_class=Response,
    openapi_extra={"requestBody": _BODY},
    max_body_size=UNBOUNDED,
    name="validate_posted",
    summary="Validate a file sent or at an address",
)
async def validate(
    request: Request,
    caller: CallerDep,
    schema: Text = None,
    url: Text = None,
    ignore_header_case: Text = None,
    header_case: Annotated[
        str | None,
        Query(max_length=2000, description="The older name of the contrary of `ignore_header_case`."),
    ] = None,
    include_resource_data: Text = None,
    lang: Lang = None,
) -> Response:
    """Validate a file, sent (`file`) or at an address (`url`), with a schema: a name or an address.

    The answer has the report itself; `Location` leads to the validation, where the report stays.
    """
    context: ValidationContext = context_of(request)
    language = language_of(request, lang)
    asked = Asked(schema=schema or "", url=url or "")
    headers = {"cache-control": "no-store", "content-language": language}
    try:
        await count_hit(request, "validations", validations.rate_of(context, caller), caller.name)
        file = await _read(request, context, asked)
        found = await _validated(request, context, asked, file, caller)
        headers["location"] = context.link(f"/validation/v1/validations/{found['id']}")
        if not ended(found["state"]):
            raise ValidationTakesLong.than(context.settings.validation_max_wait_seconds, headers["location"])
        if found["state"] == "done":
            body = await validata.answer(context, found, asked, language)
            return Response(body, media_type="application/json", headers=headers)
        status, refused = validata.refusal(asked, found["problem"], language)
    except Problem as problem:
        headers |= problem.headers
        status, refused = validata.refusal(asked, problem.document(), language)
    return Response(orjson.dumps(refused), status, media_type="application/json", headers=headers)


async def _validated(
    request: Request,
    context: ValidationContext,
    asked: Asked,
    file: tuple[str, Stored] | None,
    caller: Caller,
) -> dict[str, Any]:
    try:
        submission = await validata.submission(context, asked, file)
    except BaseException:
        if file is not None:
            await uploads.remove(context, [file[1].key])
        raise
    validation_id, _ = await accept(request, context, submission, caller, None)
    return await validations.wait_ended(context, validation_id, context.settings.validation_max_wait_seconds)


async def _read(request: Request, context: ValidationContext, asked: Asked) -> tuple[str, Stored] | None:
    """Read the parameters, of the address and of the form, into `asked`; return the file, in the storage already."""
    _note(asked, dict(request.query_params))
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    file = None
    if request.method == "POST" and media_type == "multipart/form-data":
        file = await _read_form(request, context, asked)
    elif request.method == "POST" and media_type == "application/x-www-form-urlencoded":
        _note(asked, dict(parse_qsl(await _small_body(request))))
    try:
        _check(asked, file)
    except Problem:
        if file is not None:
            await uploads.remove(context, [file[1].key])
        raise
    return file


async def _read_form(request: Request, context: ValidationContext, asked: Asked) -> tuple[str, Stored] | None:
    file: tuple[str, Stored] | None = None
    uploads.check_size(context, declared_length(request) - MAX_FIELD_BYTES)
    try:
        async for part in FormReader(request):
            match part:
                case Field(name, value):
                    _note(asked, {name: value})
                case FilePart("file", filename, chunks) if file is None:
                    file = filename, await uploads.keep(context, uploads.new_key(), chunks)
                case FilePart(name):
                    raise InvalidRequest.at(
                        f"/form/{name[:100]}",
                        fr="Un seul fichier est attendu, dans le champ « file ».",
                        en="A single file is expected, in the field `file`.",
                    )
    except BaseException:
        if file is not None:
            await uploads.remove(context, [file[1].key])
        raise
    return file


async def _small_body(request: Request) -> str:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FIELD_BYTES:
            raise PayloadTooLarge(
                fr=f"Ce formulaire dépasse {MAX_FIELD_BYTES} octets : un fichier s'envoie en « multipart/form-data ».",
                en=f"This form exceeds {MAX_FIELD_BYTES} bytes: a file is sent as `multipart/form-data`.",
            )
    return body.decode("utf-8", "replace").replace("\0", "")


def _note(asked: Asked, given: dict[str, str]) -> None:
    asked.schema = given.get("schema", asked.schema).strip()
    asked.url = given.get("url", asked.url).strip()
    if "header_case" in given:
        asked.ignore_header_case = not _is_true(given["header_case"])
    if "ignore_header_case" in given:
        asked.ignore_header_case = _is_true(given["ignore_header_case"])
    if "include_resource_data" in given:
        asked.include_resource_data = _is_true(given["include_resource_data"])


def _is_true(text: str) -> bool:
    return text.strip().lower() in ("true", "1", "yes", "on")


def _check(asked: Asked, file: tuple[str, Stored] | None) -> None:
    if not asked.schema:
        raise InvalidRequest.at(
            "/schema",
            fr="Donnez le schéma dans « schema » : son adresse, ou un nom comme « scdl/deliberations ».",
            en="Give the schema in `schema`: its address, or a name such as `scdl/deliberations`.",
        )
    if file is None and not asked.url:
        raise MissingFile(
            fr="Donnez l'adresse du fichier dans « url », ou envoyez-le (POST) dans le champ « file ».",
            en="Give the address of the file in `url`, or send it (POST) in the field `file`.",
        )
    if file is not None and asked.url:
        raise InvalidRequest.at(
            "/url",
            fr="Donnez une adresse (« url ») ou un fichier (« file »), pas les deux.",
            en="Give an address (`url`) or a file (`file`), not both.",
        )
