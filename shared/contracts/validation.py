"""Events sent by the validation service."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.messaging.events import Event


class ValidationCompleted(Event):
    """A validation ended, with a verdict or with the reason why none could be given."""

    type: ClassVar[str] = "validation.validation.completed.v1"

    validation_id: UUID
    outcome: Literal["valid", "invalid", "error"] = Field(description="`error`: no verdict could be given.")
    schema_name: str
    schema_version: str | None
    checksum: str | None = Field(description="SHA-256 of the bytes validated, in hexadecimal.")
    size: int | None = Field(description="Size of the file, in bytes.")
    rows: int | None
    errors: int | None
    warnings: int | None
    problem: str | None = Field(default=None, description="Why there is no verdict: the slug of the problem.")
    finished_at: datetime
    resource_id: UUID | None = Field(default=None, description="The catalog's resource, when it asked.")
    resource_revision: int | None = None


class SuggestedSchema(BaseModel):
    """A schema that suits a file."""

    model_config = ConfigDict(frozen=True)

    name: str
    version: str | None = Field(description="Its latest version.")
    score: float = Field(
        ge=0, le=1, description="1: every column is a field of it, and every field a column."
    )


class SchemaSuggested(Event):
    """Which schemas suit a resource of the catalog that declares none, the best first; there may be none."""

    type: ClassVar[str] = "validation.schema.suggested.v1"

    resource_id: UUID
    resource_revision: int
    suggestions: tuple[SuggestedSchema, ...] = ()


class LabelEvent(Event):
    """What every event of a label tells: the whole of its state, so that the newest one is enough."""

    label_id: UUID
    sequence: int = Field(
        description="Grows at each event of this label; an older one that comes late is nothing."
    )
    occurred_at: datetime
    progiciel_id: UUID = Field(description="The application, of the directory.")
    version_id: UUID | None = Field(default=None, description="Its version, of the directory.")
    module_id: UUID | None = Field(default=None, description="Its export module, of the directory.")
    schema_name: str
    schema_version: str
    assurance: Literal["declare", "verifie", "confirme"]
    state: Literal["valide", "a_renouveler", "suspendu", "revoque", "expire"]
    valid_from: date
    valid_until: date = Field(description="Last day of validity.")
    verify_url: str = Field(description="Page on which anybody checks the label.")
    reason: str = Field(default="", description="Why it was suspended or revoked.")


class LabelGranted(LabelEvent):
    """A label is given."""

    type: ClassVar[str] = "validation.label.granted.v1"


class LabelRenewed(LabelEvent):
    """A label is prolonged, in force again, close to its end (`a_renouveler`), or its assurance changed."""

    type: ClassVar[str] = "validation.label.renewed.v1"


class LabelSuspended(LabelEvent):
    """A label is no longer valid for the time being."""

    type: ClassVar[str] = "validation.label.suspended.v1"


class LabelRevoked(LabelEvent):
    """A label is withdrawn for good."""

    type: ClassVar[str] = "validation.label.revoked.v1"


class LabelExpired(LabelEvent):
    """A label has come to its end."""

    type: ClassVar[str] = "validation.label.expired.v1"
