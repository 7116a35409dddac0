"""Vendors, applications, export modules, usages and the claims by which they are known."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0002"
down_revision = "directory_0001"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables of the software directory."""
    _create_software()
    _create_modules()
    _create_usages()


def _create_software() -> None:
    op.create_table(
        "editeur",
        sa.Column("siren", sa.String(9), nullable=False),
        sa.Column("nom", sa.String(), nullable=False),
        sa.Column("nom_key", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("siren", name="pk_editeur"),
        schema="directory",
    )
    op.create_index("ix_editeur_nom_key", "editeur", ["nom_key"], schema="directory")
    op.create_table(
        "progiciel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("editeur_siren", sa.String(), nullable=False),
        sa.Column("nom", sa.String(), nullable=False),
        sa.Column("nom_key", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["editeur_siren"], ["directory.editeur.siren"], name="fk_progiciel_editeur_siren_editeur"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_progiciel"),
        sa.UniqueConstraint("editeur_siren", "nom_key", name="uq_progiciel_editeur_siren_nom_key"),
        schema="directory",
    )
    op.create_index("ix_progiciel_nom_key", "progiciel", ["nom_key"], schema="directory")
    op.create_table(
        "version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("progiciel_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("released_on", sa.Date(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["progiciel_id"],
            ["directory.progiciel.id"],
            name="fk_version_progiciel_id_progiciel",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_version"),
        sa.UniqueConstraint("progiciel_id", "number", name="uq_version_progiciel_id_number"),
        schema="directory",
    )


def _create_modules() -> None:
    op.create_table(
        "export_module",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("progiciel_id", sa.Uuid(), nullable=False),
        sa.Column("domaine", sa.String(), nullable=False),
        sa.Column("schema_name", sa.String(), nullable=False),
        sa.Column("schema_version", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("price_note", sa.String(), nullable=False),
        sa.Column("available_since", sa.Date(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["progiciel_id"],
            ["directory.progiciel.id"],
            name="fk_export_module_progiciel_id_progiciel",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_export_module"),
        sa.UniqueConstraint(
            "progiciel_id",
            "domaine",
            "schema_name",
            "schema_version",
            name="uq_export_module_schema",
        ),
        schema="directory",
    )
    op.create_index("ix_export_module_domaine", "export_module", ["domaine"], schema="directory")


def _create_usages() -> None:
    op.create_table(
        "usage",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("siren", sa.String(), nullable=False),
        sa.Column("progiciel_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("domaine", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["siren"], ["directory.collectivite.siren"], name="fk_usage_siren_collectivite"
        ),
        sa.ForeignKeyConstraint(
            ["progiciel_id"], ["directory.progiciel.id"], name="fk_usage_progiciel_id_progiciel"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_usage"),
        sa.UniqueConstraint(
            "siren", "progiciel_id", "version", "domaine", name="uq_usage_siren_progiciel_id_version_domaine"
        ),
        schema="directory",
    )
    op.create_index("ix_usage_progiciel_id", "usage", ["progiciel_id"], schema="directory")
    op.create_table(
        "claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("usage_id", sa.Uuid(), nullable=True),
        sa.Column("module_id", sa.Uuid(), nullable=True),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_url", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("author_siren", sa.String(), nullable=True),
        sa.Column("stated_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint("num_nonnulls(usage_id, module_id) = 1", name="ck_claim_one_subject"),
        sa.ForeignKeyConstraint(
            ["usage_id"], ["directory.usage.id"], name="fk_claim_usage_id_usage", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["module_id"],
            ["directory.export_module.id"],
            name="fk_claim_module_id_export_module",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_claim"),
        schema="directory",
    )
    op.create_index("ix_claim_usage_id", "claim", ["usage_id"], schema="directory")
    op.create_index("ix_claim_module_id", "claim", ["module_id"], schema="directory")
