"""Vendors, applications, versions and export modules: what is sent and what is shown."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.directory.schemas.fields import Cursor, DomaineCode, HttpUrl, Name, PastDate, Siren
from services.directory.schemas.usages import ClaimView, Policy, SourceInput, StatusCode
from shared.pagination import DEFAULT_LIMIT, MAX_LIMIT


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class EditeurQuery(BaseModel):
    """What the list of vendors may be asked."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(default="", max_length=200, description="Part of the name.")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Items at most in one page.")
    cursor: Cursor = None


class ProgicielQuery(EditeurQuery):
    """What the list of applications may be asked."""

    editeur: Siren | None = Field(default=None, description="SIREN of the vendor.")
    domaine: DomaineCode | None = Field(default=None, description="Those with an export module for it.")


class EditeurEdit(_Input):
    """What is said of a vendor."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"nom": "Logiciels d'exemple", "url": "https://logiciels.example"}]}
    )

    nom: Name
    url: HttpUrl | None = None


class EditeurInput(EditeurEdit):
    """A vendor, by its SIREN."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"siren": "852356583", "nom": "Logiciels d'exemple", "url": "https://logiciels.example"}
            ]
        }
    )

    siren: Siren


class ProgicielEdit(_Input):
    """What is said of a business application."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "nom": "Séances",
                    "description": "Prépare et publie les délibérations.",
                    "url": "https://logiciels.example/seances",
                }
            ]
        }
    )

    nom: Name
    description: str = Field(default="", max_length=2000)
    url: HttpUrl | None = None


class ProgicielInput(ProgicielEdit):
    """A business application of a vendor already listed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "editeur": "852356583",
                    "nom": "Séances",
                    "description": "Prépare et publie les délibérations.",
                }
            ]
        }
    )

    editeur: Siren = Field(description="SIREN of the vendor.")


class VersionInput(_Input):
    """A version of an application."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"number": "5.1", "released_on": "2026-01-15"}]}
    )

    number: str = Field(min_length=1, max_length=50)
    released_on: PastDate | None = None


class SchemaRef(_Input):
    """The Table Schema that an export follows."""

    name: str = Field(min_length=1, max_length=200, examples=["scdl/deliberations"])
    version: str = Field(default="", max_length=50, description="Exact version; empty when it is not known.")


class ModuleEdit(_Input):
    """On which terms an export module is had."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "policy": "option_payante",
                    "price_note": "Selon la population",
                    "available_since": "2026-01-15",
                }
            ]
        }
    )

    policy: Policy = Field(description="Commercial policy: included, free option, paid option, on quote.")
    price_note: str = Field(default="", max_length=500)
    available_since: date | None = None


class ModuleInput(ModuleEdit):
    """An export module, on which terms it is had, and who says so."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "domaine": "deliberations",
                    "schema": {"name": "scdl/deliberations", "version": "2.1.5"},
                    "policy": "inclus",
                    "available_since": "2026-01-15",
                    "source": {"kind": "editeur", "url": "https://logiciels.example/seances/export"},
                }
            ]
        }
    )

    domaine: DomaineCode
    schema_: SchemaRef = Field(alias="schema")
    source: SourceInput
    stated_on: PastDate | None = Field(default=None, description="When it was said; today when omitted.")


class EditeurRef(BaseModel):
    """A vendor, in short."""

    siren: str
    nom: str
    self: str


class ProgicielSummary(BaseModel):
    """An application, as lists show it."""

    id: UUID
    nom: str
    editeur: EditeurRef
    description: str
    url: str | None
    created_at: datetime
    self: str


class EditeurSummary(BaseModel):
    """A vendor, as lists show it."""

    siren: str
    nom: str
    url: str | None
    progiciels: int = Field(description="Number of its applications.")
    claimed: bool = Field(description="Whether the vendor itself took charge of its page.")
    created_at: datetime
    self: str


class EditeurView(EditeurSummary):
    """A vendor, with links to what it sells."""

    links: dict[str, str]


class VersionView(BaseModel):
    """A version."""

    id: UUID
    number: str
    released_on: date | None


class LabelView(BaseModel):
    """A label "Conformité OpenData SCDL", as the validation service last told it."""

    id: UUID
    schema_: SchemaRef = Field(alias="schema")
    version_id: UUID | None
    module_id: UUID | None
    assurance: str
    state: str
    state_label: str
    valid: bool = Field(description="Whether it is in force today.")
    valid_from: date
    valid_until: date
    verify_url: str = Field(description="Page on which anybody checks it.")
    reason: str


class ModuleView(BaseModel):
    """An export module and what is to be thought of it."""

    id: UUID
    domaine: str
    domaine_label: str
    schema_: SchemaRef = Field(alias="schema")
    policy: Policy
    price_note: str
    available_since: date | None
    status: StatusCode
    status_label: str
    valid_until: date
    assurance: Literal["declare", "verifie", "confirme"] = Field(
        description="How far its conformity is established: the vendor's word, then that of its labels in force."
    )
    assurance_label: str
    labels: list[LabelView]
    self: str


class PolicyView(BaseModel):
    """A commercial policy that is claimed of an export module, and by whom."""

    policy: Policy
    price_note: str
    current: bool = Field(description="Whether it is the one that the module itself shows.")
    sources: list[str]
    authors: list[str] = Field(description="SIREN of the bodies that say so, of those who have one.")
    stated_on: date = Field(description="The last time it was said.")
    claims: list[UUID]


class ModuleDetail(ModuleView):
    """An export module, with all that was said of it."""

    policies: list[PolicyView] = Field(description="Each policy that is claimed, the last said first.")
    progiciel: ProgicielSummary
    claims: list[ClaimView]


class UsageCount(BaseModel):
    """How many collectivités are said to use an application for a domain, by status."""

    domaine: str
    status: StatusCode
    count: int


class ProgicielView(ProgicielSummary):
    """An application with its versions, export modules and how it is used."""

    versions: list[VersionView]
    modules: list[ModuleView]
    usages: list[UsageCount]
    labels: list[LabelView]
    links: dict[str, str]


class EditeurPage(BaseModel):
    """A page of vendors."""

    items: list[EditeurSummary]
    next: str | None


class ProgicielPage(BaseModel):
    """A page of applications."""

    items: list[ProgicielSummary]
    next: str | None
