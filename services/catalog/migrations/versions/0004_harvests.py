"""Harvests of sources with their log, what a source no longer has, the links of resources."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.migrations.steps import MOMENT

revision = "catalog_0004"
down_revision = "catalog_0003"

SCHEMA = "catalog"
_OPEN = sa.text("state IN ('queued', 'running')")


def upgrade() -> None:
    """Add tables and columns; what was written before stays valid, and so does the code that wrote it."""
    for table in ("dataset", "resource"):
        op.add_column(table, sa.Column("missing_since", MOMENT, nullable=True), schema=SCHEMA)
    _index("resource", "missing_since", where="missing_since IS NOT NULL")
    _create_plans()
    _create_runs()
    _create_pages()
    _create_hosts()
    _create_links()
    _create_events()


def _index(table: str, *columns: str, where: str | None = None) -> None:
    condition = None if where is None else sa.text(where)
    name = f"ix_{table}_{'_'.join(columns)}"
    op.create_index(name, table, list(columns), schema=SCHEMA, postgresql_where=condition)


def _reference(table: str, column: str, target: str, *, cascade: bool = False) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{SCHEMA}.{target}.id"],
        name=f"fk_{table}_{column}_{target}",
        ondelete="CASCADE" if cascade else None,
    )


def _work_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    ]


def _create_plans() -> None:
    op.create_table(
        "harvest_plan",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("frequency", sa.String(), nullable=True),
        sa.Column("next_run_at", MOMENT, nullable=True),
        sa.Column("most_deletions_percent", sa.Integer(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", name="pk_harvest_plan"),
        _reference("harvest_plan", "source_id", "source"),
        schema=SCHEMA,
    )
    due = sa.text("next_run_at IS NOT NULL")
    op.create_index(
        "ix_harvest_plan_due", "harvest_plan", ["next_run_at"], schema=SCHEMA, postgresql_where=due
    )


def _create_runs() -> None:
    op.create_table(
        "harvest_run",
        *_work_columns(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("following", sa.String(), nullable=True),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("problem", JSONB(), nullable=True),
        sa.Column("missing", sa.Integer(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_harvest_run"),
        _reference("harvest_run", "source_id", "source"),
        schema=SCHEMA,
    )
    _index("harvest_run", "source_id", "id")
    op.create_index("ix_harvest_run_open", "harvest_run", ["id"], schema=SCHEMA, postgresql_where=_OPEN)


def _create_pages() -> None:
    op.create_table(
        "harvest_page",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("part", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("reader", sa.String(), nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=True)
            for name in ("etag", "last_modified", "sha256", "following")
        ),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("counts", JSONB(), nullable=False),
        sa.Column("items", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "page", "part", name="pk_harvest_page"),
        _reference("harvest_page", "run_id", "harvest_run", cascade=True),
        schema=SCHEMA,
    )


def _create_hosts() -> None:
    op.create_table(
        "link_host",
        *_work_columns(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("free_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_link_host"),
        sa.UniqueConstraint("host", name="uq_link_host_host"),
        schema=SCHEMA,
    )
    op.create_index("ix_link_host_open", "link_host", ["id"], schema=SCHEMA, postgresql_where=_OPEN)


def _create_links() -> None:
    op.create_table(
        "link",
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("next_check_at", MOMENT, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("available", sa.Boolean(), nullable=True),
        *(sa.Column(name, MOMENT, nullable=True) for name in ("since", "checked_at", "changed_at")),
        sa.Column("status", sa.Integer(), nullable=True),
        *(
            sa.Column(name, sa.String(), nullable=True)
            for name in ("reason", "etag", "last_modified", "sha256")
        ),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("resource_id", name="pk_link"),
        _reference("link", "resource_id", "resource", cascade=True),
        schema=SCHEMA,
    )
    _index("link", "host", "next_check_at")
    _index("link", "next_check_at")


def _create_events() -> None:
    op.create_table(
        "link_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_link_event"),
        _reference("link_event", "resource_id", "resource", cascade=True),
        schema=SCHEMA,
    )
    _index("link_event", "resource_id", "id")
