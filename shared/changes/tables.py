"""Columns of the change log; each service has its own in its schema."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from shared.tables import timestamp


class ChangeColumns(SQLModel):
    """Something that happened to a subject: written with it, given its `position` once that is committed.

    `audience` is the only caller who may learn of it; None is everybody.
    """

    id: UUID = Field(primary_key=True)
    position: int | None = Field(default=None, sa_type=BigInteger, unique=True)
    type: str
    subject: str
    data: dict[str, Any] = Field(sa_type=JSONB)
    audience: str | None = None
    recorded_at: datetime = timestamp(index=True)


def change_new_index() -> Index:
    """Return the index of the changes without a position yet."""
    return Index("ix_change_new", "recorded_at", "id", postgresql_where=text("position IS NULL"))


def change_subject_index() -> Index:
    """Return the index of the changes of one subject, the latest first."""
    return Index("ix_change_subject", "subject", "position")
