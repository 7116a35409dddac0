"""Events sent by the validation service."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

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
