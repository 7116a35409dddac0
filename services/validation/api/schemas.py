"""`/validation/v1/schemas`: the Table Schemas known here, their documentation, files to start from, and a linter."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import ValidationError

from services.validation.domain.problems import MissingFile
from services.validation.domain.registry import SchemaChoice
from services.validation.domain.schema_changes import compare, summary
from services.validation.engine.render import documentation, template
from services.validation.operations import descriptors, matching
from services.validation.operations.context import ValidationContext
from services.validation.operations.validations import rate_of
from services.validation.schemas.schemas import (
    ComparisonView,
    HeaderInput,
    LintView,
    MatchesView,
    SchemaPage,
    SchemaQuery,
    SchemaSummary,
)
from shared.app import CallerDep, context_of, count_hit
from shared.caching import bytes_response, json_response, page_response
from shared.pagination import decode_cursor, encode_cursor
from shared.problems import InvalidRequest
from shared.requests import StrictRoute, bounded_json
from shared.uploads import UNBOUNDED, Field, FilePart, FormReader

router = APIRouter(prefix="/v1/schemas", tags=["schemas"], route_class=StrictRoute)

LISTING = "schemas"
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HTML = "text/html; charset=utf-8"

_MATCH_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {
                        "type": "string",
                        "format": "binary",
                        "description": "The file; of a text (CSV, TSV), its first megabyte is enough.",
                    }
                },
            }
        },
        "application/json": {"schema": HeaderInput.model_json_schema()},
    },
}


@router.get("", response_model=SchemaPage, summary="List and search schemas")
async def list_schemas(request: Request, query: Annotated[SchemaQuery, Query()]) -> Response:
    """List the schemas whose name, title or columns hold every word of `q` (accents and case ignored)."""
    context: ValidationContext = context_of(request)
    after = decode_cursor(LISTING, query.cursor, [str])[0] if query.cursor else ""
    names = [name for name in context.registry.search(query.q, query.owner) if name > after]
    shown = names[: query.limit]
    following = encode_cursor(LISTING, [shown[-1]]) if len(names) > query.limit else None
    return page_response(request, {"items": [_summary(context, name) for name in shown], "next": following})


@router.post(
    "/lint",
    response_model=LintView,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"type": "object", "description": "A Table Schema descriptor."}
                }
            },
        }
    },
    max_body_size=UNBOUNDED,
    summary="Check a schema",
)
async def lint_schema(request: Request, caller: CallerDep) -> Response:
    """Say what is wrong or doubtful in a schema, each finding with its place; misspelt keys with the right name."""
    context: ValidationContext = context_of(request)
    await count_hit(request, "lints", rate_of(context, caller), caller.name)
    return json_response(request, await descriptors.lint(context, request.stream()))


@router.post(
    "/match",
    response_model=MatchesView,
    openapi_extra={"requestBody": _MATCH_BODY},
    max_body_size=UNBOUNDED,
    summary="Find the schema of a file",
)
async def match_schemas(
    request: Request,
    caller: CallerDep,
    limit: Annotated[int, Query(ge=1, le=20, description="Schemas at most.")] = 5,
) -> Response:
    """Say which schemas fit a file, or the names of its columns, the best first, and why. Nothing is kept."""
    context: ValidationContext = context_of(request)
    await count_hit(request, "matches", rate_of(context, caller), caller.name)
    header = await _header(request, context)
    items = await matching.fits(context, header, limit)
    for item in items:
        item["links"] = _links(context, item["schema"], item["version"])
    return json_response(request, {"header": header, "items": items})


@router.get("/{owner}/{name}", response_model=SchemaSummary, summary="Versions of a schema")
async def read_schema(request: Request, owner: str, name: str) -> Response:
    """Return the versions of a schema, and where its documents are."""
    context: ValidationContext = context_of(request)
    return json_response(request, _summary(context, context.registry.choose(f"{owner}/{name}").name))


@router.get("/{owner}/{name}/versions/compare", response_model=ComparisonView, summary="Compare two versions")
async def compare_versions(
    request: Request,
    owner: str,
    name: str,
    before: Annotated[str, Query(alias="from", max_length=100, description="The version of departure.")],
    after: Annotated[
        str, Query(alias="to", max_length=100, description="The version of arrival.")
    ] = "latest",
) -> Response:
    """Return the fields added, removed and changed, and whether what was valid may be refused."""
    registry = context_of(request).registry
    old, new = (registry.choose(f"{owner}/{name}@{version}") for version in (before, after))
    changes = compare(registry.descriptor(old), registry.descriptor(new))
    document = {
        "name": old.name,
        "from": old.version,
        "to": new.version,
        "stricter": changes.stricter,
        "fields_added": [summary(field) for field in changes.added],
        "fields_removed": [summary(field) for field in changes.removed],
        "fields_changed": [asdict(field) for field in changes.changed],
        "rules_changed": [asdict(change) for change in changes.rules],
        "reordered": changes.reordered,
    }
    return json_response(request, document)


@router.get("/{owner}/{name}/{version}/schema.json", summary="The Table Schema")
async def read_descriptor(request: Request, owner: str, name: str, version: str) -> Response:
    """Return the descriptor of a version (`latest` is one)."""
    registry = context_of(request).registry
    return json_response(request, registry.descriptor(registry.choose(f"{owner}/{name}@{version}")))


@router.get("/{owner}/{name}/{version}/template.csv", summary="Empty CSV file")
async def read_template_csv(request: Request, owner: str, name: str, version: str) -> Response:
    """Return a file with the header only."""
    return _file(request, f"{owner}/{name}@{version}", "modele.csv", CSV, template.template_csv)


@router.get("/{owner}/{name}/{version}/template.xlsx", summary="Empty workbook with drop-down lists")
async def read_template_xlsx(request: Request, owner: str, name: str, version: str) -> Response:
    """Return a workbook to fill, with the rules and the allowed values of each column."""
    return _file(request, f"{owner}/{name}@{version}", "modele.xlsx", XLSX, template.template_xlsx)


@router.get("/{owner}/{name}/{version}/example.csv", summary="Example file")
async def read_example_csv(request: Request, owner: str, name: str, version: str) -> Response:
    """Return a file with one row made of the examples of the schema."""
    return _file(request, f"{owner}/{name}@{version}", "exemple.csv", CSV, template.example_csv)


@router.get("/{owner}/{name}/{version}/documentation.html", summary="Documentation for people")
async def read_documentation(request: Request, owner: str, name: str, version: str) -> Response:
    """Return the page that explains each column."""
    context: ValidationContext = context_of(request)
    choice = context.registry.choose(f"{owner}/{name}@{version}")
    links = _links(context, choice.name, choice.version)
    menu = [
        ("Modèle CSV", links["template_csv"]),
        ("Modèle Excel", links["template_xlsx"]),
        ("Exemple", links["example_csv"]),
        ("Table Schema (JSON)", links["schema"]),
    ]
    schema = context.registry.parsed(choice)
    page = documentation.documentation_html(schema, choice.name, str(choice.version), menu)
    headers = {"content-security-policy": documentation.CONTENT_SECURITY_POLICY}
    return bytes_response(request, page, HTML, headers)


async def _header(request: Request, context: ValidationContext) -> list[str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
        body = await bounded_json(request, context.settings.max_body_bytes)
        try:
            return HeaderInput.model_validate(body).header
        except ValidationError as error:
            raise RequestValidationError(
                [{**item, "loc": ("body", *item["loc"])} for item in error.errors()]
            ) from error
    header: list[str] | None = None
    async for part in FormReader(request):
        match part:
            case FilePart("file", filename, chunks) if header is None:
                header = await matching.header_of(context, filename, chunks)
            case Field(name) | FilePart(name):
                raise InvalidRequest.at(
                    f"/form/{name[:100]}",
                    fr="Un seul champ est attendu, « file », avec un seul fichier.",
                    en="A single field is expected, `file`, with a single file.",
                )
    if header is None:
        raise MissingFile(
            fr="Le formulaire n'a pas de fichier : joignez-le dans le champ « file » (curl : -F file=@export.csv).",
            en="The form has no file: attach it in the field `file` (curl: -F file=@export.csv).",
        )
    return header


def _file(
    request: Request, reference: str, label: str, media_type: str, make: Callable[[Any], bytes]
) -> Response:
    registry = context_of(request).registry
    choice: SchemaChoice = registry.choose(reference)
    short = choice.name.rpartition("/")[2]
    headers = {"content-disposition": f'attachment; filename="{short}-{choice.version}-{label}"'}
    return bytes_response(request, make(registry.parsed(choice)), media_type, headers)


def _summary(context: ValidationContext, name: str) -> dict[str, Any]:
    latest = context.registry.latest(name)
    return {
        "name": name,
        "title": context.registry.title(name),
        "latest": latest.version,
        "versions": context.registry.versions(name),
        "source": context.registry.source(latest),
        "links": _links(context, name, latest.version),
    }


def _links(context: ValidationContext, name: str, version: str | None) -> dict[str, str]:
    home = context.link(f"/validation/v1/schemas/{name}")
    return {
        "self": home,
        "schema": f"{home}/{version}/schema.json",
        "documentation": f"{home}/{version}/documentation.html",
        "template_csv": f"{home}/{version}/template.csv",
        "template_xlsx": f"{home}/{version}/template.xlsx",
        "example_csv": f"{home}/{version}/example.csv",
    }
