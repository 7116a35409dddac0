"""Owners and tokens, schemas by address or document, packages, progress."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "validation_0003"
down_revision = "validation_0002"


def upgrade() -> None:
    """Add to validations what the new ways to ask for one need; old code goes on writing without it."""
    for column in (
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("private", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("tokens", ARRAY(sa.LargeBinary()), nullable=False, server_default="{}"),
        sa.Column("schema_url", sa.String(), nullable=True),
        sa.Column("schema_sha256", sa.String(), nullable=True),
        sa.Column("resources", JSONB(), nullable=True),
        sa.Column("progress", JSONB(), nullable=True),
    ):
        op.add_column("validation", column, schema="validation")
    op.create_index(
        "ix_validation_owner",
        "validation",
        ["owner", "id"],
        schema="validation",
        postgresql_where=sa.text("owner IS NOT NULL"),
    )
    op.create_index(
        "ix_validation_awaiting",
        "validation",
        ["created_at"],
        schema="validation",
        postgresql_where=sa.text("state = 'awaiting'"),
    )
    op.create_table(
        "descriptor",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_descriptor"),
        schema="validation",
    )
    op.execute("UPDATE validation.validation SET owner = caller WHERE caller LIKE 'key:%'")
