"""What every table of the directory hangs from, and the tables that every service has."""

from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from shared.changes.tables import ChangeColumns, change_new_index, change_subject_index
from shared.messaging.tables import InboxColumns, OutboxColumns, inbox_due_index, outbox_unsent_index
from shared.tables import IdempotencyColumns, service_registry
from shared.webhooks.tables import (
    DeliveryColumns,
    SubscriptionColumns,
    delivery_constraints,
    subscription_indexes,
)

mapped = service_registry("directory")
metadata = mapped.metadata


class Table(SQLModel, registry=mapped):
    """Root of this service's tables."""


def revision() -> Any:
    """Return the field that counts how often other services were told of an entry; 0 is never."""
    return Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})


def never_told_index(table: str) -> Index:
    """Return the index of the entries that nobody was told of."""
    return Index(f"ix_{table}_never_told", "id", postgresql_where=text("revision = 0"))


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
    """What happened to what the directory lists."""

    __tablename__ = "change"
    __table_args__ = (change_new_index(), change_subject_index())


class WebhookSubscription(SubscriptionColumns, Table, table=True):
    """Where to tell whom of what."""

    __tablename__ = "webhook_subscription"
    __table_args__ = subscription_indexes()


class WebhookDelivery(DeliveryColumns, Table, table=True):
    """A change to tell a subscription."""

    __tablename__ = "webhook_delivery"
    __table_args__ = delivery_constraints("directory")
