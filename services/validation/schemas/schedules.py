"""Bodies of the scheduled validations."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.validation.domain.schedules import Frequency
from services.validation.schemas.validations import ProblemView, SchemaView

Url = Field(min_length=1, max_length=2000, description="Public address of the file (http or https).")


class ScheduleInput(BaseModel):
    """A file to validate again and again."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "url": "https://data.exemple.fr/deliberations.csv",
                    "schema": "scdl/deliberations",
                    "frequency": "daily",
                }
            ]
        },
    )

    url: str = Url
    schema_: str = Field(
        alias="schema",
        min_length=1,
        max_length=500,
        description="`name` follows the latest version; `name@version` stays with one.",
    )
    frequency: Frequency
    label: str = Field(default="", max_length=200, description="What it is, for people.")


class SchedulePatch(BaseModel):
    """What may change of a schedule; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    url: str | None = Field(default=None, min_length=1, max_length=2000)
    schema_: str | None = Field(default=None, alias="schema", min_length=1, max_length=500)
    frequency: Frequency | None = None
    label: str | None = Field(default=None, max_length=200)


class PauseView(BaseModel):
    """Why nothing runs."""

    reason: Literal["asked", "failures"]
    since: datetime
    detail: str
    detail_en: str
    problem: dict[str, Any] | None = Field(description="The last failure, when failures are the reason.")


class ScheduleView(BaseModel):
    """A file validated again and again."""

    id: UUID
    self: str
    label: str
    url: str
    schema_: str = Field(alias="schema", description="As it was asked for.")
    frequency: Frequency
    state: Literal["active", "paused"]
    pause: PauseView | None
    created_at: datetime
    next_run_at: datetime | None = Field(description="The next turn; null while paused.")
    failures: int = Field(description="Turns in a row that failed; after 8 the schedule is paused.")
    outcome: Literal["valid", "invalid"] | None = Field(description="The last verdict.")
    links: dict[str, str]


class SchedulePage(BaseModel):
    """Schedules, the oldest first."""

    items: list[ScheduleView]
    next: str | None


class RunView(BaseModel):
    """One turn of a schedule."""

    id: UUID
    due_at: datetime
    finished_at: datetime | None
    result: Literal["unchanged", "validated", "failed"] | None = Field(
        description="`unchanged`: the file is the one of the turn before, its verdict holds. Null: not ended yet."
    )
    outcome: Literal["valid", "invalid"] | None = Field(description="The verdict of the validation.")
    validation: str | None = Field(description="Address of the validation.")
    schema_: SchemaView | None = Field(alias="schema")
    problem: ProblemView | None


class RunPage(BaseModel):
    """Turns, the latest first."""

    items: list[RunView]
    next: str | None
