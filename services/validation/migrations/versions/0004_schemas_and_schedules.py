"""Schemas brought from the national registry, and files validated again and again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "validation_0004"
down_revision = "validation_0003"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables of both, and say of a validation which schedule asked for it."""
    _create_schemas()
    _create_schedules()
    op.add_column("validation", sa.Column("schedule_id", sa.Uuid(), nullable=True), schema="validation")
    op.create_foreign_key(
        "fk_validation_schedule_id_schedule",
        "validation",
        "schedule",
        ["schedule_id"],
        ["id"],
        source_schema="validation",
        referent_schema="validation",
        ondelete="SET NULL",
    )
    op.create_index(
        "ix_validation_schedule",
        "validation",
        ["schedule_id"],
        schema="validation",
        postgresql_where=sa.text("schedule_id IS NOT NULL"),
    )


def _create_schemas() -> None:
    op.create_table(
        "schema_sync",
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("index_url", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("last_modified", sa.String(), nullable=True),
        sa.Column("synced_at", MOMENT, nullable=False),
        sa.Column("checked_at", MOMENT, nullable=False),
        sa.Column("problems", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("generation", name="pk_schema_sync"),
        schema="validation",
    )
    op.create_table(
        "schema_version",
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("last_modified", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["generation"],
            ["validation.schema_sync.generation"],
            name="fk_schema_version_generation_schema_sync",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["sha256"], ["validation.descriptor.sha256"], name="fk_schema_version_sha256_descriptor"
        ),
        sa.PrimaryKeyConstraint("generation", "name", "version", name="pk_schema_version"),
        schema="validation",
    )


def _create_schedules() -> None:
    op.create_table(
        "schedule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("schema_reference", sa.String(), nullable=False),
        sa.Column("frequency", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("pause", JSONB(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("next_run_at", MOMENT, nullable=False),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("last_modified", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("schema_name", sa.String(), nullable=True),
        sa.Column("schema_version", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_schedule"),
        schema="validation",
    )
    op.create_index("ix_schedule_owner", "schedule", ["owner", "id"], schema="validation")
    op.create_index(
        "ix_schedule_due",
        "schedule",
        ["next_run_at"],
        schema="validation",
        postgresql_where=sa.text("state = 'active'"),
    )
    _create_runs()


def _create_runs() -> None:
    op.create_table(
        "schedule_run",
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("validation_id", sa.Uuid(), nullable=True),
        sa.Column("problem", JSONB(), nullable=True),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["validation.schedule.id"],
            name="fk_schedule_run_schedule_id_schedule",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["validation_id"],
            ["validation.validation.id"],
            name="fk_schedule_run_validation_id_validation",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_schedule_run"),
        schema="validation",
    )
    op.create_index(
        "ix_schedule_run_open",
        "schedule_run",
        ["id"],
        schema="validation",
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_index("ix_schedule_run_schedule", "schedule_run", ["schedule_id", "id"], schema="validation")
    op.create_index(
        "uq_schedule_run_due", "schedule_run", ["schedule_id", "due_at"], unique=True, schema="validation"
    )
