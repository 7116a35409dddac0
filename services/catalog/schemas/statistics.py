"""Bodies of the figures over the catalogue: quality, statistics, clusters."""

from uuid import UUID

from pydantic import BaseModel, Field


class MissingPoints(BaseModel):
    """A metric that a dataset does not have, and what it would bring."""

    name: str
    points: int


class MqaView(BaseModel):
    """The score of the European portal (Metadata Quality Assessment)."""

    score: int
    highest: int = Field(description="405.")
    rating: str = Field(description="`excellent`, `good`, `sufficient` or `bad`.")
    dimensions: dict[str, int]
    missing: list[MissingPoints]


class QualityView(BaseModel):
    """How well a dataset is described, by two measures."""

    id: UUID
    flags: dict[str, bool | None] = Field(description="udata's; null where there is nothing to judge from.")
    missing: list[str] = Field(description="The flags that are not there.")
    mqa: MqaView
    self: str


class StatisticsLine(BaseModel):
    """The figures of a territory, a theme or a schema."""

    value: str
    label: str
    datasets: int
    organizations: int
    resources: int
    valid: int
    invalid: int


class Statistics(BaseModel):
    """Figures, the most datasets first."""

    items: list[StatisticsLine]


class Cluster(BaseModel):
    """Datasets of several portals that have the same URI: linked, never merged."""

    uri: str
    datasets: list[str] = Field(description="Links.")


class ClusterPage(BaseModel):
    """A page of them."""

    items: list[Cluster]
    next: str | None = Field(description="Cursor of the next page; null on the last.")
