"""Columns of subscriptions and deliveries; each service has its own tables in its schema."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, VARCHAR
from sqlmodel import Field, SQLModel

from shared.messaging.tables import WorkColumns
from shared.tables import timestamp


class SubscriptionColumns(SQLModel):
    """Where to tell an owner of what: `active`, `paused` by them, or `disabled` by us, with the reason.

    With a `subject`, only what happens to it; a subscription for a single message (`once`) is shown nowhere. The
    secret signs: it is read where messages are sent, and by nothing that answers a client.
    """

    id: UUID = Field(primary_key=True)
    owner: str
    url: str
    events: list[str] = Field(sa_type=ARRAY(VARCHAR))
    subject: str | None = None
    description: str = ""
    once: bool = False
    state: str = "active"
    secret: bytes | None = Field(default=None, sa_type=LargeBinary, repr=False)
    previous_secret: bytes | None = Field(default=None, sa_type=LargeBinary, repr=False)
    previous_secret_until: datetime | None = timestamp(nullable=True)
    created_at: datetime = timestamp()
    modified_at: datetime = timestamp()
    served_at: datetime = timestamp()
    failing_since: datetime | None = timestamp(nullable=True)
    disabled_at: datetime | None = timestamp(nullable=True)
    disabled_reason: str | None = None


class DeliveryColumns(WorkColumns):
    """One change to tell one subscription: the row is the job, `log` holds the latest attempts."""

    id: UUID = Field(primary_key=True)
    subscription_id: UUID
    change_id: UUID
    next_attempt_at: datetime = timestamp()
    finished_at: datetime | None = timestamp(nullable=True)
    log: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)


def subscription_indexes() -> tuple[Index, Index]:
    """Return the indexes of an owner's subscriptions, and of those that are told, in the order of their turns."""
    return (
        Index("ix_webhook_subscription_owner_id", "owner", "id"),
        Index("ix_webhook_subscription_active", "served_at", "id", postgresql_where=text("state = 'active'")),
    )


def delivery_constraints(schema: str) -> tuple[Any, ...]:
    """Return the keys and indexes of a service's table of deliveries."""
    return (
        ForeignKeyConstraint(["subscription_id"], [f"{schema}.webhook_subscription.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["change_id"], [f"{schema}.change.id"], ondelete="CASCADE"),
        UniqueConstraint("subscription_id", "change_id"),
        Index("ix_webhook_delivery_change_id", "change_id"),
        Index("ix_webhook_delivery_subscription_id_created_at", "subscription_id", "created_at", "id"),
        Index(
            "ix_webhook_delivery_open",
            "subscription_id",
            "next_attempt_at",
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
        Index("ix_webhook_delivery_running", "subscription_id", postgresql_where=text("state = 'running'")),
    )
