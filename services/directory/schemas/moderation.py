"""Declarations sent by anybody, the queue of the moderators, and what they decide."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.directory.domain.identifiers import InvalidIdentifier
from services.directory.schemas.contacts import ContactFields
from services.directory.schemas.fields import DomaineCode, Name, Siren
from services.directory.schemas.history import PageQuery

StateCode = Literal["en_attente", "publie", "refuse"]
KindCode = Literal["declaration", "editeur", "contestation"]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ProposedSoftware(_Input):
    """An application that the directory does not list yet; a moderator finds or adds it."""

    nom: Name
    editeur: str = Field(
        default="", max_length=200, description="Name or SIREN of the vendor, as it is known."
    )


class DeclarationInput(_Input):
    """A collectivité, or somebody who helps it, says which application it uses for which data."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "siren": "212102313",
                    "declared_by": "collectivite",
                    "progiciel": {"nom": "Séances", "editeur": "Logiciels d'exemple"},
                    "version": "5.1",
                    "domaine": "deliberations",
                    "export_wanted": True,
                    "contact": {"kind": "fonction", "email": "opendata@ville.example", "audience": "editeur"},
                }
            ]
        }
    )

    siren: Siren = Field(description="The collectivité, of the reference: picked from the list, never typed.")
    declared_by: Literal["collectivite", "aidant"] = "collectivite"
    aidant: Siren | None = Field(default=None, description="SIREN of the body that helps, when one does.")
    progiciel_id: UUID | None = Field(default=None, description="The application, picked from the directory.")
    progiciel: ProposedSoftware | None = Field(
        default=None, description="Or its name, when it is not listed."
    )
    version: str = Field(default="", max_length=50, description="Empty when it is not known.")
    domaine: DomaineCode
    export_wanted: bool | None = Field(
        default=None, description="Whether the collectivité would like an export in the standard format."
    )
    note: str = Field(default="", max_length=500, description="No personal data: it may be published.")
    contact: ContactFields | None = Field(default=None, description="Never published.")

    @model_validator(mode="after")
    def _one_software(self) -> Self:
        if (self.progiciel_id is None) == (self.progiciel is None):
            raise InvalidIdentifier(
                "donnez « progiciel_id » (un progiciel de l'annuaire) ou « progiciel » (son nom), l'un des deux.",
                "give `progiciel_id` (an application of the directory) or `progiciel` (its name), one of the two.",
            )
        if (self.declared_by == "aidant") != (self.aidant is not None):
            raise InvalidIdentifier(
                "« aidant » (le SIREN de l'organisme qui aide) va avec « declared_by » : « aidant ».",
                "`aidant` (the SIREN of the body that helps) goes with `declared_by`: `aidant`.",
            )
        return self


class DecisionInput(_Input):
    """What a moderator decides of a submission."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"decision": "publie", "progiciel_id": "01900000-0000-7000-8000-000000000001"}]
        }
    )

    decision: Literal["publie", "refuse"]
    motif: str = Field(default="", max_length=1000, description="Needed to refuse; shown to whoever sent it.")
    progiciel_id: UUID | None = Field(
        default=None, description="The application meant, when the declaration only gave a name."
    )

    @model_validator(mode="after")
    def _motif_to_refuse(self) -> Self:
        if self.decision == "refuse" and not self.motif:
            raise InvalidIdentifier("un refus donne son motif.", "a refusal gives its reason.")
        return self


class ModerationQuery(PageQuery):
    """Which submissions are wanted."""

    state: StateCode | None = None
    kind: KindCode | None = None


class SubmissionView(BaseModel):
    """Where a submission is, for whoever has its address."""

    id: UUID
    kind: KindCode
    kind_label: str
    state: StateCode
    state_label: str
    submitted_at: datetime
    decided_at: datetime | None
    motif: str
    published: str | None = Field(description="Address of what was published.")
    self: str


class SubmissionDetail(SubmissionView):
    """A submission, for moderators."""

    reason: str = Field(description="Why it had to wait.")
    reason_en: str
    proposal: dict[str, Any]
    claim_id: UUID | None
    submitted_by: str
    submitted_siren: str | None
    decided_by: str | None


class SubmissionPage(BaseModel):
    """A page of submissions, oldest first."""

    items: list[SubmissionDetail]
    next: str | None
