"""`/validation/v1/validations/{id}/report`: the permanent report of a validation, in every form."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO
from urllib.parse import quote
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field

from services.validation.api.rights import Readable
from services.validation.domain.reports import XLSX, ErrorFilter
from services.validation.engine.render import FORMS
from services.validation.engine.render import json as report_format
from services.validation.engine.render.page import CONTENT_SECURITY_POLICY
from services.validation.operations import reports as operations
from services.validation.operations import validations
from services.validation.operations.context import ValidationContext
from services.validation.operations.reuse import release
from shared.app import CallerDep, context_of, count_hit
from shared.caching import bytes_response, not_modified, strong_etag
from shared.language import Lang, Language, language_of
from shared.pagination import DEFAULT_LIMIT, Cursor, Limit, decode_cursor, encode_cursor, next_link
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1", tags=["reports"], route_class=StrictRoute)
reports = APIRouter(
    prefix="/validations/{validation_id}", tags=["reports"], route_class=StrictRoute, dependencies=[Readable]
)

SCHEMA_PATH = "/validation/v1/report.schema.json"
SCHEMA_MEDIA = "application/schema+json"
LISTING = "report-errors"
PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Document:
    """A form in which a report is served: its extension, whether a browser shows it, what it is."""

    form: str
    extension: str
    shown: bool
    summary: str
    description: str


DOCUMENTS = (
    Document(
        "html", "html", True, "Report for people", "A page that needs nothing else, in French or English."
    ),
    Document(
        "csv", "csv", False, "Errors as CSV", "An error a row; what a spreadsheet would run is neutralised."
    ),
    Document("text", "txt", True, "Report as text", "The report as the command line shows it."),
    Document(
        "sarif", "sarif", False, "Errors as SARIF", "SARIF 2.1.0, for tools that read analyses of code."
    ),
    Document("junit", "junit.xml", False, "Errors as JUnit", "JUnit XML, for continuous integration."),
)


class ErrorPage(BaseModel):
    """Errors listed in a report, in the order of the file."""

    items: list[dict[str, Any]] = Field(description="As `errors` in the report (see its JSON Schema).")
    next: str | None = Field(description="Cursor of the next page.")


@router.get("/report.schema.json", summary="JSON Schema of a report", response_class=Response)
async def read_report_schema(request: Request) -> Response:
    """Return the JSON Schema that every report follows; version 1.x only ever gains members."""
    return bytes_response(request, report_format.schema(), SCHEMA_MEDIA)


@reports.get(
    "/report",
    summary="Read the report",
    responses={200: {"content": {"application/json": {"schema": {"$ref": SCHEMA_PATH}}}}},
    response_class=Response,
)
async def read_report(request: Request, validation_id: UUID) -> Response:
    """Return the whole report: counts, summary by field and kind, and the errors with their cells.

    Its address is permanent, and so is its content: the report outlives the file. That of a package has a section
    for each file (`resources`), which is its report.
    """
    context: ValidationContext = context_of(request)
    row, stored = await operations.find(context, validation_id)
    headers = {"etag": strong_etag(stored), "cache-control": "no-cache"}
    if row["resources"] is None:
        headers["link"] = f'<{context.link(SCHEMA_PATH)}>; rel="describedby"; type="{SCHEMA_MEDIA}"'
    if not_modified(request, headers["etag"]):
        return Response(status_code=304, headers=headers)
    return Response(await validations.unpacked(stored), media_type="application/json", headers=headers)


@reports.get("/report/errors", response_model=ErrorPage, summary="Page through the errors")
async def list_errors(
    request: Request,
    validation_id: UUID,
    resource: Annotated[str | None, Query(max_length=500, description="Name of a file of a package.")] = None,
    field: Annotated[str | None, Query(max_length=500, description="Name of the field.")] = None,
    kind: Annotated[
        str | None, Query(alias="type", max_length=100, description="Kind: `type-error`, …")
    ] = None,
    row: Annotated[int | None, Query(ge=1, le=2**62, description="Row number; the header is 1.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """Return the errors that the report lists, page by page; all are counted, the first of each kind are listed."""
    after = decode_cursor(LISTING, cursor, [int])[0] if cursor is not None else -1
    context: ValidationContext = context_of(request)
    _, stored = await operations.find(context, validation_id)
    wanted = ErrorFilter(resource, field, kind, row)
    items, last = await operations.page(context, stored, wanted, after, limit)
    following = None if last is None else encode_cursor(LISTING, [last])
    document = {"items": orjson.Fragment(items), "next": following}
    headers = {}
    if following is not None:
        headers["link"] = next_link(request.url.path, request.query_params.multi_items(), following)
    return bytes_response(request, orjson.dumps(document), "application/json", headers)


def _add_document(document: Document) -> None:
    form = FORMS[document.form]

    async def read_document(request: Request, validation_id: UUID, lang: Lang = None) -> Response:
        context: ValidationContext = context_of(request)
        row, stored = await operations.find(context, validation_id)
        language = language_of(request, lang)
        headers = _headers(row, stored, document.extension, language, shown=document.shown)
        if document.form == "html":
            headers["content-security-policy"] = CONTENT_SECURITY_POLICY + "; frame-ancestors 'none'"
        if not_modified(request, headers["etag"]):
            return Response(status_code=304, headers=headers)
        body = await operations.written(context, row, stored, document.form, language)
        return Response(body, media_type=form.media_type, headers=headers)

    media_type = form.media_type.partition(";")[0]
    reports.add_api_route(
        f"/report.{document.extension}",
        read_document,
        name=f"read_report_{document.form}",
        summary=document.summary,
        description=document.description,
        response_class=Response,
        responses={200: {"content": {media_type: {"schema": {"type": "string"}}}}},
    )


for _document in DOCUMENTS:
    _add_document(_document)


@reports.get(
    "/report.xlsx",
    summary="The file with its errors coloured",
    response_class=Response,
    responses={200: {"content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def read_workbook(
    request: Request, validation_id: UUID, caller: CallerDep, lang: Lang = None
) -> Response:
    """Return the validated file as a workbook: cells in error are coloured and say why. As long as the file is kept.

    It is as much work as a validation, and counts as one.
    """
    context: ValidationContext = context_of(request)
    row, stored = await operations.find(context, validation_id)
    language = language_of(request, lang)
    headers = _headers(row, stored, "xlsx", language, shown=False)
    if not_modified(request, headers["etag"]):
        return Response(status_code=304, headers=headers)
    await count_hit(request, "validations", validations.rate_of(context, caller), caller.name)
    file = await operations.workbook(context, row, stored, language)
    headers["content-length"] = str(os.fstat(file.fileno()).st_size)
    return StreamingResponse(_pieces(file), media_type=XLSX, headers=headers)


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            yield piece


router.include_router(reports)


def _headers(
    row: Mapping[str, Any], stored: bytes, extension: str, language: Language, *, shown: bool
) -> dict[str, str]:
    """Return the headers of a form: its ETag says which report, form and language, made by which release."""
    made_of = b"\0".join([stored, extension.encode(), language.encode(), release().encode()])
    name = f"{row['filename'].rpartition('.')[0] or row['filename']}-rapport.{extension}"
    kind = "inline" if shown else "attachment"
    return {
        "etag": strong_etag(made_of),
        "cache-control": "no-cache",
        "content-language": language,
        "vary": "Accept-Language",
        "content-disposition": f"{kind}; filename=\"rapport.{extension}\"; filename*=UTF-8''{quote(name, safe='')}",
    }
