"""What the observatory is asked and how it answers."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.directory.schemas.fields import Cursor, PopulationCode, TerritoireCode, TypeCode
from shared.pagination import DEFAULT_LIMIT, MAX_LIMIT

MOST_CHOICES = 50
OutcomeCode = Literal["siren", "siren_nettoye", "ancienne_commune", "nom", "hors_referentiel", "siren_refuse"]


class ObservatoireQuery(BaseModel):
    """What the observatory may be asked. The values of one filter are alternatives."""

    model_config = ConfigDict(extra="forbid")

    territoire: TerritoireCode = Field(
        default="france",
        description="`france`, `region:27`, `departement:21`, `epci:<SIREN>` or `commune:<INSEE code>`.",
        examples=["departement:21"],
    )
    type: list[TypeCode] = Field(
        default=[], max_length=MOST_CHOICES, description="Types of body.", examples=[["COM", "CC"]]
    )
    population: list[PopulationCode] = Field(
        default=[], max_length=MOST_CHOICES, description="Population classes.", examples=[["3500-9999"]]
    )


class TerritoireView(BaseModel):
    """The territory that was asked."""

    code: str
    niveau: str
    niveau_label: str
    nom: str


class BaseView(BaseModel):
    """What the figures are counted on."""

    base: Literal["municipale"]
    year: int | None
    bodies: int
    inhabitants: int


class IndicatorBase(BaseModel):
    """What one figure is counted on: number of bodies, definition and year of their populations."""

    bodies: int
    population: Literal["municipale"]
    year: int | None


class IndicatorView(BaseModel):
    """One figure, with all that is needed to quote it."""

    code: str
    label: str
    label_en: str
    value: int
    base: IndicatorBase
    sources: list[str]
    methode: str
    methode_en: str


class PointView(BaseModel):
    """One point of a curve: a day and the figure on it."""

    date: date
    value: int


class SeriesView(BaseModel):
    """One curve."""

    code: str
    label: str
    label_en: str
    points: list[PointView]


class GroupView(BaseModel):
    """The figures of a part: a type, a population class, a territory below."""

    code: str
    label: str
    label_en: str
    bodies: int
    obliged: int
    publishing: int
    obliged_publishing: int
    datasets: int
    scdl_datasets: int
    conforming_datasets: int
    inhabitants: int
    inhabitants_served: int


class OutsideView(BaseModel):
    """Bodies that publish and are not of the reference."""

    label: str
    label_en: str
    publishing: int
    datasets: int
    year: int | None


class ObservatoireView(BaseModel):
    """The observatory of a territory."""

    territoire: TerritoireView
    filtres: dict[str, list[str]]
    population: BaseView
    indicateurs: list[IndicatorView]
    series: list[SeriesView]
    par_type: list[GroupView]
    par_population: list[GroupView]
    par_territoire: list[GroupView]
    hors_referentiel: OutsideView
    edition: str


class OutcomeCount(BaseModel):
    """How many rows came to an outcome."""

    code: OutcomeCode
    label: str
    label_en: str
    count: int


class ImportView(BaseModel):
    """A file that was brought in, and what became of its rows."""

    id: UUID
    kind: Literal["organismes", "plateformes"]
    year: int
    filename: str
    checksum: str = Field(description="SHA-256 of the file.")
    edition: str = Field(description="Edition of the reference that rows were matched with.")
    rows: int
    in_force: bool
    imported_at: datetime
    outcomes: list[OutcomeCount]
    self: str
    links: dict[str, str]


class ImportList(BaseModel):
    """What was brought in, the newest first."""

    items: list[ImportView]


class LigneQuery(BaseModel):
    """Which rows of an import are wanted."""

    model_config = ConfigDict(extra="forbid")

    outcome: list[OutcomeCode] = Field(default=[], max_length=10, description="Outcomes; all when omitted.")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Items at most in one page.")
    cursor: Cursor = None


class LigneView(BaseModel):
    """A row of a file, as it was written, and what became of it."""

    number: int = Field(description="Line of the file; the heading is line 1.")
    nom: str
    type: str
    siren: str | None = Field(
        description="SIREN it goes by: of the reference, or its own; none when refused."
    )
    outcome: OutcomeCode
    outcome_label: str
    reason: str
    reason_en: str
    datasets: int
    content: dict[str, Any] = Field(description="The row, every column, as it was written.")


class LignePage(BaseModel):
    """A page of rows."""

    items: list[LigneView]
    next: str | None
