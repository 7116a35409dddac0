"""What the collectivités are asked and how they are shown."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.directory.domain.collectivites import POPULATION_CLASSES, TYPES
from services.directory.domain.search import MAX_QUERY
from services.directory.schemas.fields import (
    Cursor,
    DepartementCode,
    InseeCode,
    PopulationCode,
    RegionCode,
    Siren,
    TypeCode,
)
from shared.pagination import DEFAULT_LIMIT, MAX_LIMIT

MOST_CHOICES = 200


class CollectiviteQuery(BaseModel):
    """What a list of collectivités may be asked. The values of one filter are alternatives."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(
        default="",
        max_length=MAX_QUERY,
        description="Name, former name, SIREN, SIRET, INSEE code or postcode, complete or not, as people type it.",
    )
    code_insee: InseeCode | None = Field(default=None, description="Exact INSEE code, present or former.")
    type: list[TypeCode] = Field(default=[], max_length=MOST_CHOICES, description=f"{', '.join(TYPES)}.")
    departement: list[DepartementCode] = Field(
        default=[], max_length=MOST_CHOICES, description="Codes of départements."
    )
    region: list[RegionCode] = Field(default=[], max_length=MOST_CHOICES, description="Codes of régions.")
    epci: list[Siren] = Field(
        default=[], max_length=MOST_CHOICES, description="SIREN of groupings: their member communes."
    )
    population: list[PopulationCode] = Field(
        default=[],
        max_length=MOST_CHOICES,
        description=f"Population classes: {', '.join(found.code for found in POPULATION_CLASSES)}.",
    )
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Items at most in one page.")
    cursor: Cursor = None

    def filters(self) -> dict[str, list[str]]:
        """Return the filters by facet."""
        return {
            "type": self.type,
            "departement": self.departement,
            "region": self.region,
            "epci": self.epci,
            "population": self.population,
        }


class PopulationView(BaseModel):
    """A number of inhabitants, with what it counts and the year it is in force."""

    value: int
    base: Literal["municipale"]
    year: int
    class_: str = Field(alias="class")


class EpciView(BaseModel):
    """The grouping that a commune belongs to."""

    siren: str
    nom: str


class AliasView(BaseModel):
    """What a body was called or coded before, or a part of it."""

    code: str
    nom: str | None
    nature: str


class CollectiviteSummary(BaseModel):
    """A collectivité or grouping, as lists show it; `label` tells it from its homonyms."""

    siren: str
    type: str
    type_label: str
    nom: str
    label: str
    code_insee: str | None
    code_departement: str | None
    departement: str | None
    code_region: str | None
    region: str | None
    siren_epci: str | None
    epci: EpciView | None
    population: PopulationView
    matched: AliasView | None = Field(
        description="The former name or code by which it was found, when it was."
    )
    self: str


class FacetView(BaseModel):
    """A value of a facet: how many results have it, the other filters applied."""

    value: str
    count: int
    label: str
    label_en: str


class FacetsView(BaseModel):
    """How the results are spread. `epci` holds the twenty most met."""

    type: list[FacetView]
    departement: list[FacetView]
    region: list[FacetView]
    epci: list[FacetView]
    population: list[FacetView]


class CollectivitePage(BaseModel):
    """A page of collectivités."""

    items: list[CollectiviteSummary]
    next: str | None
    total: int
    facets: FacetsView
    edition: str = Field(description="Edition of the reference (year and revision).")


class LinksView(BaseModel):
    """Where to go from here."""

    members: str | None


class CollectiviteView(BaseModel):
    """A collectivité or grouping, with all that the reference says of it."""

    siren: str
    type: str
    type_label: str
    nom: str
    label: str
    code_insee: str | None
    code_departement: str | None
    departement: str | None
    code_region: str | None
    region: str | None
    siren_epci: str | None
    epci: EpciView | None
    population: PopulationView
    codes_postaux: list[str]
    aliases: list[AliasView]
    modified_at: datetime
    removed_at: datetime | None = Field(description="When it left the reference, if it did.")
    self: str
    links: LinksView
