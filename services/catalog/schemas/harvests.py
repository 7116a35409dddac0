"""Bodies of harvests."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.catalog.schemas.datasets import Body
from shared.cadence import Frequency

Outcome = Literal["created", "updated", "unchanged", "deleted", "failed", "missing"]


class HarvestPlanInput(Body):
    """When a source is harvested, and how much of it may disappear."""

    frequency: Frequency | None = Field(
        description="How often; null: only when asked. The first turn is at once."
    )
    most_deletions_percent: int = Field(
        default=20,
        ge=0,
        le=100,
        description="When more than this share of the datasets (and more than five) is gone at once, or all of it, "
        "nothing is deleted before somebody confirms it.",
    )
    grace_days: int = Field(
        default=7,
        ge=0,
        le=365,
        description="Days that a dataset or a resource that the source no longer has is kept before it is deleted.",
    )


class HarvestPlanView(BaseModel):
    """When a source is harvested."""

    frequency: Frequency | None
    next_run_at: datetime | None
    most_deletions_percent: int
    grace_days: int
    self: str
    links: dict[str, str]


class HarvestInput(Body):
    """A harvest asked for."""

    dry_run: bool = Field(default=False, description="Tell what would be done, and do nothing.")


class HarvestCounts(BaseModel):
    """How many datasets had each outcome."""

    created: int
    updated: int
    unchanged: int
    deleted: int
    failed: int
    missing: int = Field(
        description="The source no longer has them; they are deleted after the grace period."
    )


class HarvestView(BaseModel):
    """One harvest of a source: how far it got, what came of it."""

    id: UUID
    source: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    dry_run: bool
    result: (
        Literal["completed", "awaiting_confirmation", "confirmed", "refused", "failed", "cancelled"] | None
    ) = Field(
        description="`awaiting_confirmation`: so much is gone that nothing was deleted; confirm it or not."
    )
    problem: dict[str, Any] | None = Field(description="Why it failed, or why its last attempt did.")
    pages: int = Field(description="Pages read so far.")
    total: int | None = Field(description="Datasets that the source says it has.")
    missing: int | None = Field(description="Datasets here that the source no longer has.")
    counts: HarvestCounts
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    decided_at: datetime | None
    self: str
    links: dict[str, str]


class HarvestPage(BaseModel):
    """A page of harvests."""

    items: list[HarvestView]
    next: str | None = Field(description="Cursor of the next page; null on the last.")


class HarvestItem(BaseModel):
    """What became of one dataset in a harvest."""

    remote_id: str | None
    outcome: Outcome
    dataset_id: UUID | None
    message: str | None = Field(default=None, description="Why it failed, in French.")
    message_en: str | None = None


class HarvestItemPage(BaseModel):
    """A page of the log of a harvest."""

    items: list[HarvestItem]
    next: str | None = Field(description="Cursor of the next page; null on the last.")


class HarvestDecision(Body):
    """What to do with what a source no longer has."""

    delete: bool = Field(
        description="True: it is deleted now. False: it stays, and the next harvest asks again."
    )
