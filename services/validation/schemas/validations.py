"""Bodies of a validation."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.validation.domain.states import State
from shared.webhooks.schemas import CallbackInput

_COMMENTED_SCHEMA = (
    "`name`, `name@version`, the address of a Table Schema (http or https), or the Table Schema "
    "itself (an object)."
)

SchemaReference = Annotated[str, Field(min_length=1, max_length=2000)] | dict[str, Any]


class PackageResource(BaseModel):
    """A file of a package."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        min_length=1,
        max_length=100,
        pattern=r"^[A-Za-z0-9._/-]+$",
        description="By which the foreign keys of the other files refer to this one.",
    )
    path: str = Field(
        min_length=1,
        max_length=2000,
        description="Name of the file, as sent in this form; or its public address (http or https).",
    )
    schema_: SchemaReference = Field(alias="schema", description=_COMMENTED_SCHEMA)


class PackageRequest(BaseModel):
    """Files to validate together (a Data Package, reduced to what a validation needs)."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="datapackage", min_length=1, max_length=255)
    resources: list[PackageResource] = Field(min_length=1, max_length=200)


class ValidationRequest(BaseModel):
    """What to validate: one of `url`, `rows` and `package`; or `filename` alone, the content being sent apart."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"url": "https://data.exemple.fr/deliberations.csv", "schema": "scdl/deliberations"},
                {
                    "rows": [{"code": "01", "nombre": 12}, {"code": "02", "nombre": None}],
                    "schema": {"fields": [{"name": "code"}, {"name": "nombre", "type": "integer"}]},
                },
                {"filename": "deliberations.csv", "schema": "scdl/deliberations@2.1.5"},
            ]
        },
    )

    schema_: SchemaReference | None = Field(
        default=None, alias="schema", description=f"{_COMMENTED_SCHEMA} For a package, each file has its own."
    )
    url: str | None = Field(
        default=None, min_length=1, max_length=2000, description="Public address of the file (http or https)."
    )
    rows: list[Any] | None = Field(
        default=None,
        min_length=1,
        description="The rows themselves: objects, or lists of which the first is the header. Values are kept as a "
        "CSV file would hold them: a text as it is, `null` as an empty cell, `true`/`false`, a number in its shortest "
        "form, a list or an object as JSON. An identifier with leading zeros must be a text.",
    )
    package: PackageRequest | None = None
    filename: str | None = Field(
        default=None,
        min_length=1,
        max_length=2000,
        description="Name shown in the report. Alone, it announces a content sent next: `PUT` to `links.content`.",
    )
    callback: CallbackInput | None = Field(
        default=None, description="Where to POST the event `validation.completed` of this validation, once."
    )


class SourceView(BaseModel):
    """The file."""

    filename: str
    url: str | None
    size: int | None = Field(description="In bytes.")
    sha256: str | None


class SchemaView(BaseModel):
    """The schema, in the exact version used."""

    name: str = Field(
        description="Its name, its address, `inline` (given with the request) or `data-package` (one per file)."
    )
    version: str | None
    sha256: str | None = Field(description="Of the descriptor used, that `links.schema` leads to.")


class StatsView(BaseModel):
    """Counts, exact."""

    rows: int
    errors: int
    warnings: int


class ProgressView(BaseModel):
    """How far the validation is."""

    rows: int = Field(description="Rows judged.")
    bytes: int = Field(description="Bytes read.")
    bytes_total: int | None


class ProblemView(BaseModel):
    """Why there is no verdict."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    detail: str
    detail_en: str


class ResourceView(BaseModel):
    """A file of a package."""

    name: str
    outcome: Literal["valid", "invalid"] | None
    source: SourceView
    schema_: SchemaView = Field(alias="schema")
    stats: StatsView | None


class LinksView(BaseModel):
    """Where to go from here."""

    self: str
    report: str | None = Field(description="The report in JSON; its links are null until `state` is `done`.")
    report_errors: str | None = Field(description="Its errors, page by page and filtered.")
    report_html: str | None = Field(description="A page for people.")
    report_csv: str | None
    report_txt: str | None
    report_sarif: str | None
    report_junit: str | None
    report_xlsx: str | None = Field(description="The file with its errors coloured, as long as it is kept.")
    events: str = Field(description="Its progress, as server-sent events.")
    content: str | None = Field(description="Where the content is awaited (`PUT`).")
    schema_: str | None = Field(alias="schema", description="The exact descriptor used.")


class ValidationView(BaseModel):
    """A validation: its state, then its verdict."""

    id: UUID
    state: State
    outcome: Literal["valid", "invalid"] | None = Field(description="The verdict, once `state` is `done`.")
    private: bool = Field(description="Whether its owner alone may read it; otherwise its address is public.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    source: SourceView
    schema_: SchemaView = Field(alias="schema")
    engine_version: str | None
    reused_from: UUID | None = Field(
        description="The validation whose report this one was given: the same caller had sent the same bytes under the "
        "same name, for the same schema and options, to the same engine. `Cache-Control: no-cache` validates anew."
    )
    progress: ProgressView | None = Field(description="While `state` is `running`.")
    stats: StatsView | None
    problem: ProblemView | None
    resources: list[ResourceView] | None = Field(description="The files of a package.")
    links: LinksView
    report: dict[str, Any] | None = Field(
        default=None, description="The report, when it was ready within `Prefer: wait=N`."
    )
    token: str | None = Field(
        default=None,
        description="Only when it was made without an API key, and only in that answer: with the header "
        "`X-Validation-Token`, it allows to send the content, to cancel and to delete.",
    )


class ValidationPage(BaseModel):
    """One's own validations, the newest first."""

    items: list[ValidationView]
    next: str | None
