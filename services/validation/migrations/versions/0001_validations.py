"""Validations and their reports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.steps import create_kernel_tables

revision = "validation_0001"
down_revision = None


def upgrade() -> None:
    """Create every table of the first release."""
    create_kernel_tables("validation")
    op.create_table(
        "validation",
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("source_url", sa.String(), nullable=True),
        sa.Column("storage_key", sa.String(), nullable=True),
        sa.Column("owns_storage", sa.Boolean(), nullable=False),
        sa.Column("schema_name", sa.String(), nullable=False),
        sa.Column("schema_version", sa.String(), nullable=True),
        sa.Column("options", postgresql.JSONB(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("resource_revision", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("problem", postgresql.JSONB(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("errors", sa.BigInteger(), nullable=True),
        sa.Column("warnings", sa.BigInteger(), nullable=True),
        sa.Column("engine_version", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_validation"),
        schema="validation",
    )
    op.create_index(
        "ix_validation_open",
        "validation",
        ["id"],
        unique=False,
        schema="validation",
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_index(
        "ix_validation_resource",
        "validation",
        ["resource_id"],
        unique=False,
        schema="validation",
        postgresql_where=sa.text("resource_id IS NOT NULL"),
    )
    op.create_index(
        "ix_validation_stored",
        "validation",
        ["created_at"],
        unique=False,
        schema="validation",
        postgresql_where=sa.text("storage_key IS NOT NULL"),
    )
    op.create_table(
        "report",
        sa.Column("validation_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["validation_id"],
            ["validation.validation.id"],
            name="fk_report_validation_id_validation",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("validation_id", name="pk_report"),
        schema="validation",
    )
