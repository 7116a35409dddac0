"""Territorial data facilitators: what is sent and what is shown."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.directory.domain.contacts import is_email, is_function_mailbox
from services.directory.domain.identifiers import InvalidIdentifier
from services.directory.schemas.fields import DepartementCode, HttpUrl, Name, RegionCode, Siren
from services.directory.schemas.history import PageQuery
from services.directory.schemas.usages import CollectiviteRef

EchelleCode = Literal["intercommunal", "departemental", "regional"]
MOST_TERRITORIES = 2000


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class AtdQuery(PageQuery):
    """Which facilitators are wanted."""

    q: str = Field(default="", max_length=200, description="Part of the name.")
    echelle: EchelleCode | None = None
    siren: Siren | None = Field(default=None, description="Those that support this collectivité.")
    departement: DepartementCode | None = Field(default=None, description="Those that support bodies of it.")
    region: RegionCode | None = Field(default=None, description="Those that support bodies of it.")


class OfferFields(_Input):
    """What a facilitator offers, in six sections (plain text)."""

    contexte: str = Field(default="", max_length=5000)
    objectifs: str = Field(default="", max_length=5000)
    alliances: str = Field(default="", max_length=5000)
    beneficiaires: str = Field(default="", max_length=5000)
    dispositifs: str = Field(default="", max_length=5000)
    resultats_attendus: str = Field(default="", max_length=5000)


class TerritoriesFields(_Input):
    """Whom it supports: bodies one by one, or all those of a grouping, département or région."""

    collectivites: list[Siren] = Field(default=[], max_length=MOST_TERRITORIES)
    epci: list[Siren] = Field(
        default=[], max_length=MOST_TERRITORIES, description="Groupings and their members."
    )
    departements: list[DepartementCode] = Field(default=[], max_length=200)
    regions: list[RegionCode] = Field(default=[], max_length=50)

    def rows(self) -> set[tuple[str, str]]:
        """Return (kind, code) of each."""
        listed = {
            "collectivite": self.collectivites,
            "epci": self.epci,
            "departement": self.departements,
            "region": self.regions,
        }
        return {(kind, code) for kind, codes in listed.items() for code in codes}


class AtdEdit(_Input):
    """A facilitator, its offer, and whom it supports."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "nom": "Animation de la donnée en Côte-d'Or",
                    "echelle": "departemental",
                    "offre": {"objectifs": "Cent communes ouvertes en 2027"},
                    "territoires": {"departements": ["21"]},
                }
            ]
        }
    )

    nom: Name
    echelle: EchelleCode
    url: HttpUrl | None = None
    email: str | None = Field(
        default=None, max_length=254, description="Mailbox of a function: it is public."
    )
    offre: OfferFields = Field(default_factory=OfferFields)
    territoires: TerritoriesFields = Field(default_factory=TerritoriesFields)

    @model_validator(mode="after")
    def _public_mailbox(self) -> Self:
        if self.email is not None and not (is_email(self.email) and is_function_mailbox(self.email)):
            raise InvalidIdentifier(
                "l'adresse est publique : donnez celle d'une fonction (contact@, opendata@…), pas d'une personne.",
                "the address is public: give that of a function (contact@, opendata@…), not of a person.",
            )
        return self


class AtdInput(AtdEdit):
    """A facilitator, by the SIREN of the body that carries it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "siren": "212102313",
                    "nom": "Animation de la donnée en Côte-d'Or",
                    "echelle": "departemental",
                    "email": "opendata@ville.example",
                    "offre": {
                        "contexte": "Un département rural",
                        "dispositifs": "Ateliers, plateforme mutualisée",
                    },
                    "territoires": {"departements": ["21"]},
                }
            ]
        }
    )

    siren: Siren


class AtdSummary(BaseModel):
    """A facilitator, as lists show it."""

    id: UUID
    siren: str
    nom: str
    echelle: EchelleCode
    echelle_label: str
    url: str | None
    created_at: datetime
    modified_at: datetime | None
    self: str


class TerritoriesView(BaseModel):
    """Whom it supports."""

    collectivites: list[str]
    epci: list[str]
    departements: list[str]
    regions: list[str]


class ThemeCount(BaseModel):
    """Datasets of a theme."""

    theme: str
    count: int


class IndicatorsView(BaseModel):
    """What is published by those it supports, counted from the catalogue."""

    supported: int = Field(description="Collectivités that it supports, of the reference in force.")
    opened: int = Field(description="Those of them with at least one dataset in the catalogue.")
    datasets: int
    reuses: int
    themes: list[ThemeCount]
    methode: str
    methode_en: str


class AtdView(AtdSummary):
    """A facilitator, its offer, whom it supports and what that gives."""

    email: str | None
    offre: OfferFields
    territoires: TerritoriesView
    indicateurs: IndicatorsView
    links: dict[str, str]


class AtdPage(BaseModel):
    """A page of facilitators."""

    items: list[AtdSummary]
    next: str | None


class SupportedPage(BaseModel):
    """A page of the collectivités that a facilitator supports, by SIREN."""

    items: list[CollectiviteRef]
    next: str | None
