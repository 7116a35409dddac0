"""Usages and the claims by which they are known: what is sent and what is shown."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.directory.domain.identifiers import InvalidIdentifier
from services.directory.schemas.fields import Cursor, DepartementCode, DomaineCode, HttpUrl, PastDate, Siren
from shared.pagination import DEFAULT_LIMIT, MAX_LIMIT

Policy = Literal["inclus", "option_gratuite", "option_payante", "sur_devis"]
StatusCode = Literal["declare", "confirme", "conteste", "perime"]
StatementCode = Literal["declare", "confirme", "conteste", "retire"]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class UsageQuery(BaseModel):
    """What the list of usages may be asked."""

    model_config = ConfigDict(extra="forbid")

    siren: Siren | None = Field(default=None, description="The collectivité.")
    progiciel: UUID | None = None
    editeur: Siren | None = Field(default=None, description="SIREN of the vendor.")
    domaine: DomaineCode | None = None
    status: StatusCode | None = None
    departement: DepartementCode | None = Field(default=None, description="That of the collectivité.")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Items at most in one page.")
    cursor: Cursor = None


class SourceInput(_Input):
    """Where a claim comes from. Published datasets and labels make their own claims: they cannot be sent."""

    kind: Literal["formulaire", "import", "editeur"]
    url: HttpUrl | None = Field(default=None, description="A public page that shows it.")
    note: str = Field(default="", max_length=500, description="No personal data: it is public.")


class UsageInput(_Input):
    """A collectivité uses an application for a kind of data, and who says so."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "siren": "212102313",
                    "progiciel_id": "01900000-0000-7000-8000-000000000001",
                    "version": "5.1",
                    "domaine": "deliberations",
                    "export_wanted": True,
                    "source": {"kind": "formulaire", "note": "Marché 2026"},
                }
            ]
        }
    )

    siren: Siren = Field(description="The collectivité, of the reference.")
    progiciel_id: UUID
    version: str = Field(default="", max_length=50, description="Empty when it is not known.")
    domaine: DomaineCode
    export_wanted: bool | None = Field(
        default=None,
        description="Whether the collectivité would like an export in the standard format. That is its own word: "
        "another's is kept only while nobody has said, and the vendor's never.",
    )
    source: SourceInput
    stated_on: PastDate | None = Field(default=None, description="When it was said; today when omitted.")


class ClaimInput(_Input):
    """Something said of a usage or of an export module already listed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "statement": "confirme",
                    "source": {"kind": "formulaire", "note": "Toujours en service"},
                    "stated_on": "2026-03-01",
                }
            ]
        }
    )

    statement: StatementCode
    source: SourceInput
    stated_on: PastDate | None = Field(default=None, description="When it was said; today when omitted.")


class ModuleClaimInput(ClaimInput):
    """Something said of an export module already listed; with a policy, on which terms it is had."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "statement": "confirme",
                    "source": {"kind": "editeur"},
                    "policy": "sur_devis",
                    "price_note": "Hors maintenance",
                }
            ]
        }
    )

    policy: Policy | None = Field(
        default=None, description="Commercial policy; one that differs from the others is shown beside them."
    )
    price_note: str = Field(default="", max_length=500)

    @model_validator(mode="after")
    def _supports_its_terms(self) -> "ModuleClaimInput":
        if self.policy is not None and self.statement not in ("declare", "confirme"):
            raise InvalidIdentifier(
                "« policy » va avec « declare » ou « confirme ».",
                "`policy` goes with `declare` or `confirme`.",
            )
        return self


class SourceView(BaseModel):
    """Where a claim comes from."""

    kind: str
    label: str
    url: str | None
    note: str


class ClaimView(BaseModel):
    """One thing said, kept for ever."""

    id: UUID
    statement: StatementCode
    source: SourceView
    author_siren: str | None = Field(description="The body whose key was used, when it has one.")
    stated_on: date
    recorded_at: datetime
    policy: Policy | None = Field(description="The commercial policy that it gives, of an export module.")
    price_note: str | None
    dismissed: str | None = Field(
        description="Why the moderators set it aside: it is still shown, and no longer weighs. Else null."
    )


class CollectiviteRef(BaseModel):
    """The collectivité of a usage."""

    siren: str
    nom: str
    type: str
    code_departement: str | None
    self: str


class SoftwareRef(BaseModel):
    """The application of a usage."""

    id: UUID
    nom: str
    self: str


class VendorRef(BaseModel):
    """The vendor of the application of a usage."""

    siren: str
    nom: str
    self: str


class UsageSummary(BaseModel):
    """A usage and what is to be thought of it."""

    id: UUID
    collectivite: CollectiviteRef
    progiciel: SoftwareRef
    editeur: VendorRef
    version: str | None
    domaine: str
    domaine_label: str
    status: StatusCode
    status_label: str
    valid_until: date
    export_wanted: bool | None = Field(
        description="Whether the collectivité would like an export in the standard format; null: not said."
    )
    created_at: datetime
    self: str


class UsageView(UsageSummary):
    """A usage, with all that was said of it."""

    claims: list[ClaimView]


class UsagePage(BaseModel):
    """A page of usages."""

    items: list[UsageSummary]
    next: str | None
