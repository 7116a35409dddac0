"""Tables of the validation service."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from shared.messaging.tables import (
    InboxColumns,
    OutboxColumns,
    WorkColumns,
    inbox_due_index,
    outbox_unsent_index,
    work_open_index,
)
from shared.tables import IdempotencyColumns, service_registry, timestamp

mapped = service_registry("validation")
metadata = mapped.metadata


class Table(SQLModel, registry=mapped):
    """Root of this service's tables."""


class Outbox(OutboxColumns, Table, table=True):
    """Events to send."""

    __tablename__ = "outbox"
    __table_args__ = (outbox_unsent_index(),)


class Inbox(InboxColumns, Table, table=True):
    """Events received."""

    __tablename__ = "inbox"
    __table_args__ = (inbox_due_index(),)


class Idempotency(IdempotencyColumns, Table, table=True):
    """Requests already answered."""

    __tablename__ = "idempotency"


class Validation(WorkColumns, Table, table=True):
    """A file to validate, or validated: the row is the job and the result."""

    __tablename__ = "validation"
    __table_args__ = (
        work_open_index("validation"),
        Index("ix_validation_stored", "created_at", postgresql_where=text("storage_key IS NOT NULL")),
        Index("ix_validation_resource", "resource_id", postgresql_where=text("resource_id IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    caller: str
    filename: str
    source_url: str | None = None
    storage_key: str | None = None
    owns_storage: bool = False
    schema_name: str
    schema_version: str | None = None
    options: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    resource_id: UUID | None = None
    resource_revision: int | None = None
    started_at: datetime | None = timestamp(nullable=True)
    finished_at: datetime | None = timestamp(nullable=True)
    outcome: str | None = None
    problem: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    sha256: str | None = None
    size: int | None = Field(default=None, sa_type=BigInteger)
    rows: int | None = Field(default=None, sa_type=BigInteger)
    errors: int | None = Field(default=None, sa_type=BigInteger)
    warnings: int | None = Field(default=None, sa_type=BigInteger)
    engine_version: str | None = None


class Report(Table, table=True):
    """The report of a validation: JSON, compressed with gzip. It outlives the file."""

    __tablename__ = "report"

    validation_id: UUID = Field(primary_key=True, foreign_key="validation.validation.id", ondelete="CASCADE")
    body: bytes = Field(sa_type=LargeBinary)
