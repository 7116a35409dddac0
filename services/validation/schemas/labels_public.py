"""A label as anybody reads it, and what a verification answers."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.validation.domain.labels.facts import Assurance, LabelState
from services.validation.domain.labels.presented import Form
from services.validation.domain.labels.verification import Outcome


class LabelledProgiciel(BaseModel):
    """The application, of the directory, in the version assessed."""

    id: UUID
    name: str
    version: str
    module_id: UUID | None
    module: str = Field(description="The export module.")


class LabelledEditeur(BaseModel):
    """The vendor."""

    siren: str
    name: str


class NamedVersion(BaseModel):
    """A schema or a validator, in its exact version."""

    name: str
    version: str


class CoverageView(BaseModel):
    """How far a field of the schema is filled."""

    name: str
    required: bool
    filled: int = Field(description="Rows in which it is filled.")


class IssuerView(BaseModel):
    """Who grants the label."""

    did: str
    name: str


class PublicLabel(BaseModel):
    """A label, its state at this moment, and where its other forms are."""

    id: UUID
    self: str = Field(description="Permanent address.")
    name: str
    state: LabelState
    state_label: str
    state_label_en: str
    in_force: bool = Field(description="Whether the label may be relied on.")
    reason: str = Field(description="Why it is suspended or revoked, in French.")
    reason_en: str
    superseded_by: str | None = Field(
        description="The newer version of the schema that has shortened the validity, once there is one."
    )
    assurance: Assurance
    progiciel: LabelledProgiciel
    editeur: LabelledEditeur
    schema_: NamedVersion = Field(alias="schema")
    validator: NamedVersion
    validation_id: UUID
    input_sha256: str
    report_sha256: str
    rows: int
    coverage: list[CoverageView]
    criteria_version: str
    issued_at: datetime
    valid_from: date
    valid_until: date = Field(description="Last day of validity.")
    issuer: IssuerView
    key_id: str = Field(description="The key that signed; see the DID document.")
    links: dict[str, str] = Field(description="Address of each other form.")


class VerificationView(BaseModel):
    """What was presented is worth this, at this moment."""

    outcome: Outcome
    title: str
    title_en: str
    code: str = Field(description="Code of the reason.")
    reason: str
    reason_en: str
    form: Form = Field(description="What was presented.")
    status_checked: bool = Field(description="Whether revocation and suspension were looked at.")
    label: PublicLabel | None = Field(description="The label, when what was presented is authentic.")


class ShieldView(BaseModel):
    """What the endpoint badge of shields.io reads."""

    schema_version: Literal[1] = Field(alias="schemaVersion")
    label: str
    message: str
    color: str
    is_error: bool = Field(alias="isError")
    cache_seconds: int = Field(alias="cacheSeconds")


class SnippetView(BaseModel):
    """What to paste in a page."""

    html: str
    markdown: str
    alt: str = Field(description="What the badge says at this moment.")


class EmbedView(BaseModel):
    """Snippets, by language."""

    fr: SnippetView
    en: SnippetView
