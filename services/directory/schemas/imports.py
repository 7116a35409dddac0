"""Files brought in: how they are asked for, how far they are, what became of each line."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.directory.schemas.history import PageQuery

ResourceCode = Literal["usages", "progiciels", "modules"]
OutcomeCode = Literal["accepte", "inchange", "refuse"]


class LinesQuery(PageQuery):
    """Which lines of a report are wanted."""

    outcome: OutcomeCode | None = None


class ImportView(BaseModel):
    """A file to bring in, and how far that is."""

    id: UUID
    resource: ResourceCode
    filename: str
    dry_run: bool = Field(description="Whether it is only tried: nothing is written.")
    state: Literal["queued", "running", "done", "failed"]
    accepted: int
    unchanged: int
    refused: int
    problem: str | None = Field(description="Why the file as a whole could not be read.")
    detail: str | None
    detail_en: str | None
    created_at: datetime
    finished_at: datetime | None
    links: dict[str, str]
    self: str


class ImportLineView(BaseModel):
    """What became of a line; the header is line 1."""

    line: int
    outcome: OutcomeCode
    slug: str | None = Field(description="Why it was refused, for machines.")
    message: str
    message_en: str
    subject: str | None = Field(description="Address of the entry that it made, or that was there.")


class ImportLinePage(BaseModel):
    """A page of lines, in the order of the file."""

    items: list[ImportLineView]
    next: str | None
