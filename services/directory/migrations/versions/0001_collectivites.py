"""The reference of collectivités."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.steps import create_kernel_tables

revision = "directory_0001"
down_revision = None


def upgrade() -> None:
    """Create every table of the first release."""
    create_kernel_tables("directory")
    op.create_table(
        "collectivite",
        sa.Column("siren", sa.String(9), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("nom", sa.String(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("population_base", sa.String(), nullable=False),
        sa.Column("population_year", sa.Integer(), nullable=False),
        sa.Column("code_insee", sa.String(), nullable=False),
        sa.Column("code_departement", sa.String(), nullable=False),
        sa.Column("code_region", sa.String(), nullable=False),
        sa.Column("siren_epci", sa.String(), nullable=False),
        sa.Column("codes_postaux", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("aliases", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("siren", name="pk_collectivite"),
        schema="directory",
    )
    op.create_index("ix_collectivite_code_insee", "collectivite", ["code_insee"], schema="directory")
    op.create_index("ix_collectivite_siren_epci", "collectivite", ["siren_epci"], schema="directory")
    op.create_table(
        "reference_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reference_import"),
        schema="directory",
    )
