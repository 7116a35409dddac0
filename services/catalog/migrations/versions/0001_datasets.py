"""Datasets and their resources."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.steps import create_kernel_tables

revision = "catalog_0001"
down_revision = None


def upgrade() -> None:
    """Create every table of the first release."""
    create_kernel_tables("catalog")
    op.create_table(
        "dataset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("organization_siren", sa.String(), nullable=True),
        sa.Column("organization_name", sa.String(), nullable=True),
        sa.Column("license", sa.String(), nullable=False),
        sa.Column("frequency", sa.String(), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("landing_page", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dataset"),
        schema="catalog",
    )
    op.create_index(
        "ix_dataset_organization_siren", "dataset", ["organization_siren"], unique=False, schema="catalog"
    )
    op.create_index("ix_dataset_owner_id", "dataset", ["owner", "id"], unique=False, schema="catalog")
    op.create_table(
        "resource",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("storage_key", sa.String(), nullable=True),
        sa.Column("schema_name", sa.String(), nullable=True),
        sa.Column("schema_version", sa.String(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("conformity", sa.String(), nullable=False),
        sa.Column("validation_id", sa.Uuid(), nullable=True),
        sa.Column("validated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("validated_checksum", sa.String(), nullable=True),
        sa.Column("validated_size", sa.BigInteger(), nullable=True),
        sa.Column("validated_schema_version", sa.String(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("errors", sa.BigInteger(), nullable=True),
        sa.Column("warnings", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["catalog.dataset.id"], name="fk_resource_dataset_id_dataset", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_resource"),
        schema="catalog",
    )
    op.create_index("ix_resource_dataset_id", "resource", ["dataset_id"], unique=False, schema="catalog")
