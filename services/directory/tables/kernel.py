"""What every table of the directory hangs from, and the tables that every service has."""

from sqlmodel import SQLModel

from shared.messaging.tables import InboxColumns, OutboxColumns, inbox_due_index, outbox_unsent_index
from shared.tables import IdempotencyColumns, service_registry

mapped = service_registry("directory")
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
