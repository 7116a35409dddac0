"""What an event is: a frozen fact in the past tense, versioned, and the envelope in which it travels."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Event(BaseModel):
    """A fact told to other services. Subclasses live in `shared.contracts`; they only ever gain members."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]


class Envelope(BaseModel):
    """An event on its way: who sent it, when, within which request."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    type: str
    source: str
    occurred_at: datetime
    request_id: str
    payload: dict[str, Any]


# Event type -> names of the services that hear it. The composition root gives it to each service.
Routes = Mapping[str, tuple[str, ...]]
