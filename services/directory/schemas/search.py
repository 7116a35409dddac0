"""What the search over everything is asked and how it answers."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.directory.domain.search import MAX_QUERY
from services.directory.schemas.collectivites import MOST_CHOICES, CollectiviteSummary, FacetView
from services.directory.schemas.fields import (
    Cursor,
    DepartementCode,
    DomaineCode,
    LabelState,
    PointText,
    PopulationCode,
    RegionCode,
    Siren,
    TypeCode,
)
from shared.pagination import MAX_LIMIT

KindCode = Literal["collectivite", "domaine", "editeur", "progiciel"]


class SearchQuery(BaseModel):
    """What may be searched. The values of one filter are alternatives; different filters all apply."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(
        default="",
        max_length=MAX_QUERY,
        description="Name, former name, alias, SIREN, SIRET, INSEE code or postcode, complete or not.",
        examples=["st etienne"],
    )
    kind: list[KindCode] = Field(default=[], max_length=4, description="Kinds of entry; all when omitted.")
    type: list[TypeCode] = Field(default=[], max_length=MOST_CHOICES, description="Types of collectivité.")
    departement: list[DepartementCode] = Field(default=[], max_length=MOST_CHOICES)
    region: list[RegionCode] = Field(default=[], max_length=MOST_CHOICES)
    epci: list[Siren] = Field(default=[], max_length=MOST_CHOICES, description="Members of these groupings.")
    population: list[PopulationCode] = Field(default=[], max_length=MOST_CHOICES)
    progiciel: list[UUID] = Field(
        default=[], max_length=MOST_CHOICES, description="Bodies that use one of these applications."
    )
    domaine: list[DomaineCode] = Field(
        default=[],
        max_length=MOST_CHOICES,
        description="Bodies that use an application for it; applications with an export module for it.",
    )
    label: list[LabelState] = Field(
        default=[],
        max_length=MOST_CHOICES,
        description="Bodies that use an application whose label is in this state; `sans_label` when it has none.",
    )
    near: PointText | None = Field(
        default=None,
        description="`latitude,longitude`: the bodies around, the nearest first. Only bodies whose coordinates an "
        "edition of the observatory gives have a place.",
        examples=["47.32,5.04"],
    )
    radius: float = Field(default=30, gt=0, le=500, description="How far around, in kilometres.")
    limit: int = Field(default=20, ge=1, le=MAX_LIMIT, description="Items at most in one page.")
    cursor: Cursor = None

    def filters(self) -> dict[str, list[str]]:
        """Return the filters by facet."""
        names = ("type", "departement", "region", "epci", "population", "domaine", "label")
        return {name: getattr(self, name) for name in names} | {"progiciel": list(map(str, self.progiciel))}


class SearchItem(BaseModel):
    """An entry that answers the query; `label` tells it from its homonyms."""

    kind: KindCode
    kind_label: str
    id: str = Field(description="SIREN, id of the application, or code of the domain.")
    nom: str
    label: str
    distance_km: float | None
    collectivite: CollectiviteSummary | None = Field(description="The body in short, when it is one.")
    self: str


class SearchFacets(BaseModel):
    """How the results are spread; each facet is counted with the other filters applied."""

    kind: list[FacetView]
    type: list[FacetView]
    departement: list[FacetView]
    region: list[FacetView]
    epci: list[FacetView]
    population: list[FacetView]
    domaine: list[FacetView]
    progiciel: list[FacetView]
    label: list[FacetView]


class SearchPage(BaseModel):
    """A page of results, the best first."""

    items: list[SearchItem]
    next: str | None
    total: int
    facets: SearchFacets
    edition: str
