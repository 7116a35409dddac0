"""The observatory: files brought in, row by row, and what the catalogue publishes over time."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "directory_0004"
down_revision = "directory_0003"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables of the observatory."""
    op.create_table(
        "observatoire_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("checksum", sa.String(), nullable=False),
        sa.Column("edition", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("outcomes", JSONB(), nullable=False),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.Column("imported_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_observatoire_import"),
        sa.UniqueConstraint("kind", "year", "checksum", name="uq_observatoire_import_kind_year_checksum"),
        schema="directory",
    )
    op.create_table(
        "observatoire_ligne",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("reason_en", sa.String(), nullable=False),
        sa.Column("siren", sa.String(), nullable=True),
        sa.Column("nom", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("code_departement", sa.String(), nullable=False),
        sa.Column("code_region", sa.String(), nullable=False),
        sa.Column("datasets", sa.Integer(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("observed_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["directory.observatoire_import.id"],
            name="fk_observatoire_ligne_import_id_observatoire_import",
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name="pk_observatoire_ligne"),
        schema="directory",
    )
    op.create_index("ix_observatoire_ligne_siren", "observatoire_ligne", ["siren"], schema="directory")
    op.create_table(
        "publication",
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("siren", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("schemas", ARRAY(sa.String()), nullable=False),
        sa.Column("scdl", sa.Boolean(), nullable=False),
        sa.Column("conforming", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", "since", name="pk_publication"),
        schema="directory",
    )
    op.create_index("ix_publication_siren_since", "publication", ["siren", "since"], schema="directory")
    op.create_index(
        "uq_publication_present",
        "publication",
        ["dataset_id"],
        unique=True,
        schema="directory",
        postgresql_where=sa.text("until IS NULL"),
    )
