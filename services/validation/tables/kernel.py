"""What every table of the validation service hangs from, and the tables that every service has."""

from sqlmodel import SQLModel

from shared.changes.tables import ChangeColumns, change_new_index, change_subject_index
from shared.messaging.tables import InboxColumns, OutboxColumns, inbox_due_index, outbox_unsent_index
from shared.tables import IdempotencyColumns, service_registry
from shared.webhooks.tables import (
    DeliveryColumns,
    SubscriptionColumns,
    delivery_constraints,
    subscription_indexes,
)

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


class Change(ChangeColumns, Table, table=True):
    """What happened to the validations that somebody asked to be told of."""

    __tablename__ = "change"
    __table_args__ = (change_new_index(), change_subject_index())


class WebhookSubscription(SubscriptionColumns, Table, table=True):
    """Where to tell whom of what."""

    __tablename__ = "webhook_subscription"
    __table_args__ = subscription_indexes()


class WebhookDelivery(DeliveryColumns, Table, table=True):
    """A change to tell a subscription."""

    __tablename__ = "webhook_delivery"
    __table_args__ = delivery_constraints("validation")
