"""Columns of the tables that carry messages and work; each service has its own copy in its schema."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from shared.tables import timestamp


class OutboxColumns(SQLModel):
    """An event to send: written in the transaction that makes it true."""

    id: UUID = Field(primary_key=True)
    type: str
    payload: dict[str, Any] = Field(sa_type=JSONB)
    request_id: str
    occurred_at: datetime = timestamp()
    sent_at: datetime | None = timestamp(nullable=True, index=True)


class InboxColumns(SQLModel):
    """An event received: `received` until its effect is committed, then `done`; `failed` is the dead letter."""

    id: UUID = Field(primary_key=True)
    type: str
    source: str
    payload: dict[str, Any] = Field(sa_type=JSONB)
    request_id: str
    occurred_at: datetime = timestamp()
    state: str = Field(default="received")
    attempts: int = 0
    error: str | None = None
    received_at: datetime = timestamp()
    next_attempt_at: datetime = timestamp()
    done_at: datetime | None = timestamp(nullable=True)


class WorkColumns(SQLModel):
    """A resource whose row is its own job: `queued`, `running`, then `done`, `failed` or `cancelled`."""

    state: str = Field(default="queued")
    attempt: int = 0
    fence: int = 0
    lease_until: datetime | None = timestamp(nullable=True)
    request_id: str = ""
    created_at: datetime = timestamp()


def outbox_unsent_index() -> Index:
    """Return the index of the outbox rows still to send."""
    return Index("ix_outbox_unsent", "id", postgresql_where=text("sent_at IS NULL"))


def inbox_due_index() -> Index:
    """Return the index of the inbox rows still to handle."""
    return Index("ix_inbox_due", "next_attempt_at", postgresql_where=text("state = 'received'"))


def work_open_index(table: str) -> Index:
    """Return the index of the rows of `table` that are queued or running."""
    return Index(f"ix_{table}_open", "id", postgresql_where=text("state IN ('queued', 'running')"))
