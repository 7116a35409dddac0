"""Validations and their reports, the schemas they use, and the schedules that ask for them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.validation.tables.kernel import Table
from shared.messaging.tables import WorkColumns, work_open_index
from shared.tables import timestamp


class Validation(WorkColumns, Table, table=True):
    """A file to validate, or validated: the row is the job and the result."""

    __tablename__ = "validation"
    __table_args__ = (
        work_open_index("validation"),
        Index("ix_validation_stored", "created_at", postgresql_where=text("storage_key IS NOT NULL")),
        Index("ix_validation_resource", "resource_id", postgresql_where=text("resource_id IS NOT NULL")),
        Index(
            "ix_validation_report_key",
            "report_key",
            "caller",
            postgresql_where=text("report_key IS NOT NULL"),
        ),
        Index("ix_validation_owner", "owner", "id", postgresql_where=text("owner IS NOT NULL")),
        Index("ix_validation_schedule", "schedule_id", postgresql_where=text("schedule_id IS NOT NULL")),
        Index("ix_validation_awaiting", "created_at", postgresql_where=text("state = 'awaiting'")),
    )

    id: UUID = Field(primary_key=True)
    caller: str
    # See `domain.ownership`; of the tokens only the digests are kept.
    owner: str | None = None
    private: bool = False
    tokens: list[bytes] = Field(default_factory=list, sa_type=ARRAY(LargeBinary))
    filename: str
    source_url: str | None = None
    storage_key: str | None = None
    owns_storage: bool = False
    schema_name: str
    schema_version: str | None = None
    schema_url: str | None = None
    schema_sha256: str | None = None
    # The files of a package, in their order; the columns of the same names are then those of the whole.
    resources: list[dict[str, Any]] | None = Field(default=None, sa_type=JSONB)
    progress: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    options: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    resource_id: UUID | None = None
    resource_revision: int | None = None
    schedule_id: UUID | None = Field(default=None, foreign_key="validation.schedule.id", ondelete="SET NULL")
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
    # See `operations.reuse`.
    report_key: str | None = None
    reused_from: UUID | None = None
    fresh: bool = False


class Descriptor(Table, table=True):
    """A schema descriptor that was used, by the SHA-256 of its bytes: a report can be explained for ever."""

    __tablename__ = "descriptor"

    sha256: str = Field(primary_key=True)
    body: bytes = Field(sa_type=LargeBinary)


class Report(Table, table=True):
    """The report of a validation: JSON, compressed with gzip. It outlives the file."""

    __tablename__ = "report"

    validation_id: UUID = Field(primary_key=True, foreign_key="validation.validation.id", ondelete="CASCADE")
    body: bytes = Field(sa_type=LargeBinary)


class SchemaSync(Table, table=True):
    """A generation of the schemas brought from the national registry; the last one is in force."""

    __tablename__ = "schema_sync"

    generation: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    index_url: str
    etag: str | None = None
    last_modified: str | None = None
    synced_at: datetime = timestamp()
    checked_at: datetime = timestamp()
    problems: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)


class SchemaVersion(Table, table=True):
    """A version of a schema in a generation. What a generation has, the following ones have too."""

    __tablename__ = "schema_version"

    generation: int = Field(
        primary_key=True, foreign_key="validation.schema_sync.generation", ondelete="CASCADE"
    )
    name: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    title: str
    address: str
    sha256: str = Field(foreign_key="validation.descriptor.sha256")
    etag: str | None = None
    last_modified: str | None = None


class Schedule(Table, table=True):
    """A file to validate again and again at its address."""

    __tablename__ = "schedule"
    __table_args__ = (
        Index("ix_schedule_owner", "owner", "id"),
        Index("ix_schedule_due", "next_run_at", postgresql_where=text("state = 'active'")),
    )

    id: UUID = Field(primary_key=True)
    owner: str
    caller: str
    label: str
    url: str
    schema_reference: str
    frequency: str
    state: str = Field(default="active")
    pause: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    failures: int = 0
    created_at: datetime = timestamp()
    next_run_at: datetime = timestamp()
    etag: str | None = None
    last_modified: str | None = None
    sha256: str | None = None
    schema_name: str | None = None
    schema_version: str | None = None
    outcome: str | None = None


class ScheduleRun(WorkColumns, Table, table=True):
    """One turn of a schedule: `result` is `unchanged`, `validated` or `failed` once it has ended."""

    __tablename__ = "schedule_run"
    __table_args__ = (
        work_open_index("schedule_run"),
        Index("ix_schedule_run_schedule", "schedule_id", "id"),
        Index("uq_schedule_run_due", "schedule_id", "due_at", unique=True),
    )

    id: UUID = Field(primary_key=True)
    schedule_id: UUID = Field(foreign_key="validation.schedule.id", ondelete="CASCADE")
    due_at: datetime = timestamp()
    finished_at: datetime | None = timestamp(nullable=True)
    result: str | None = None
    validation_id: UUID | None = Field(
        default=None, foreign_key="validation.validation.id", ondelete="SET NULL"
    )
    problem: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
