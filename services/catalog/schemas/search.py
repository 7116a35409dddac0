"""Bodies of the search."""

from pydantic import BaseModel, Field

from services.catalog.schemas.datasets import DatasetView


class FacetValue(BaseModel):
    """A value of a facet, and how many of the datasets found have it."""

    value: str
    count: int
    label: str


class FoundDataset(DatasetView):
    """A dataset with its first twenty resources; its `self` has them all."""

    resources_total: int = Field(description="How many resources it has.")


class SearchPage(BaseModel):
    """A page of the datasets that answer, with the counts over all of them."""

    items: list[FoundDataset]
    next: str | None = Field(description="Cursor of the next page; null on the last.")
    total: int
    respelt: str | None = Field(
        description="The words that were searched for, when no dataset had those that were asked; else null."
    )
    facets: dict[str, list[FacetValue]] = Field(
        description="By name: the values of each, the most frequent first."
    )
