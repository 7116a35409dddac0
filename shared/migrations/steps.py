"""Steps that the first migration of each service has in common."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

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
