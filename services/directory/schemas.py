"""Bodies and parameters of the directory API."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.functional_validators import AfterValidator, BeforeValidator

from services.directory.domain.collectivites import POPULATION_CLASSES, TYPES
from services.directory.domain.identifiers import InvalidIdentifier, clean, parse_code_insee, parse_siren
from services.directory.domain.search import MAX_QUERY
from services.directory.domain.territoires import DEPARTEMENTS, REGIONS
from shared.pagination import DEFAULT_LIMIT, MAX_LIMIT

MOST_CHOICES = 200


def _known(value: str, known: dict[str, object], fr: str, en: str) -> str:
    if value not in known:
        raise InvalidIdentifier(f"{fr} : {', '.join(known)}.", f"{en}: {', '.join(known)}.")
    return value


def _type(value: str) -> str:
    return _known(clean(value), dict(TYPES), "le type doit être l'un de", "the type must be one of")


def _departement(value: str) -> str:
    return _known(
        clean(value),
        dict(DEPARTEMENTS),
        "le code de département doit être l'un de",
        "the code of a département must be one of",
    )


def _region(value: str) -> str:
    return _known(
        clean(value),
        dict(REGIONS),
        "le code de région doit être l'un de",
        "the code of a région must be one of",
    )


def _population(value: str) -> str:
    known: dict[str, object] = {found.code: found for found in POPULATION_CLASSES}
    return _known(
        value, known, "la classe de population doit être l'une de", "the population class must be one of"
    )


def _emptied(value: object) -> object:
    return value or None


Choice = Annotated[str, Field(max_length=100)]
TypeCode = Annotated[Choice, AfterValidator(_type)]
DepartementCode = Annotated[Choice, AfterValidator(_departement)]
RegionCode = Annotated[Choice, AfterValidator(_region)]
PopulationCode = Annotated[Choice, AfterValidator(_population)]
Siren = Annotated[Choice, AfterValidator(parse_siren)]
InseeCode = Annotated[Choice, AfterValidator(parse_code_insee)]


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
    cursor: Annotated[str | None, BeforeValidator(_emptied)] = Field(
        default=None, max_length=1000, description="The `next` of the page before; omit it for the first."
    )

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
