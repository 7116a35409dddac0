"""Bodies of what the catalogue gives back to others: rows left out, lists to embed."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from services.catalog.domain.conformity import Conformity


class Omission(BaseModel):
    """A dataset that the SCDL catalogue leaves out."""

    id: UUID
    title: str
    missing: list[str] = Field(description="The columns that it cannot fill.", examples=[["COUV_TEMP_DEBUT"]])
    self: str


class OmissionPage(BaseModel):
    """A page of them; it may be short, or empty, and have a next one."""

    items: list[Omission]
    next: str | None = Field(description="Cursor of the next page; null on the last.")


class WidgetItem(BaseModel):
    """A dataset in a list to embed."""

    title: str
    url: str = Field(description="Its page on its portal, else its address here.")
    updated: datetime
    formats: list[str]
    conformity: Conformity
    self: str


class Widget(BaseModel):
    """The last changed datasets of a body, for its own page."""

    siren: str
    organization: str | None
    total: int
    items: list[WidgetItem]
