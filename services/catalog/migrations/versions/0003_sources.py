"""Sources, organisations, the whole description of datasets and resources, the history of verdicts."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.steps import MOMENT

revision = "catalog_0003"
down_revision = "catalog_0002"

SCHEMA = "catalog"
_WORDS = postgresql.ARRAY(sa.String())
_NO_WORDS = sa.text("'{}'")
_JSON = postgresql.JSONB()
_EMPTY = sa.text("'{}'::jsonb")


def upgrade() -> None:
    """Add tables and columns; what was written before stays valid, and so does the code that wrote it."""
    _create_sources()
    _create_organizations()
    _extend_datasets()
    _extend_resources()
    _create_verdicts()


def _create_sources() -> None:
    op.create_table(
        "source",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("modified_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_source"),
        sa.UniqueConstraint("slug", name="uq_source_slug"),
        schema=SCHEMA,
    )
    op.create_index("ix_source_owner", "source", ["owner"], schema=SCHEMA)


def _create_organizations() -> None:
    op.create_table(
        "organization",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        *(sa.Column(name, sa.String(), nullable=True) for name in ("remote_id", "siren", "siret")),
        sa.Column("name", sa.String(), nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=True)
            for name in ("acronym", "slug", "description", "url", "logo")
        ),
        sa.Column("badges", _WORDS, nullable=False),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("modified_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organization"),
        sa.UniqueConstraint("key", name="uq_organization_key"),
        sa.ForeignKeyConstraint(
            ["source_id"], ["catalog.source.id"], name="fk_organization_source_id_source"
        ),
        schema=SCHEMA,
    )
    op.create_index("ix_organization_siren", "organization", ["siren"], schema=SCHEMA)
    op.create_index("ix_organization_source_id", "organization", ["source_id"], schema=SCHEMA)


def _extend_datasets() -> None:
    columns: tuple[sa.Column[Any], ...] = (
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        *(
            sa.Column(name, sa.String(), nullable=True)
            for name in (
                "remote_id",
                "uri",
                "acronym",
                "slug",
                "description_short",
                "granularity",
                "content_hash",
                "payload_digest",
            )
        ),
        *(
            sa.Column(name, MOMENT, nullable=True)
            for name in (
                "frequency_date",
                "remote_created_at",
                "remote_modified_at",
                "archived_at",
                "deleted_at",
                "published_at",
            )
        ),
        sa.Column("revision", sa.BigInteger(), nullable=False, server_default=sa.text("1")),
        sa.Column("temporal_start", sa.Date(), nullable=True),
        sa.Column("temporal_end", sa.Date(), nullable=True),
        *(
            sa.Column(name, _WORDS, nullable=False, server_default=_NO_WORDS)
            for name in ("zones", "badges", "themes")
        ),
        sa.Column("geom", _JSON, nullable=True),
        sa.Column("contact_points", _JSON, nullable=False, server_default=sa.text("'[]'::jsonb")),
        sa.Column("private", sa.Boolean(), nullable=False, server_default=sa.false()),
        *(
            sa.Column(name, _JSON, nullable=False, server_default=_EMPTY)
            for name in ("extras", "claims", "harvest")
        ),
    )
    for column in columns:
        op.add_column("dataset", column, schema=SCHEMA)
    for name, target in (("source_id", "source"), ("organization_id", "organization")):
        op.create_foreign_key(
            f"fk_dataset_{name}_{target}",
            "dataset",
            target,
            [name],
            ["id"],
            source_schema=SCHEMA,
            referent_schema=SCHEMA,
        )
    op.create_index(
        "ix_dataset_source_id_remote_id", "dataset", ["source_id", "remote_id"], unique=True, schema=SCHEMA
    )
    op.create_index("ix_dataset_organization_id", "dataset", ["organization_id"], schema=SCHEMA)
    known = sa.text("uri IS NOT NULL")
    op.create_index("ix_dataset_uri", "dataset", ["uri"], schema=SCHEMA, postgresql_where=known)


def _extend_resources() -> None:
    columns: tuple[sa.Column[Any], ...] = (
        sa.Column("key", sa.String(), nullable=False, server_default=sa.text("''")),
        sa.Column("type", sa.String(), nullable=False, server_default=sa.text("'main'")),
        *(
            sa.Column(name, sa.String(), nullable=True)
            for name in ("remote_id", "uri", "mime", "checksum_type", "checksum_value", "schema_url")
        ),
        sa.Column("filesize", sa.BigInteger(), nullable=True),
        *(
            sa.Column(name, _JSON, nullable=False, server_default=_EMPTY)
            for name in ("extras", "claims", "harvest")
        ),
        *(
            sa.Column(name, MOMENT, nullable=True)
            for name in ("remote_created_at", "remote_modified_at", "deleted_at")
        ),
    )
    for column in columns:
        op.add_column("resource", column, schema=SCHEMA)


def _create_verdicts() -> None:
    op.create_table(
        "verdict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("conformity", sa.String(), nullable=False),
        sa.Column("validation_id", sa.Uuid(), nullable=False),
        sa.Column("validated_at", MOMENT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("checksum", sa.String(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("schema_name", sa.String(), nullable=False),
        sa.Column("schema_version", sa.String(), nullable=True),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("rows", "errors", "warnings")),
        sa.Column("problem", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_verdict"),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            ["catalog.resource.id"],
            name="fk_verdict_resource_id_resource",
            ondelete="CASCADE",
        ),
        schema=SCHEMA,
    )
    op.create_index("ix_verdict_resource_id_id", "verdict", ["resource_id", "id"], schema=SCHEMA)
