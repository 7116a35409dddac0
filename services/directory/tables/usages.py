"""Which collectivité uses which application, all that is said of it, and the files that say it in bulk."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from services.directory.tables.kernel import Table, never_told_index, revision
from shared.messaging.tables import WorkColumns, work_open_index
from shared.tables import timestamp


class Usage(Table, table=True):
    """A collectivité uses an application for a kind of data; known by claims. An unknown version is empty."""

    __tablename__ = "usage"
    __table_args__ = (
        UniqueConstraint("siren", "progiciel_id", "version", "domaine"),
        never_told_index("usage"),
        # A page of those of a status, in the order of ids; and those that nobody repeats.
        Index("ix_usage_status_id", "status", "id"),
        Index("ix_usage_valid_until", "valid_until"),
    )

    id: UUID = Field(primary_key=True)
    siren: str = Field(foreign_key="directory.collectivite.siren")
    progiciel_id: UUID = Field(foreign_key="directory.progiciel.id", index=True)
    version: str
    domaine: str
    status: str
    valid_until: date
    created_at: datetime = timestamp()
    # Whether the collectivité would like the application to export in the standard format; unknown when NULL.
    export_wanted: bool | None = None
    revision: int = revision()


class Claim(Table, table=True):
    """One thing said of a usage or of an export module; rows are only ever added."""

    __tablename__ = "claim"
    __table_args__ = (CheckConstraint("num_nonnulls(usage_id, module_id) = 1", name="one_subject"),)

    id: UUID = Field(primary_key=True)
    usage_id: UUID | None = Field(
        default=None, foreign_key="directory.usage.id", ondelete="CASCADE", index=True
    )
    module_id: UUID | None = Field(
        default=None, foreign_key="directory.export_module.id", ondelete="CASCADE", index=True
    )
    statement: str
    source: str
    source_url: str | None = None
    note: str
    author: str
    author_siren: str | None = None
    stated_on: date
    recorded_at: datetime = timestamp()
    # The commercial terms that it gives, of an export module: several may be told side by side.
    policy: str | None = None
    price_note: str | None = None
    # The label that says it; no foreign key: labels come by events. One suspended or revoked weighs no more.
    label_id: UUID | None = Field(default=None, index=True)


class BatchImport(WorkColumns, Table, table=True):
    """A CSV file to bring in, and how far that is; its row is the job."""

    __tablename__ = "batch_import"
    __table_args__ = (work_open_index("batch_import"),)

    id: UUID = Field(primary_key=True)
    resource: str
    filename: str
    storage_key: str | None = None
    dry_run: bool
    # On whose behalf the lines are written.
    author: str
    author_siren: str | None = None
    trusted: bool
    accepted: int = 0
    unchanged: int = 0
    refused: int = 0
    # Why the file as a whole could not be read: slug, French, English.
    problem: str | None = None
    problem_fr: str | None = None
    problem_en: str | None = None
    finished_at: datetime | None = timestamp(nullable=True)


class ImportLine(Table, table=True):
    """What became of one line of a file."""

    __tablename__ = "import_line"

    import_id: UUID = Field(primary_key=True, foreign_key="directory.batch_import.id", ondelete="CASCADE")
    line: int = Field(primary_key=True)
    outcome: str
    slug: str | None = None
    fr: str
    en: str
    subject: str | None = None
