"""`/validation/v1/schemas`: the Table Schemas known here, their documentation, files to start from, and a linter."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from services.validation.domain import registry
from services.validation.engine.render import documentation, template
from services.validation.operations.context import ValidationContext
from shared.app import context_of
from shared.caching import bytes_response, json_response
from shared.pagination import DEFAULT_LIMIT, Limit
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1/schemas", tags=["schemas"], route_class=StrictRoute)

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HTML = "text/html; charset=utf-8"
# A schema is larger than the other JSON bodies, and no real one comes near this.
MAX_DESCRIPTOR_BYTES = 10_000_000


class SchemaSummary(BaseModel):
    """A schema in a list."""

    name: str = Field(examples=["scdl/deliberations"])
    title: str
    latest: str
    versions: list[str]
    links: dict[str, str]


class SchemaList(BaseModel):
    """Schemas, in alphabetical order."""

    items: list[SchemaSummary]


class FindingView(BaseModel):
    """Something wrong, or doubtful, in a schema."""

    level: str = Field(description="`error`: the schema cannot be used; `warning`: it can.")
    pointer: str = Field(description="JSON pointer of the place in the descriptor.")
    key: str
    message: str
    message_en: str


class LintView(BaseModel):
    """What the linter thinks of a schema."""

    valid: bool
    findings: list[FindingView]


@router.get("", response_model=SchemaList, summary="List and search schemas")
async def list_schemas(
    request: Request,
    q: Annotated[str, Query(max_length=200, description="Words of the name, title or columns.")] = "",
    limit: Limit = DEFAULT_LIMIT,
) -> Response:
    """List the schemas whose name, title or columns hold every word of `q` (accents and case ignored)."""
    context: ValidationContext = context_of(request)
    found = registry.search(q)[:limit]
    return json_response(request, {"items": [_summary(context, name) for name in found]})


@router.post("/lint", response_model=LintView, max_body_size=MAX_DESCRIPTOR_BYTES, summary="Check a schema")
async def lint_schema(
    request: Request, descriptor: Annotated[dict[str, Any], Body(description="A Table Schema descriptor.")]
) -> Response:
    """Say what is wrong or doubtful in a schema, each finding with its place."""
    return json_response(request, registry.lint(descriptor))


@router.get("/{owner}/{name}", response_model=SchemaSummary, summary="Versions of a schema")
async def read_schema(request: Request, owner: str, name: str) -> Response:
    """Return the versions of a schema, and where its documents are."""
    choice = registry.choose(f"{owner}/{name}")
    return json_response(request, _summary(context_of(request), choice.name))


@router.get("/{owner}/{name}/{version}/schema.json", summary="The Table Schema")
async def read_descriptor(request: Request, owner: str, name: str, version: str) -> Response:
    """Return the descriptor of a version (`latest` is one)."""
    choice = registry.choose(f"{owner}/{name}@{version}")
    return json_response(request, registry.descriptor(choice))


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
    choice = registry.choose(f"{owner}/{name}@{version}")
    links = _links(context_of(request), choice.name, choice.version)
    menu = [
        ("Modèle CSV", links["template_csv"]),
        ("Modèle Excel", links["template_xlsx"]),
        ("Exemple", links["example_csv"]),
        ("Table Schema (JSON)", links["schema"]),
    ]
    page = documentation.documentation_html(registry.parsed(choice), choice.name, str(choice.version), menu)
    headers = {"content-security-policy": documentation.CONTENT_SECURITY_POLICY}
    return bytes_response(request, page, HTML, headers)


def _file(
    request: Request, reference: str, label: str, media_type: str, make: Callable[[Any], bytes]
) -> Response:
    choice = registry.choose(reference)
    short = choice.name.rpartition("/")[2]
    headers = {"content-disposition": f'attachment; filename="{short}-{choice.version}-{label}"'}
    return bytes_response(request, make(registry.parsed(choice)), media_type, headers)


def _summary(context: ValidationContext, name: str) -> dict[str, Any]:
    versions = registry.versions(name)
    return {
        "name": name,
        "title": registry.title(name),
        "latest": versions[-1],
        "versions": versions,
        "links": _links(context, name, versions[-1]),
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
