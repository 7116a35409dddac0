"""Tables of the catalog service."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR, VARCHAR
from sqlmodel import Field, SQLModel

from shared.changes.tables import ChangeColumns, change_new_index, change_subject_index
from shared.messaging.tables import (
    InboxColumns,
    OutboxColumns,
    WorkColumns,
    inbox_due_index,
    outbox_unsent_index,
    work_open_index,
)
from shared.tables import IdempotencyColumns, service_registry, timestamp
from shared.webhooks.tables import (
    DeliveryColumns,
    SubscriptionColumns,
    delivery_constraints,
    subscription_indexes,
)

mapped = service_registry("catalog")
metadata = mapped.metadata


def _words() -> Any:
    return Field(default_factory=list, sa_type=ARRAY(VARCHAR))


def _document() -> Any:
    return Field(default_factory=dict, sa_type=JSONB)


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


class Change(ChangeColumns, Table, table=True):
    """What happened to the datasets."""

    __tablename__ = "change"
    __table_args__ = (change_new_index(), change_subject_index())


class WebhookSubscription(SubscriptionColumns, Table, table=True):
    """Where to tell whom of what."""

    __tablename__ = "webhook_subscription"
    __table_args__ = subscription_indexes()


class WebhookDelivery(DeliveryColumns, Table, table=True):
    """A change to tell a subscription."""

    __tablename__ = "webhook_delivery"
    __table_args__ = delivery_constraints("catalog")


class Source(Table, table=True):
    """A portal that sends its datasets, or from which they are harvested."""

    __tablename__ = "source"

    id: UUID = Field(primary_key=True)
    slug: str = Field(unique=True)
    owner: str = Field(index=True)
    name: str
    kind: str
    url: str | None = None
    created_at: datetime = timestamp()
    modified_at: datetime = timestamp()


class Organization(Table, table=True):
    """A body that produces datasets: known by its SIREN, else as one source names it (`key`)."""

    __tablename__ = "organization"

    id: UUID = Field(primary_key=True)
    key: str = Field(unique=True)
    source_id: UUID | None = Field(default=None, foreign_key="catalog.source.id", index=True)
    remote_id: str | None = None
    siren: str | None = Field(default=None, index=True)
    siret: str | None = None
    name: str
    acronym: str | None = None
    slug: str | None = None
    description: str | None = None
    url: str | None = None
    logo: str | None = None
    badges: list[str] = _words()
    zone: str | None = None
    created_at: datetime = timestamp()
    modified_at: datetime = timestamp()


class Dataset(Table, table=True):
    """A dataset, as its portal registered it. Deleted, it stays as a tombstone."""

    __tablename__ = "dataset"
    __table_args__ = (
        Index("ix_dataset_owner_id", "owner", "id"),
        Index("ix_dataset_source_id_remote_id", "source_id", "remote_id", unique=True),
        Index("ix_dataset_uri", "uri", postgresql_where=text("uri IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    owner: str
    source_id: UUID | None = Field(default=None, foreign_key="catalog.source.id")
    remote_id: str | None = None
    uri: str | None = None
    title: str
    acronym: str | None = None
    slug: str | None = None
    description: str
    description_short: str | None = None
    organization_id: UUID | None = Field(default=None, foreign_key="catalog.organization.id", index=True)
    organization_siren: str | None = Field(default=None, index=True)
    organization_name: str | None = None
    license: str
    frequency: str
    frequency_date: datetime | None = timestamp(nullable=True)
    temporal_start: date | None = None
    temporal_end: date | None = None
    zones: list[str] = _words()
    granularity: str | None = None
    geom: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    tags: list[str] = _words()
    badges: list[str] = _words()
    themes: list[str] = _words()
    contact_points: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    landing_page: str | None = None
    private: bool = False
    extras: dict[str, Any] = _document()
    claims: dict[str, Any] = _document()
    harvest: dict[str, Any] = _document()
    content_hash: str | None = None
    # That of the very bytes of the line that made it so: the same line again need not even be read.
    payload_digest: str | None = None
    # Those who follow or reuse it where it comes from: it orders what a search finds.
    popularity: int = Field(default=0, sa_type=BigInteger)
    # Grows at each change, so that an older event that comes late is known to be one.
    revision: int = Field(default=1, sa_type=BigInteger)
    published_at: datetime | None = timestamp(nullable=True)
    remote_created_at: datetime | None = timestamp(nullable=True)
    remote_modified_at: datetime | None = timestamp(nullable=True)
    created_at: datetime = timestamp()
    modified_at: datetime = timestamp()
    archived_at: datetime | None = timestamp(nullable=True)
    deleted_at: datetime | None = timestamp(nullable=True)
    # Since when its source no longer has it: it is deleted after a grace period.
    missing_since: datetime | None = timestamp(nullable=True)


class DatasetSearch(Table, table=True):
    """The words of a dataset as they are searched, and what orders those found: kept by a trigger, whoever writes.

    What is counted is in a table of its own: these rows cannot be written anew without their words.
    """

    __tablename__ = "dataset_search"
    __table_args__ = (Index("ix_dataset_search_document", "document", postgresql_using="gin"),)

    dataset_id: UUID = Field(primary_key=True, foreign_key="catalog.dataset.id", ondelete="CASCADE")
    document: str = Field(sa_type=TSVECTOR)
    # Folded, as the words asked are.
    title: str
    shown: bool
    national: bool
    popularity: int = Field(sa_type=BigInteger)


class DatasetFacets(Table, table=True):
    """What a search counts of a dataset (`tag:…`) and of its files (`format:…`, each once): kept by triggers."""

    __tablename__ = "dataset_facets"

    dataset_id: UUID = Field(primary_key=True, foreign_key="catalog.dataset.id", ondelete="CASCADE")
    of_dataset: list[str] = _words()
    of_files: list[str] = _words()


class Resource(Table, table=True):
    """A file of a dataset, with the conformity of its present content to its present schema.

    `key` tells it from the other resources of its dataset, from one sending to the next (`domain.record`).
    """

    __tablename__ = "resource"
    __table_args__ = (
        Index(
            "ix_resource_missing_since", "missing_since", postgresql_where=text("missing_since IS NOT NULL")
        ),
    )

    id: UUID = Field(primary_key=True)
    dataset_id: UUID = Field(foreign_key="catalog.dataset.id", ondelete="CASCADE", index=True)
    position: int
    key: str
    remote_id: str | None = None
    uri: str | None = None
    title: str
    description: str
    type: str = "main"
    filename: str
    format: str | None = None
    mime: str | None = None
    filesize: int | None = Field(default=None, sa_type=BigInteger)
    checksum_type: str | None = None
    checksum_value: str | None = None
    url: str | None = None
    storage_key: str | None = None
    schema_name: str | None = None
    schema_version: str | None = None
    schema_url: str | None = None
    extras: dict[str, Any] = _document()
    claims: dict[str, Any] = _document()
    harvest: dict[str, Any] = _document()
    remote_created_at: datetime | None = timestamp(nullable=True)
    remote_modified_at: datetime | None = timestamp(nullable=True)
    revision: int = 1
    created_at: datetime = timestamp()
    modified_at: datetime = timestamp()
    deleted_at: datetime | None = timestamp(nullable=True)
    missing_since: datetime | None = timestamp(nullable=True)
    conformity: str
    # What its columns suggest where it declares no schema, and for which revision.
    suggestions: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    suggested_revision: int | None = None
    validation_id: UUID | None = None
    validated_at: datetime | None = timestamp(nullable=True)
    validated_checksum: str | None = None
    validated_size: int | None = Field(default=None, sa_type=BigInteger)
    validated_schema_version: str | None = None
    rows: int | None = Field(default=None, sa_type=BigInteger)
    errors: int | None = Field(default=None, sa_type=BigInteger)
    warnings: int | None = Field(default=None, sa_type=BigInteger)
    problem: str | None = None


class Verdict(Table, table=True):
    """A verdict once given on a resource: for which file, by which version of which schema."""

    __tablename__ = "verdict"
    __table_args__ = (Index("ix_verdict_resource_id_id", "resource_id", "id"),)

    id: UUID = Field(primary_key=True)
    resource_id: UUID = Field(foreign_key="catalog.resource.id", ondelete="CASCADE")
    conformity: str
    validation_id: UUID
    validated_at: datetime = timestamp()
    revision: int
    checksum: str | None = None
    size: int | None = Field(default=None, sa_type=BigInteger)
    schema_name: str
    schema_version: str | None = None
    rows: int | None = Field(default=None, sa_type=BigInteger)
    errors: int | None = Field(default=None, sa_type=BigInteger)
    warnings: int | None = Field(default=None, sa_type=BigInteger)
    problem: str | None = None


class HarvestPlan(Table, table=True):
    """How a source is harvested: when, and how much of it may disappear at once."""

    __tablename__ = "harvest_plan"
    __table_args__ = (
        Index("ix_harvest_plan_due", "next_run_at", postgresql_where=text("next_run_at IS NOT NULL")),
    )

    source_id: UUID = Field(primary_key=True, foreign_key="catalog.source.id")
    frequency: str | None = None
    next_run_at: datetime | None = timestamp(nullable=True)
    most_deletions_percent: int = 20
    grace_days: int = 7


class HarvestRun(WorkColumns, Table, table=True):
    """One harvest of a source: its row is the job, and where it got to."""

    __tablename__ = "harvest_run"
    __table_args__ = (
        Index("ix_harvest_run_source_id_id", "source_id", "id"),
        work_open_index("harvest_run"),
    )

    id: UUID = Field(primary_key=True)
    source_id: UUID = Field(foreign_key="catalog.source.id")
    dry_run: bool = False
    # The page that is read next: none before the first, and after the last (`complete`).
    page: int = 0
    following: str | None = None
    complete: bool = False
    total: int | None = None
    started_at: datetime | None = timestamp(nullable=True)
    finished_at: datetime | None = timestamp(nullable=True)
    result: str | None = None
    problem: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    # Datasets that the source no longer has.
    missing: int | None = None
    decided_at: datetime | None = timestamp(nullable=True)


class HarvestPage(Table, table=True):
    """A part of a page that a harvest has read, written with what it led to: the checkpoint and the log in one."""

    __tablename__ = "harvest_page"

    run_id: UUID = Field(primary_key=True, foreign_key="catalog.harvest_run.id", ondelete="CASCADE")
    page: int = Field(primary_key=True)
    part: int = Field(primary_key=True)
    url: str | None = None
    reader: str
    etag: str | None = None
    last_modified: str | None = None
    sha256: str | None = None
    following: str | None = None
    total: int | None = None
    counts: dict[str, int] = Field(sa_type=JSONB)
    items: list[dict[str, Any]] = Field(sa_type=JSONB)


class LinkHost(WorkColumns, Table, table=True):
    """A host of published files: the unit of work of the link check, so that a slow one delays no other."""

    __tablename__ = "link_host"
    __table_args__ = (work_open_index("link_host"),)

    id: UUID = Field(primary_key=True)
    host: str = Field(unique=True)
    free_at: datetime = timestamp()


class Link(Table, table=True):
    """What is known of the address of a resource, and when it is looked at next."""

    __tablename__ = "link"
    __table_args__ = (Index("ix_link_host_next_check_at", "host", "next_check_at"),)

    resource_id: UUID = Field(primary_key=True, foreign_key="catalog.resource.id", ondelete="CASCADE")
    url: str
    host: str
    next_check_at: datetime = timestamp(index=True)
    level: int = 0
    available: bool | None = None
    since: datetime | None = timestamp(nullable=True)
    checked_at: datetime | None = timestamp(nullable=True)
    changed_at: datetime | None = timestamp(nullable=True)
    status: int | None = None
    reason: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    size: int | None = Field(default=None, sa_type=BigInteger)
    sha256: str | None = None


class LinkEvent(Table, table=True):
    """A change of what is known of an address: available, away, another file."""

    __tablename__ = "link_event"
    __table_args__ = (Index("ix_link_event_resource_id_id", "resource_id", "id"),)

    id: UUID = Field(primary_key=True)
    resource_id: UUID = Field(foreign_key="catalog.resource.id", ondelete="CASCADE")
    kind: str
    at: datetime = timestamp()
    status: int | None = None
    reason: str | None = None
