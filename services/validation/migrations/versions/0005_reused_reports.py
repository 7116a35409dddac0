"""Which reports can be given again for an equal request."""

import sqlalchemy as sa
from alembic import op

revision = "validation_0005"
down_revision = "validation_0004"


def upgrade() -> None:
    """Add to validations what tells equal ones; those made before are not reused."""
    for column in (
        sa.Column("report_key", sa.String(), nullable=True),
        sa.Column("reused_from", sa.Uuid(), nullable=True),
        sa.Column("fresh", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("validation", column, schema="validation")
    op.create_index(
        "ix_validation_report_key",
        "validation",
        ["report_key", "caller"],
        schema="validation",
        postgresql_where=sa.text("report_key IS NOT NULL"),
    )
