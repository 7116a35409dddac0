"""What demand and supply are asked and how they are shown."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.directory.schemas.fields import DomaineCode, TerritoireCode
from services.directory.schemas.usages import SoftwareRef, VendorRef
from shared.pagination import DEFAULT_LIMIT, MAX_LIMIT

LevelCode = Literal["conforme", "module", "aucun"]


class DemandeQuery(BaseModel):
    """Of what territory and domain demand is asked."""

    model_config = ConfigDict(extra="forbid")

    territoire: TerritoireCode = Field(
        default="france",
        description="`france`, `region:27`, `departement:21`, `epci:<SIREN>` or `commune:<INSEE code>`.",
        examples=["region:27"],
    )
    domaine: DomaineCode | None = Field(
        default=None, description="One domain only.", examples=["deliberations"]
    )
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Length of the ranking.")


class ReachView(BaseModel):
    """How many bodies, how many presumed under the legal obligation, inhabitants of the communes among them."""

    bodies: int
    obliged: int
    inhabitants: int


class SupplyView(ReachView):
    """What bodies have for a domain."""

    code: LevelCode
    label: str
    label_en: str


class DomainDemandView(BaseModel):
    """Demand and supply for one domain."""

    code: str
    label: str
    label_en: str
    progiciels: int
    progiciels_conformes: int
    total: ReachView
    offre: list[SupplyView]


class NeedView(ReachView):
    """An application without a conforming export, and whom it leaves without one."""

    rang: int
    progiciel: SoftwareRef
    editeur: VendorRef
    domaine: str
    domaine_label: str
    offre: LevelCode
    offre_label: str
    wanting: int = Field(description="Bodies that said they want the export.")


class NamedTerritoire(BaseModel):
    """A territory."""

    code: str
    nom: str


class PopulationBase(BaseModel):
    """What inhabitants are counted by."""

    base: Literal["municipale"]
    year: int | None


class DemandeView(BaseModel):
    """Demand and supply in a territory, with the method."""

    territoire: NamedTerritoire
    population: PopulationBase
    methode: str
    methode_en: str
    domaines: list[DomainDemandView]
    classement: list[NeedView]
    total: int
