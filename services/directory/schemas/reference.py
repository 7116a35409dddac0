"""The editions of the reference: what one would change, what each has changed."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.directory.schemas.history import PageQuery

KindCode = Literal["creation", "renommage", "fusion", "suppression", "retour", "modification"]


class ReferenceQuery(PageQuery):
    """Which changes are wanted."""

    kind: KindCode | None = None


class BodyChangeView(BaseModel):
    """What an edition makes of one body."""

    siren: str
    kind: KindCode
    kind_label: str
    nom: str
    former_nom: str | None
    into_siren: str | None = Field(description="Where a body that was merged is found now.")
    fields: list[str] = Field(description="Names of what changes.")


class PreviewPage(BaseModel):
    """What bringing in the shipped edition would change, a page of it."""

    edition: str
    in_force: str | None = Field(description="The edition in force; null before the first.")
    newer: bool
    counts: dict[KindCode, int]
    items: list[BodyChangeView]
    next: str | None


class JournalEntry(BodyChangeView):
    """What an edition made of one body."""

    id: UUID


class JournalPage(BaseModel):
    """A page of what an edition changed."""

    items: list[JournalEntry]
    next: str | None


class ReferenceImportView(BaseModel):
    """An edition that was brought in."""

    id: UUID
    edition: str
    created: int
    updated: int
    unchanged: int
    removed: int
    imported_at: datetime


class ReferenceImportPage(BaseModel):
    """A page of editions, the newest first."""

    items: list[ReferenceImportView]
    next: str | None


class Applied(BaseModel):
    """What bringing in the shipped edition did."""

    edition: str
    applied: bool = Field(description="False when it was in force already.")
    created: int
    updated: int
    unchanged: int
    removed: int
