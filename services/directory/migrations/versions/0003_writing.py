"""Moderation and history, contacts, facilitators, labels, batch imports, the journal of the reference."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "directory_0003"
down_revision = "directory_0002"

MOMENT = sa.DateTime(timezone=True)

# What is written in the history stays as it was written.
APPEND_ONLY = """
CREATE FUNCTION directory.refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history is only ever added to';
END $$
"""


def upgrade() -> None:
    """Create the tables of the writing side."""
    _create_atd()
    _create_batch_import()
    _create_history_entry()
    _create_label()
    _create_published_dataset()
    _create_submission()
    _create_atd_territory()
    _create_import_line()
    _create_reference_change()
    _create_contact()
    _create_contact_access()
    op.add_column("editeur", sa.Column("modified_at", MOMENT, nullable=True), schema="directory")
    op.add_column("editeur", sa.Column("claimed_at", MOMENT, nullable=True), schema="directory")
    op.add_column("export_module", sa.Column("modified_at", MOMENT, nullable=True), schema="directory")
    op.add_column("progiciel", sa.Column("modified_at", MOMENT, nullable=True), schema="directory")
    op.add_column("usage", sa.Column("export_wanted", sa.Boolean(), nullable=True), schema="directory")
    op.execute(APPEND_ONLY)
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE ON directory.history_entry "
        "FOR EACH ROW EXECUTE FUNCTION directory.refuse_update()"
    )


def _create_atd() -> None:
    op.create_table(
        "atd",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("siren", sa.String(9), nullable=False),
        sa.Column("nom", sa.String(), nullable=False),
        sa.Column("nom_key", sa.String(), nullable=False),
        sa.Column("echelle", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("contexte", sa.String(), nullable=False),
        sa.Column("objectifs", sa.String(), nullable=False),
        sa.Column("alliances", sa.String(), nullable=False),
        sa.Column("beneficiaires", sa.String(), nullable=False),
        sa.Column("dispositifs", sa.String(), nullable=False),
        sa.Column("resultats_attendus", sa.String(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("modified_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_atd"),
        sa.UniqueConstraint("siren", name="uq_atd_siren"),
        schema="directory",
    )
    op.create_index("ix_atd_echelle", "atd", ["echelle"], schema="directory")
    op.create_index("ix_atd_nom_key", "atd", ["nom_key"], schema="directory")


def _create_batch_import() -> None:
    op.create_table(
        "batch_import",
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("storage_key", sa.String(), nullable=True),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("author_siren", sa.String(), nullable=True),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("problem_fr", sa.String(), nullable=True),
        sa.Column("problem_en", sa.String(), nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_batch_import"),
        schema="directory",
    )
    op.create_index(
        "ix_batch_import_open",
        "batch_import",
        ["id"],
        schema="directory",
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )


def _create_history_entry() -> None:
    op.create_table(
        "history_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("before", JSONB(), nullable=True),
        sa.Column("after", JSONB(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("author_siren", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_history_entry"),
        schema="directory",
    )
    op.create_index(
        "ix_history_entry_subject", "history_entry", ["subject", "subject_id", "id"], schema="directory"
    )


def _create_label() -> None:
    op.create_table(
        "label",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("progiciel_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("module_id", sa.Uuid(), nullable=True),
        sa.Column("schema_name", sa.String(), nullable=False),
        sa.Column("schema_version", sa.String(), nullable=False),
        sa.Column("assurance", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("verify_url", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_label"),
        schema="directory",
    )
    op.create_index("ix_label_module_id", "label", ["module_id"], schema="directory")
    op.create_index("ix_label_progiciel_id", "label", ["progiciel_id"], schema="directory")


def _create_published_dataset() -> None:
    op.create_table(
        "published_dataset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("siren", sa.String(), nullable=True),
        sa.Column("themes", ARRAY(sa.VARCHAR()), nullable=False),
        sa.Column("schemas", ARRAY(sa.VARCHAR()), nullable=False),
        sa.Column("reuses", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_published_dataset"),
        schema="directory",
    )
    op.create_index("ix_published_dataset_siren", "published_dataset", ["siren"], schema="directory")


def _create_submission() -> None:
    op.create_table(
        "submission",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposal", JSONB(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("submitted_by", sa.String(), nullable=False),
        sa.Column("submitted_siren", sa.String(), nullable=True),
        sa.Column("submitted_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("motif", sa.String(), nullable=False),
        sa.Column("published", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_submission"),
        schema="directory",
    )
    op.create_index("ix_submission_claim_id", "submission", ["claim_id"], schema="directory")
    op.create_index("ix_submission_state_id", "submission", ["state", "id"], schema="directory")
    op.create_index("ix_submission_submitted_siren", "submission", ["submitted_siren"], schema="directory")


def _create_atd_territory() -> None:
    op.create_table(
        "atd_territory",
        sa.Column("atd_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["atd_id"], ["directory.atd.id"], name="fk_atd_territory_atd_id_atd", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("atd_id", "kind", "code", name="pk_atd_territory"),
        schema="directory",
    )
    op.create_index("ix_atd_territory_code", "atd_territory", ["code"], schema="directory")


def _create_import_line() -> None:
    op.create_table(
        "import_line",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=True),
        sa.Column("fr", sa.String(), nullable=False),
        sa.Column("en", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["directory.batch_import.id"],
            name="fk_import_line_import_id_batch_import",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "line", name="pk_import_line"),
        schema="directory",
    )


def _create_reference_change() -> None:
    op.create_table(
        "reference_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("siren", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("nom", sa.String(), nullable=False),
        sa.Column("former_nom", sa.String(), nullable=True),
        sa.Column("into_siren", sa.String(), nullable=True),
        sa.Column("fields", ARRAY(sa.VARCHAR()), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["directory.reference_import.id"],
            name="fk_reference_change_import_id_reference_import",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reference_change"),
        schema="directory",
    )
    op.create_index("ix_reference_change_import_id", "reference_change", ["import_id"], schema="directory")
    op.create_index("ix_reference_change_siren", "reference_change", ["siren"], schema="directory")


def _create_contact() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("siren", sa.String(), nullable=False),
        sa.Column("usage_id", sa.Uuid(), nullable=True),
        sa.Column("submission_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("nom", sa.String(), nullable=True),
        sa.Column("fonction", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("telephone", sa.String(), nullable=True),
        sa.Column("email_key", sa.String(), nullable=True),
        sa.Column("consent_on", sa.Date(), nullable=True),
        sa.Column("consent_how", sa.String(), nullable=True),
        sa.Column("consent_text", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("modified_at", MOMENT, nullable=False),
        sa.Column("erased_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["directory.submission.id"],
            name="fk_contact_submission_id_submission",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["usage_id"], ["directory.usage.id"], name="fk_contact_usage_id_usage", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
        schema="directory",
    )
    op.create_index("ix_contact_created_at", "contact", ["created_at"], schema="directory")
    op.create_index("ix_contact_email_key", "contact", ["email_key"], schema="directory")
    op.create_index("ix_contact_siren", "contact", ["siren"], schema="directory")
    op.create_index("ix_contact_submission_id", "contact", ["submission_id"], schema="directory")
    op.create_index("ix_contact_usage_id", "contact", ["usage_id"], schema="directory")


def _create_contact_access() -> None:
    op.create_table(
        "contact_access",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("author_siren", sa.String(), nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["directory.contact.id"],
            name="fk_contact_access_contact_id_contact",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_contact_access"),
        schema="directory",
    )
    op.create_index("ix_contact_access_contact_id", "contact_access", ["contact_id"], schema="directory")
