"""Bodies of the vocabularies."""

from typing import Any

from pydantic import BaseModel, Field


class VocabularyList(BaseModel):
    """Every vocabulary."""

    items: list[dict[str, str]] = Field(description="`{name, self}` of each.")


class VocabularyView(BaseModel):
    """A vocabulary: each value with its names in other ones."""

    name: str
    items: list[dict[str, Any]]
    self: str


class MatchView(BaseModel):
    """What a writing means."""

    value: str
    id: str | None = Field(description="The value of the vocabulary that it means; null for none.")
    uri: str | None = Field(description="Its address, when it has one.")
