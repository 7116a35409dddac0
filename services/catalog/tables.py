"""Tables of the catalog service."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlalchemy.dialects.postgresql import ARRAY, VARCHAR
from sqlmodel import Field, SQLModel

from shared.changes.tables import ChangeColumns, change_new_index, change_subject_index
from shared.messaging.tables import InboxColumns, OutboxColumns, inbox_due_index, outbox_unsent_index
from shared.tables import IdempotencyColumns, service_registry, timestamp
from shared.webhooks.tables import (
    DeliveryColumns,
    SubscriptionColumns,
    delivery_constraints,
    subscription_owner_index,
)

mapped = service_registry("catalog")
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


class Change(ChangeColumns, Table, table=True):
    """What happened to the datasets."""

    __tablename__ = "change"
    __table_args__ = (change_new_index(), change_subject_index())


class WebhookSubscription(SubscriptionColumns, Table, table=True):
    """Where to tell whom of what."""

    __tablename__ = "webhook_subscription"
    __table_args__ = (subscription_owner_index(),)


class WebhookDelivery(DeliveryColumns, Table, table=True):
    """A change to tell a subscription."""

    __tablename__ = "webhook_delivery"
    __table_args__ = delivery_constraints("catalog")


class Dataset(Table, table=True):
    """A dataset, as its portal registered it."""

    __tablename__ = "dataset"
    __table_args__ = (Index("ix_dataset_owner_id", "owner", "id"),)

    id: UUID = Field(primary_key=True)
    owner: str
    title: str
    description: str
    organization_siren: str | None = Field(default=None, index=True)
    organization_name: str | None = None
    license: str
    frequency: str
    tags: list[str] = Field(default_factory=list, sa_type=ARRAY(VARCHAR))
    landing_page: str | None = None
    created_at: datetime = timestamp()
    modified_at: datetime = timestamp()


class Resource(Table, table=True):
    """A file of a dataset, with the conformity of its present content to its present schema."""

    __tablename__ = "resource"

    id: UUID = Field(primary_key=True)
    dataset_id: UUID = Field(foreign_key="catalog.dataset.id", ondelete="CASCADE", index=True)
    position: int
    title: str
    description: str
    filename: str
    format: str | None = None
    url: str | None = None
    storage_key: str | None = None
    schema_name: str | None = None
    schema_version: str | None = None
    revision: int = 1
    created_at: datetime = timestamp()
    modified_at: datetime = timestamp()
    conformity: str
    validation_id: UUID | None = None
    validated_at: datetime | None = timestamp(nullable=True)
    validated_checksum: str | None = None
    validated_size: int | None = Field(default=None, sa_type=BigInteger)
    validated_schema_version: str | None = None
    rows: int | None = Field(default=None, sa_type=BigInteger)
    errors: int | None = Field(default=None, sa_type=BigInteger)
    warnings: int | None = Field(default=None, sa_type=BigInteger)
    problem: str | None = None
