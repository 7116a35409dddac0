"""Bodies of a validation."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

State = Literal["queued", "running", "done", "failed", "cancelled"]


class ValidationRequest(BaseModel):
    """A file published at an address, to validate."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"url": "https://data.exemple.fr/deliberations.csv", "schema": "scdl/deliberations"}]
        },
    )

    url: str = Field(min_length=1, max_length=2000, description="Public address of the file (http or https).")
    schema_: str = Field(
        alias="schema", min_length=1, max_length=500, description="`name` or `name@version`."
    )


class SourceView(BaseModel):
    """The file."""

    filename: str
    url: str | None
    size: int | None = Field(description="In bytes.")
    sha256: str | None


class SchemaView(BaseModel):
    """The schema, in the exact version used."""

    name: str
    version: str | None


class StatsView(BaseModel):
    """Counts, exact."""

    rows: int
    errors: int
    warnings: int


class ProblemView(BaseModel):
    """Why there is no verdict."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    detail: str
    detail_en: str


class LinksView(BaseModel):
    """Where to go from here."""

    self: str
    report: str | None


class ValidationView(BaseModel):
    """A validation: its state, then its verdict."""

    id: UUID
    state: State
    outcome: Literal["valid", "invalid"] | None = Field(description="The verdict, once `state` is `done`.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    source: SourceView
    schema_: SchemaView = Field(alias="schema")
    engine_version: str | None
    stats: StatsView | None
    problem: ProblemView | None
    links: LinksView
    report: dict[str, Any] | None = Field(
        default=None, description="The report, when it was ready within `Prefer: wait=N`."
    )
