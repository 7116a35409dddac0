"""What the screens of a user interface are given; the parts are those of the other addresses."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.directory.schemas.atd import AtdSummary
from services.directory.schemas.collectivites import CollectiviteView
from services.directory.schemas.demande import DemandeView, LevelCode, NeedView
from services.directory.schemas.fields import TerritoireCode
from services.directory.schemas.observatoire import (
    BaseView,
    GroupView,
    IndicatorView,
    ObservatoireView,
    SeriesView,
)
from services.directory.schemas.progiciels import EditeurView, ProgicielView
from services.directory.schemas.usages import UsageSummary


class TerritoireQuery(BaseModel):
    """Of what territory the screen is."""

    model_config = ConfigDict(extra="forbid")

    territoire: TerritoireCode = Field(default="france", examples=["departement:21"])


class Totals(BaseModel):
    """How many entries of each kind the directory has."""

    collectivites: int
    collectivites_renseignees: int = Field(description="Bodies with at least one usage.")
    editeurs: int
    progiciels: int
    modules: int
    usages: int
    labels: int = Field(description="Labels in force.")
    atd: int


class HomeFigures(BaseModel):
    """The observatory of France, in short."""

    population: BaseView
    indicateurs: list[IndicatorView]
    series: list[SeriesView]
    par_territoire: list[GroupView]


class DomainTile(BaseModel):
    """A domain, as the home screen shows it."""

    code: str
    label: str
    label_en: str
    progiciels: int
    progiciels_conformes: int
    collectivites: int


class NewsView(BaseModel):
    """Something new."""

    type: str
    subject: str
    recorded_at: datetime


class HomeScreen(BaseModel):
    """The first screen."""

    totaux: Totals
    observatoire: HomeFigures
    domaines: list[DomainTile]
    classement: list[NeedView]
    methode: str = Field(description="How `domaines` and `classement` are counted.")
    methode_en: str
    nouveautes: list[NewsView]
    edition: str


class ObligationView(BaseModel):
    """Whether the law presumably obliges a body to publish; null for one that left the reference."""

    presumee: bool | None
    methode: str
    methode_en: str


class DatasetView(BaseModel):
    """A dataset that a body shows in the catalogue."""

    dataset_id: UUID
    title: str
    schemas: list[str]
    scdl: bool
    conforming: bool
    since: datetime


class UsageList(BaseModel):
    """The first usages."""

    items: list[UsageSummary]
    more: bool


class CollectiviteScreen(BaseModel):
    """The screen of a body."""

    collectivite: CollectiviteView
    obligation: ObligationView
    usages: UsageList
    jeux_de_donnees: list[DatasetView]
    observatoire: ObservatoireView | None
    animateurs: list[AtdSummary]
    links: dict[str, str]


class ProgicielNeed(BaseModel):
    """For a domain, who uses the application and what it offers."""

    domaine: str
    domaine_label: str
    collectivites: int
    demandes: int
    offre: LevelCode
    offre_label: str
    offre_label_en: str


class ProgicielScreen(BaseModel):
    """The screen of an application."""

    progiciel: ProgicielView
    demande: list[ProgicielNeed]
    usages: UsageList
    links: dict[str, str]


class DomaineRef(BaseModel):
    """A domain."""

    code: str
    label: str


class SoldView(BaseModel):
    """An application of a vendor, in short."""

    id: UUID
    nom: str
    description: str
    users: int
    domaines: list[DomaineRef]
    labels: int
    self: str


class EditeurScreen(BaseModel):
    """The screen of a vendor."""

    editeur: EditeurView
    progiciels: list[SoldView]
    usages: UsageList
    links: dict[str, str]


class TerritoireScreen(BaseModel):
    """The screen of a territory."""

    observatoire: ObservatoireView
    demande: DemandeView
    animateurs: list[AtdSummary]
    links: dict[str, str]


class EnumerationValue(BaseModel):
    """A value of an enumeration, and its labels."""

    value: str
    label: str
    label_en: str


Enumerations = dict[str, list[EnumerationValue]]
