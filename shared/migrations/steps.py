"""Steps that migrations of several services have in common."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

MOMENT = sa.DateTime(timezone=True)


def create_kernel_tables(schema: str) -> None:
    """Create `outbox`, `inbox` and `idempotency` in a service's schema, as of the first release."""
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("payload", JSONB, nullable=False),
        sa.Column("request_id", sa.String, nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        schema=schema,
    )
    op.create_index("ix_outbox_sent_at", "outbox", ["sent_at"], schema=schema)
    unsent = sa.text("sent_at IS NULL")
    op.create_index("ix_outbox_unsent", "outbox", ["id"], schema=schema, postgresql_where=unsent)
    op.create_table(
        "inbox",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("payload", JSONB, nullable=False),
        sa.Column("request_id", sa.String, nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.String, nullable=True),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        schema=schema,
    )
    due = sa.text("state = 'received'")
    op.create_index("ix_inbox_due", "inbox", ["next_attempt_at"], schema=schema, postgresql_where=due)
    op.create_table(
        "idempotency",
        sa.Column("caller", sa.String, primary_key=True),
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("resource_id", sa.Uuid, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        schema=schema,
    )
    op.create_index("ix_idempotency_created_at", "idempotency", ["created_at"], schema=schema)


def create_change_tables(schema: str) -> None:
    """Create `change`, `webhook_subscription` and `webhook_delivery` in a service's schema."""
    op.create_table(
        "change",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=True),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("data", JSONB, nullable=False),
        sa.Column("audience", sa.String, nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.UniqueConstraint("position", name="uq_change_position"),
        schema=schema,
    )
    new = sa.text("position IS NULL")
    op.create_index("ix_change_new", "change", ["recorded_at", "id"], schema=schema, postgresql_where=new)
    op.create_index("ix_change_recorded_at", "change", ["recorded_at"], schema=schema)
    op.create_index("ix_change_subject", "change", ["subject", "position"], schema=schema)
    _create_subscriptions(schema)
    _create_deliveries(schema)


def _create_subscriptions(schema: str) -> None:
    table = "webhook_subscription"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("events", ARRAY(sa.String), nullable=False),
        sa.Column("subject", sa.String, nullable=True),
        sa.Column("description", sa.String, nullable=False),
        sa.Column("once", sa.Boolean, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=True),
        sa.Column("previous_secret", sa.LargeBinary, nullable=True),
        sa.Column("previous_secret_until", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("modified_at", MOMENT, nullable=False),
        sa.Column("served_at", MOMENT, nullable=False),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.Column("disabled_reason", sa.String, nullable=True),
        schema=schema,
    )
    op.create_index(f"ix_{table}_owner_id", table, ["owner", "id"], schema=schema)
    active = sa.text("state = 'active'")
    op.create_index(f"ix_{table}_active", table, ["served_at", "id"], schema=schema, postgresql_where=active)


def _create_deliveries(schema: str) -> None:
    table = "webhook_delivery"
    op.create_table(
        table,
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("request_id", sa.String, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("subscription_id", sa.Uuid, nullable=False),
        sa.Column("change_id", sa.Uuid, nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("log", JSONB, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            [f"{schema}.webhook_subscription.id"],
            name="fk_webhook_delivery_subscription_id_webhook_subscription",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["change_id"],
            [f"{schema}.change.id"],
            name="fk_webhook_delivery_change_id_change",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint(
            "subscription_id", "change_id", name="uq_webhook_delivery_subscription_id_change_id"
        ),
        schema=schema,
    )
    op.create_index(f"ix_{table}_change_id", table, ["change_id"], schema=schema)
    op.create_index(
        f"ix_{table}_subscription_id_created_at",
        table,
        ["subscription_id", "created_at", "id"],
        schema=schema,
    )
    still_open = sa.text("state IN ('queued', 'running')")
    op.create_index(
        f"ix_{table}_open",
        table,
        ["subscription_id", "next_attempt_at"],
        schema=schema,
        postgresql_where=still_open,
    )
    running = sa.text("state = 'running'")
    op.create_index(
        f"ix_{table}_running", table, ["subscription_id"], schema=schema, postgresql_where=running
    )
