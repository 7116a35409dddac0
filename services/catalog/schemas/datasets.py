"""Bodies of a dataset."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError
from stdnum.exceptions import ValidationError
from stdnum.fr import siren

from services.catalog.domain.conformity import Conformity
from services.catalog.domain.vocabularies import FREQUENCIES, LICENSES


def _siren(value: str) -> str:
    try:
        number: str = siren.validate("".join(value.split()))
    except ValidationError as error:
        raise PydanticCustomError(
            "siren",
            "Not a SIREN: nine digits with a valid check digit are expected",
            {"fr": "ce n'est pas un SIREN : neuf chiffres, dont une clé de contrôle juste, sont attendus"},
        ) from error
    # Other alphabets' digits are digits too.
    return str(int(number)).zfill(9)


def _http_url(value: str) -> str:
    if not value.lower().startswith(("http://", "https://")):
        raise PydanticCustomError(
            "http_url",
            "The address must begin with http:// or https://",
            {"fr": "l'adresse doit commencer par http:// ou https://"},
        )
    return value


Siren = Annotated[str, Field(max_length=30), AfterValidator(_siren)]
HttpUrl = Annotated[str, Field(min_length=10, max_length=2000), AfterValidator(_http_url)]
Tag = Annotated[str, Field(min_length=1, max_length=96)]


def _one_of(values: tuple[str, ...]) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in values:
            raise PydanticCustomError(
                "literal_error", "Input should be one of: {expected}", {"expected": ", ".join(values)}
            )
        return value

    return check


License = Annotated[str, AfterValidator(_one_of(LICENSES)), Field(json_schema_extra={"enum": [*LICENSES]})]
Frequency = Annotated[
    str, AfterValidator(_one_of(FREQUENCIES)), Field(json_schema_extra={"enum": [*FREQUENCIES]})
]


class SchemaRef(BaseModel):
    """The Table Schema that a resource follows."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, examples=["scdl/deliberations"])
    version: str | None = Field(
        default=None, max_length=50, description="Exact version; the latest when omitted."
    )


class OrganizationRef(BaseModel):
    """The body that produces a dataset."""

    model_config = ConfigDict(extra="forbid")

    siren: Siren
    name: str = Field(min_length=1, max_length=350)


class ResourceInput(BaseModel):
    """A file of the dataset: published at `url`, or uploaded afterwards to its `content` link."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=350)
    description: str = Field(default="", max_length=100_000)
    url: HttpUrl | None = None
    format: str | None = Field(default=None, max_length=50)
    schema_: SchemaRef | None = Field(default=None, alias="schema")


class DatasetInput(BaseModel):
    """A dataset to register."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=350)
    description: str = Field(min_length=1, max_length=100_000)
    organization: OrganizationRef | None = None
    license: License = "notspecified"
    frequency: Frequency = "unknown"
    tags: list[Tag] = Field(default_factory=list, max_length=100)
    landing_page: HttpUrl | None = None
    resources: list[ResourceInput] = Field(default_factory=list, max_length=500)


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


class ResourceView(BaseModel):
    """A resource with its conformity."""

    id: UUID
    title: str
    description: str
    url: str | None
    format: str | None
    schema_: SchemaRef | None = Field(alias="schema")
    created_at: datetime
    modified_at: datetime
    conformity: ConformityView
    content: str = Field(description="Where to PUT the file of a resource without `url`.")


class DatasetView(BaseModel):
    """A dataset with its resources."""

    id: UUID
    title: str
    description: str
    organization: OrganizationRef | None
    license: str
    frequency: str
    tags: list[str]
    landing_page: str | None
    created_at: datetime
    modified_at: datetime
    resources: list[ResourceView]
    self: str


class DatasetPage(BaseModel):
    """A page of datasets."""

    items: list[DatasetView]
    next: str | None = Field(description="Cursor of the next page; null on the last.")
