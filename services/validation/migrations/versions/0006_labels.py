"""Labels, what they rest on, what became of them, and what is known of what they are given to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "validation_0006"
down_revision = "validation_0005"

SCHEMA = "validation"
MOMENT = sa.DateTime(timezone=True)
LIVE = sa.text("state NOT IN ('revoque', 'expire')")
# What is written in the history stays as it was written.
APPEND_ONLY = """
CREATE FUNCTION validation.refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history is only ever added to';
END $$
"""


def _column(name: str, kind: object = sa.String, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, kind, nullable=nullable)  # type: ignore[arg-type]


def upgrade() -> None:
    """Create the tables."""
    _create_label()
    _create_what_labels_rest_on()
    _create_known()
    op.execute(APPEND_ONLY)
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE ON validation.label_history "
        "FOR EACH ROW EXECUTE FUNCTION validation.refuse_update()"
    )


def _create_label() -> None:
    op.create_table(
        "label",
        _column("id", sa.Uuid()),
        _column("progiciel_id", sa.Uuid()),
        _column("progiciel_name"),
        _column("version_id", sa.Uuid()),
        _column("progiciel_version"),
        _column("major"),
        _column("module_id", sa.Uuid()),
        _column("module_name"),
        _column("editeur_siren"),
        _column("editeur_name"),
        _column("schema_name"),
        _column("schema_version"),
        _column("validator_name"),
        _column("validator_version"),
        _column("validation_id", sa.Uuid()),
        _column("input_sha256"),
        _column("rows", sa.BigInteger()),
        _column("coverage", JSONB()),
        _column("report_sha256"),
        _column("criteria_version"),
        _column("assurance"),
        _column("issued_at", MOMENT),
        _column("valid_from", sa.Date()),
        _column("valid_until", sa.Date()),
        _column("status_list", sa.Integer()),
        _column("status_index", sa.Integer()),
        _column("document", sa.LargeBinary()),
        _column("jwt"),
        _column("key_id"),
        _column("state"),
        _column("reason_fr"),
        _column("reason_en"),
        _column("superseded_by", nullable=True),
        _column("sequence", sa.BigInteger()),
        _column("changed_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_label"),
        sa.UniqueConstraint("status_list", "status_index", name="uq_label_status_list_status_index"),
        schema=SCHEMA,
    )
    op.create_index(
        "uq_label_live",
        "label",
        ["module_id", "schema_name", "major"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=LIVE,
    )
    op.create_index("ix_label_progiciel", "label", ["progiciel_id"], schema=SCHEMA)
    op.create_index("ix_label_editeur", "label", ["editeur_siren"], schema=SCHEMA)
    op.create_index("ix_label_due", "label", ["valid_until"], schema=SCHEMA, postgresql_where=LIVE)


def _create_what_labels_rest_on() -> None:
    op.create_table(
        "label_run",
        _column("validation_id", sa.Uuid()),
        _column("label_id", sa.Uuid()),
        _column("editeur_siren"),
        _column("sha256"),
        _column("report_sha256"),
        _column("rows", sa.BigInteger()),
        _column("declaration", JSONB()),
        _column("used_at", MOMENT),
        sa.PrimaryKeyConstraint("validation_id", name="pk_label_run"),
        sa.UniqueConstraint("editeur_siren", "sha256", name="uq_label_run_editeur_siren_sha256"),
        sa.ForeignKeyConstraint(
            ["label_id"], ["validation.label.id"], name="fk_label_run_label_id_label", ondelete="CASCADE"
        ),
        schema=SCHEMA,
    )
    op.create_index("ix_label_run_label_id", "label_run", ["label_id"], schema=SCHEMA)
    op.create_table(
        "label_history",
        _column("label_id", sa.Uuid()),
        _column("sequence", sa.BigInteger()),
        _column("action"),
        _column("state"),
        _column("assurance"),
        _column("valid_until", sa.Date()),
        _column("reason_fr"),
        _column("reason_en"),
        _column("role"),
        _column("author"),
        _column("attested", JSONB(), nullable=True),
        _column("recorded_at", MOMENT),
        sa.PrimaryKeyConstraint("label_id", "sequence", name="pk_label_history"),
        sa.ForeignKeyConstraint(
            ["label_id"], ["validation.label.id"], name="fk_label_history_label_id_label", ondelete="CASCADE"
        ),
        schema=SCHEMA,
    )


def _create_known() -> None:
    op.create_table(
        "known_progiciel",
        _column("id", sa.Uuid()),
        _column("revision", sa.BigInteger()),
        _column("nom"),
        _column("editeur_siren"),
        _column("editeur_nom"),
        _column("versions", JSONB()),
        sa.PrimaryKeyConstraint("id", name="pk_known_progiciel"),
        schema=SCHEMA,
    )
    op.create_table(
        "known_module",
        _column("id", sa.Uuid()),
        _column("revision", sa.BigInteger()),
        _column("progiciel_id", sa.Uuid()),
        _column("domaine"),
        _column("schema_name"),
        _column("schema_version"),
        _column("status"),
        _column("valid_until", sa.Date()),
        sa.PrimaryKeyConstraint("id", name="pk_known_module"),
        schema=SCHEMA,
    )
    op.create_table(
        "known_usage",
        _column("id", sa.Uuid()),
        _column("revision", sa.BigInteger()),
        _column("siren"),
        _column("progiciel_id", sa.Uuid()),
        _column("version"),
        _column("domaine"),
        _column("status"),
        _column("valid_until", sa.Date()),
        sa.PrimaryKeyConstraint("id", name="pk_known_usage"),
        schema=SCHEMA,
    )
    op.create_index("ix_known_usage_progiciel", "known_usage", ["progiciel_id"], schema=SCHEMA)
    op.create_table(
        "known_dataset",
        _column("id", sa.Uuid()),
        _column("revision", sa.BigInteger()),
        _column("siren", nullable=True),
        _column("resources", ARRAY(sa.Uuid())),
        _column("removed", sa.Boolean()),
        sa.PrimaryKeyConstraint("id", name="pk_known_dataset"),
        schema=SCHEMA,
    )
    op.create_index("ix_known_dataset_siren", "known_dataset", ["siren"], schema=SCHEMA)
