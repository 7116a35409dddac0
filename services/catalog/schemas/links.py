"""Bodies of the link check."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class LinkEventView(BaseModel):
    """Something that happened to the address of a resource."""

    kind: Literal["available", "unavailable", "changed"]
    at: datetime
    status: int | None = Field(description="HTTP status, when there was an answer.")
    reason: str | None = Field(description="Why it is not available: `html-page`, `timeout`, `http-status`…")


class AvailabilityView(BaseModel):
    """Whether the file of a resource is there, since when, and what happened before."""

    url: str
    available: bool | None = Field(description="Null: not looked at yet.")
    since: datetime | None
    status: int | None
    reason: str | None
    checked_at: datetime | None
    changed_at: datetime | None = Field(description="When the file was last seen to be another one.")
    next_check_at: datetime
    history: list[LinkEventView] = Field(description="The last hundred changes, the latest first.")
