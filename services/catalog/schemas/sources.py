"""Bodies of a source."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.catalog.schemas.datasets import Body
from services.catalog.schemas.values import HttpUrl

Kind = Literal["push", "udata", "dcat", "ckan", "opendatasoft", "csw"]


class SourceInput(Body):
    """A portal that sends its datasets (`push`), or from which they are harvested."""

    slug: str = Field(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length=80,
        description="Its name in addresses.",
        examples=["databfc"],
    )
    name: str = Field(min_length=1, max_length=350)
    kind: Kind = "push"
    url: HttpUrl | None = Field(default=None, description="Address of the portal, or of what is harvested.")


class SourceView(BaseModel):
    """A source."""

    id: UUID
    slug: str
    name: str
    kind: str
    url: str | None
    datasets: int | None = Field(
        default=None, description="How many datasets it has; told for one source only."
    )
    created_at: datetime
    modified_at: datetime
    self: str


class SourcePage(BaseModel):
    """A page of sources."""

    items: list[SourceView]
    next: str | None = Field(description="Cursor of the next page; null on the last.")


class PutOutcome(BaseModel):
    """What became of a dataset sent by its identifier in a source."""

    outcome: Literal["created", "updated", "unchanged", "deleted"]
    id: UUID
    self: str


class LineOutcome(BaseModel):
    """What became of one dataset of a bulk: a line of the answer for each of the request."""

    line: int = Field(description="Its place in what was sent, from 1.")
    remote_id: str | None
    outcome: Literal["created", "updated", "unchanged", "deleted", "refused"]
    id: UUID | None = None
    message: str | None = Field(default=None, description="Why it was refused, in French.")
    message_en: str | None = None
    errors: list[dict[str, str]] | None = Field(
        default=None, description="The places that do not fit: `{pointer, message, message_en}`."
    )
