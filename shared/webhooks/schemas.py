"""Bodies of the webhooks' API, the same in every service."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from shared.webhooks.signing import parse_secret

State = Literal["active", "paused"]
Url = Annotated[
    str, Field(min_length=1, max_length=2000, description="Public address (http or https) to POST to.")
]
Events = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=100)]],
    Field(
        min_length=1,
        max_length=50,
        description="Types of events to be told of; `*` is all, those to come too.",
    ),
]
Description = Annotated[str, Field(max_length=500, description="A note for yourself.")]
Subject = Annotated[str, Field(min_length=1, max_length=200, description="Only what happens to this one.")]


def _secret(value: str) -> str:
    try:
        parse_secret(value)
    except ValueError as error:
        raise PydanticCustomError(
            "webhook_secret",
            "A secret is `whsec_` followed by 24 to 64 bytes in base64",
            {"fr": "un secret est « whsec_ » suivi de 24 à 64 octets en base64"},
        ) from error
    return value


Secret = Annotated[str, Field(max_length=200), AfterValidator(_secret)]


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC) if value.tzinfo is not None else value.replace(tzinfo=UTC)
    except OverflowError as error:
        raise PydanticCustomError(
            "moment", "This moment is out of the calendar", {"fr": "ce moment est hors du calendrier"}
        ) from error


Moment = Annotated[datetime, AfterValidator(_in_utc)]


class WebhookInput(BaseModel):
    """What to tell, and where."""

    model_config = ConfigDict(extra="forbid")

    url: Url
    events: Events
    subject: Subject | None = None
    description: Description = ""
    state: State = "active"


class WebhookPatch(BaseModel):
    """What to change of a webhook; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    url: Url = ""
    events: Events = []
    description: Description = ""
    state: State = "active"


class CallbackInput(BaseModel):
    """Where to tell the end of what is asked, once."""

    model_config = ConfigDict(extra="forbid")

    url: Url
    secret: Secret | None = Field(
        default=None,
        repr=False,
        description="Signs the message: `whsec_` and 24 to 64 bytes in base64; without it, no signature.",
    )


class WebhookView(BaseModel):
    """A webhook."""

    id: UUID
    url: str
    events: list[str]
    subject: str | None
    description: str
    state: Literal["active", "paused", "disabled"]
    disabled_reason: Literal["gone", "failing"] | None = Field(
        description="`gone`: the receiver answered 410; `failing`: nothing arrived for five days."
    )
    disabled_at: datetime | None
    failing_since: datetime | None = Field(description="First failure since the last success.")
    previous_secret_until: datetime | None = Field(description="Until when the secret before signs too.")
    created_at: datetime
    modified_at: datetime
    self: str


class NewWebhookView(WebhookView):
    """A webhook just made."""

    secret: str | None = Field(
        description="Shown this once; null when an Idempotency-Key is replayed (ask for another: `rotate-secret`)."
    )


class WebhookPage(BaseModel):
    """A page of webhooks."""

    items: list[WebhookView]
    next: str | None


class SecretView(BaseModel):
    """A new secret, shown this once."""

    secret: str
    previous_secret_until: datetime


class EventView(BaseModel):
    """What a delivery tells."""

    id: UUID = Field(description="`webhook-id` of the message, the same at each attempt.")
    type: str
    subject: str
    sequence: int


class AttemptView(BaseModel):
    """An attempt at a delivery."""

    at: datetime
    attempt: int
    status: int | None = Field(description="HTTP status of the answer.")
    error: str | None = Field(description="Why there was no answer.")
    response: str | None = Field(description="Beginning of the answer's body.")
    milliseconds: int


class DeliveryView(BaseModel):
    """A message: `queued`, `running`, then `done` (2xx) or `failed` (every attempt spent)."""

    id: UUID
    state: Literal["queued", "running", "done", "failed"]
    event: EventView
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    log: list[AttemptView] = Field(description="The latest attempts, oldest first.")
    self: str


class DeliveryPage(BaseModel):
    """A page of deliveries, the newest first."""

    items: list[DeliveryView]
    next: str | None


class RedeliveryInput(BaseModel):
    """What to send again."""

    model_config = ConfigDict(extra="forbid")

    since: Moment = Field(
        description="All that happened since this moment is sent again (10,000 events at most)."
    )


class RedeliveryView(BaseModel):
    """How much is sent again."""

    queued: int
