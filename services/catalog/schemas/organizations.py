"""Bodies of an organization."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field


class OrganizationView(BaseModel):
    """A body that produces datasets."""

    id: UUID
    siren: str | None
    siret: str | None
    remote_id: str | None = Field(description="Its identifier in the source that first named it.")
    name: str
    acronym: str | None
    slug: str | None
    description: str | None
    url: str | None
    logo: str | None
    badges: list[str]
    zone: str | None
    datasets: int | None = Field(
        default=None, description="How many datasets it has; told for one body only."
    )
    created_at: datetime
    modified_at: datetime
    self: str


class OrganizationPage(BaseModel):
    """A page of organizations."""

    items: list[OrganizationView]
    next: str | None = Field(description="Cursor of the next page; null on the last.")
