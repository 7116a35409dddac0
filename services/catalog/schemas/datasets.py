"""Bodies of a dataset: our own JSON in, and what is read."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from services.catalog.domain import record
from services.catalog.domain.conformity import Conformity
from services.catalog.domain.vocabularies.formats import format_of
from services.catalog.domain.vocabularies.schemas import SchemaRefused, resolve
from services.catalog.schemas.values import (
    ChecksumType,
    Email,
    Frequency,
    Granularity,
    HttpUrl,
    License,
    RemoteId,
    ResourceType,
    Siren,
    Siret,
    Tag,
    Theme,
    Word,
    Zone,
)

MOST_EXTRAS = 200


def _few(value: dict[str, Any]) -> dict[str, Any]:
    if len(value) > MOST_EXTRAS:
        raise PydanticCustomError(
            "too_many_extras",
            "At most {limit} members are accepted",
            {"limit": MOST_EXTRAS, "fr": f"{MOST_EXTRAS} membres au plus sont acceptés"},
        )
    return value


Extras = Annotated[dict[str, JsonValue], AfterValidator(_few)]


class Body(BaseModel):
    """Root of the bodies that clients send: a name that is not known is refused."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class SchemaRef(Body):
    """The Table Schema that a resource follows: a known name takes a version, an unknown one needs an address."""

    name: str | None = Field(
        default=None, min_length=1, max_length=200, examples=["scdl/deliberations"], description="Its name."
    )
    version: str | None = Field(
        default=None, max_length=50, description="Exact version; the latest when omitted or `latest`."
    )
    url: HttpUrl | None = Field(
        default=None,
        description="Address of a schema that is not known by name; a known one becomes its name.",
    )

    @model_validator(mode="after")
    def _in_its_one_form(self) -> Self:
        try:
            self.name, self.version, self.url = resolve(self.name, self.version, self.url)
        except SchemaRefused as refused:
            raise PydanticCustomError("schema_ref", str(refused), {"fr": refused.fr}) from refused
        return self


class OrganizationRef(Body):
    """The body that produces a dataset."""

    id: UUID | None = Field(default=None, description="Ours; ignored when it is sent.")
    siren: Siren | None = None
    siret: Siret | None = None
    name: str = Field(min_length=1, max_length=record.TITLE_LENGTH)
    remote_id: RemoteId | None = Field(default=None, description="Its identifier in the source.")
    acronym: str | None = Field(default=None, max_length=record.TITLE_LENGTH)
    url: HttpUrl | None = None

    def record(self) -> record.Organization:
        """Return it in the form of the domain."""
        number = self.siren or (self.siret[:9] if self.siret else None)
        return record.Organization(self.name, number, self.siret, self.remote_id, self.acronym, url=self.url)


class ContactPoint(Body):
    """Whom to ask: a service's mailbox rather than a person's."""

    name: str | None = Field(default=None, max_length=350)
    email: Email | None = None
    contact_form: HttpUrl | None = None
    role: str = Field(default="contact", max_length=50)


class TemporalCoverage(Body):
    """The period that the data are about, days included."""

    start: date | None = None
    end: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start and self.end and self.end < self.start:
            raise PydanticCustomError(
                "period", "The period ends before it starts", {"fr": "la période finit avant de commencer"}
            )
        return self


class Spatial(Body):
    """The territory that the data are about."""

    zones: list[Zone] = Field(default_factory=list, max_length=1000)
    granularity: Granularity | None = None
    geom: dict[str, JsonValue] | None = Field(default=None, description="A GeoJSON geometry.")


class ChecksumRef(Body):
    """A digest of a file."""

    type: ChecksumType
    value: str = Field(min_length=1, max_length=200)


class ResourceInput(Body):
    """A file of the dataset: published at `url`, or uploaded afterwards to its `content` link."""

    id: UUID | None = Field(default=None, description="Ours, to change a resource that is there already.")
    title: str = Field(min_length=1, max_length=record.TITLE_LENGTH)
    description: str = Field(default="", max_length=record.DESCRIPTION_LENGTH)
    type: ResourceType = "main"
    url: HttpUrl | None = None
    format: str | None = Field(default=None, max_length=50)
    mime: str | None = Field(default=None, max_length=200)
    filesize: int | None = Field(default=None, ge=0, le=2**63 - 1)
    checksum: ChecksumRef | None = None
    schema_: SchemaRef | None = Field(default=None, alias="schema")
    remote_id: RemoteId | None = Field(default=None, description="Its identifier in the source.")
    uri: Word | None = None
    issued: AwareDatetime | None = None
    modified: AwareDatetime | None = None
    extras: Extras = Field(default_factory=dict)
    harvest: Extras = Field(default_factory=dict)

    def record(self) -> record.Resource:
        """Return it in the form of the domain."""
        schema = self.schema_ or SchemaRef()
        extras, claims = record.split_claims(self.extras)
        return record.Resource(
            title=self.title,
            url=self.url,
            id=self.id,
            remote_id=self.remote_id,
            uri=self.uri,
            description=self.description,
            type=self.type,
            format=format_of(self.format),
            mime=self.mime,
            filesize=self.filesize,
            checksum=record.Checksum(self.checksum.type, self.checksum.value.lower())
            if self.checksum
            else None,
            schema_name=schema.name,
            schema_version=schema.version,
            schema_url=schema.url,
            created=self.issued,
            modified=self.modified,
            extras=extras,
            claims=claims,
            harvest=self.harvest,
        )


class DatasetInput(Body):
    """A dataset to register, or to put in the place of the one that is there."""

    title: str = Field(min_length=1, max_length=record.TITLE_LENGTH)
    description: str = Field(min_length=1, max_length=record.DESCRIPTION_LENGTH)
    description_short: str | None = Field(default=None, max_length=1000)
    acronym: str | None = Field(default=None, max_length=350)
    slug: Word | None = None
    uri: Word | None = Field(
        default=None, description="What names it everywhere: equal ones are linked, never merged."
    )
    organization: OrganizationRef | None = None
    license: License = "notspecified"
    frequency: Frequency = "unknown"
    frequency_date: AwareDatetime | None = Field(default=None, description="When the next update is due.")
    temporal_coverage: TemporalCoverage | None = None
    spatial: Spatial | None = None
    tags: list[Tag] = Field(default_factory=list, max_length=100)
    badges: list[Word] = Field(default_factory=list, max_length=100)
    themes: list[Theme] = Field(default_factory=list, max_length=20)
    contact_points: list[ContactPoint] = Field(default_factory=list, max_length=50)
    landing_page: HttpUrl | None = None
    private: bool = False
    archived: AwareDatetime | None = None
    issued: AwareDatetime | None = Field(default=None, description="When its portal first published it.")
    modified: AwareDatetime | None = Field(default=None, description="When its portal last changed it.")
    extras: Extras = Field(default_factory=dict)
    harvest: Extras = Field(default_factory=dict)
    resources: list[ResourceInput] = Field(default_factory=list, max_length=500)

    def record(self, remote_id: str | None = None) -> record.Record:
        """Return it in the form of the domain."""
        spatial = self.spatial or Spatial()
        coverage = self.temporal_coverage or TemporalCoverage()
        extras, claims = record.split_claims(self.extras)
        contacts = (record.Contact(c.name, c.email, c.contact_form, c.role) for c in self.contact_points)
        return record.Record(
            title=self.title,
            description=self.description,
            remote_id=remote_id,
            uri=self.uri,
            acronym=self.acronym,
            slug=self.slug,
            description_short=self.description_short,
            tags=tuple(dict.fromkeys(self.tags)),
            badges=tuple(dict.fromkeys(self.badges)),
            themes=tuple(dict.fromkeys(self.themes)),
            license=self.license,
            frequency=self.frequency,
            frequency_date=self.frequency_date,
            temporal_start=coverage.start,
            temporal_end=coverage.end,
            zones=tuple(dict.fromkeys(spatial.zones)),
            granularity=spatial.granularity,
            geom=spatial.geom,
            organization=self.organization.record() if self.organization else None,
            contact_points=tuple(contacts),
            landing_page=self.landing_page,
            private=self.private,
            archived=self.archived,
            created=self.issued,
            modified=self.modified,
            extras=extras,
            claims=claims,
            harvest=self.harvest,
            resources=tuple(resource.record() for resource in self.resources),
        )


class ConformityView(BaseModel):
    """The verdict on the present file and schema, and on what exactly it was given."""

    status: Conformity
    validation: str | None = Field(description="Link to the validation that gave it.")
    validated_at: datetime | None
    checksum: str | None = Field(description="SHA-256 of the bytes validated.")
    size: int | None
    schema_version: str | None
    rows: int | None
    errors: int | None
    warnings: int | None
    problem: str | None = Field(description="Why there is no verdict, when `status` is `error`.")


class VerdictView(ConformityView):
    """A verdict once given, for a file and a schema that may be past."""

    schema_name: str
    revision: int = Field(description="Which state of the file and schema it was given for.")


class VerdictList(BaseModel):
    """The last verdicts on a resource, newest first."""

    items: list[VerdictView]


class SuggestedSchema(BaseModel):
    """A schema that the columns of a file suggest."""

    name: str
    version: str | None
    score: float = Field(description="From 0 to 1: how far columns and fields are the same.")


class ResourceView(BaseModel):
    """A resource with its conformity."""

    id: UUID
    title: str
    description: str
    type: str
    url: str | None
    format: str | None
    mime: str | None
    filesize: int | None
    checksum: ChecksumRef | None = Field(description="As its portal tells it.")
    schema_: SchemaRef | None = Field(alias="schema")
    suggested_schemas: list[SuggestedSchema] = Field(
        description="Where none is declared: those that its columns suggest, the best first. They judge nothing."
    )
    remote_id: str | None
    uri: str | None
    issued: datetime | None
    modified: datetime | None
    extras: dict[str, Any]
    claims: dict[str, Any] = Field(description="Verdicts that others give of it: claims, never ours.")
    harvest: dict[str, Any]
    created_at: datetime
    modified_at: datetime
    conformity: ConformityView
    content: str = Field(description="Where to PUT the file of a resource without `url`.")


class DatasetView(BaseModel):
    """A dataset with its resources."""

    id: UUID
    source: str | None = Field(description="Slug of the source that it comes from.")
    remote_id: str | None = Field(description="Its identifier in that source.")
    uri: str | None
    same_as: list[str] = Field(description="Links to the datasets of other sources that have the same `uri`.")
    title: str
    acronym: str | None
    slug: str | None
    description: str
    description_short: str | None
    organization: OrganizationRef | None
    license: str
    frequency: str
    frequency_date: datetime | None
    temporal_coverage: TemporalCoverage | None
    spatial: Spatial | None
    tags: list[str]
    badges: list[str]
    themes: list[str]
    contact_points: list[ContactPoint]
    landing_page: str | None
    private: bool
    archived: datetime | None
    deleted: datetime | None
    issued: datetime | None
    modified: datetime | None
    extras: dict[str, Any]
    claims: dict[str, Any] = Field(description="Verdicts that others give of it: claims, never ours.")
    harvest: dict[str, Any]
    created_at: datetime
    modified_at: datetime
    conformity: Conformity = Field(description="The worst of its resources that name a schema.")
    resources: list[ResourceView]
    self: str


class DatasetPage(BaseModel):
    """A page of datasets."""

    items: list[DatasetView]
    next: str | None = Field(description="Cursor of the next page; null on the last.")
