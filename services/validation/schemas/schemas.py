"""Bodies of the schemas: lists, findings of the linter, changes between versions, matches of a header."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.pagination import DEFAULT_LIMIT, Cursor, Limit


class SchemaQuery(BaseModel):
    """What a list of schemas is narrowed to."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(default="", max_length=200, description="Words of the name, title or columns.")
    owner: str | None = Field(
        default=None, max_length=100, description="Only the schemas whose name begins so: `scdl`, `etalab`…"
    )
    cursor: Cursor = None
    limit: Limit = DEFAULT_LIMIT


class SchemaSummary(BaseModel):
    """A schema in a list."""

    name: str = Field(examples=["scdl/deliberations"])
    title: str
    latest: str = Field(description="The most recent version that is not a pre-release.")
    versions: list[str] = Field(description="By semantic version, the oldest first.")
    source: Literal["bundle", "registry"] = Field(
        description="Where the latest version comes from: it ships with Socle, or the national registry gave it."
    )
    links: dict[str, str]


class SchemaPage(BaseModel):
    """Schemas, in alphabetical order."""

    items: list[SchemaSummary]
    next: str | None = Field(description="Cursor of the next page; null on the last.")


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


class FieldSummary(BaseModel):
    """A field added or removed."""

    name: str
    title: str | None
    type: str
    required: bool


class PropertyChangeView(BaseModel):
    """A property that differs; null where it is absent."""

    property: str = Field(examples=["constraints.required"])
    before: Any
    after: Any
    stricter: bool = Field(description="A value accepted before may be refused now.")


class FieldChangeView(BaseModel):
    """A field that is in both versions."""

    name: str
    changes: list[PropertyChangeView]


class ComparisonView(BaseModel):
    """What changed from one version of a schema to another."""

    name: str
    from_: str = Field(alias="from")
    to: str
    stricter: bool = Field(description="A file valid under `from` may be refused under `to`.")
    fields_added: list[FieldSummary]
    fields_removed: list[FieldSummary]
    fields_changed: list[FieldChangeView]
    rules_changed: list[PropertyChangeView] = Field(
        description="Rules of the whole table: missing values, keys, checks."
    )
    reordered: bool = Field(description="The fields in common are in another order.")


class HeaderInput(BaseModel):
    """The names of the columns of a file, in their order."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"header": ["COLL_NOM", "COLL_SIRET", "DELIB_DATE"]}]}
    )

    header: list[Annotated[str, StringConstraints(max_length=500)]] = Field(min_length=1, max_length=2_000)


class RenamedView(BaseModel):
    """A column taken for a field of another spelling."""

    column: str
    field: str
    similarity: float = Field(description="From 0 to 1.")


class MatchView(BaseModel):
    """A schema that may fit, and why."""

    schema_: str = Field(alias="schema", examples=["scdl/deliberations"])
    version: str
    title: str
    score: float = Field(description="From 0 to 1; a renamed column counts for half.")
    found: list[str]
    renamed: list[RenamedView]
    missing_required: list[str]
    missing_optional: list[str]
    extra: list[str] = Field(description="Columns that the schema does not know.")
    links: dict[str, str]


class MatchesView(BaseModel):
    """The header read, and the schemas that share anything with it, the best first."""

    header: list[str]
    items: list[MatchView]
