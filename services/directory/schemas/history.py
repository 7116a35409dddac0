"""The history of an entry of the directory, as it is asked and shown."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.directory.schemas.fields import Cursor
from shared.pagination import DEFAULT_LIMIT, MAX_LIMIT


class PageQuery(BaseModel):
    """What a list that has no filter may be asked."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Items at most in one page.")
    cursor: Cursor = None


class HistoryView(BaseModel):
    """One change. The values are those of the fields that changed."""

    id: UUID
    action: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    role: str = Field(description="In which quality it was made: the organisation itself, the moderators…")
    role_label: str
    author_siren: str | None = Field(description="The body whose key was used, when it has one.")
    recorded_at: datetime
    author: str | None = Field(description="The key that was used: for the owner and the moderators.")
    reason: str | None = Field(description="The reason given: for the owner and the moderators.")


class HistoryPage(BaseModel):
    """A page of changes, oldest first."""

    items: list[HistoryView]
    next: str | None
