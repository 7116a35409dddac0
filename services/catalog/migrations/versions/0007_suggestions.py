"""The schemas that the columns of an undeclared file suggest, and for which state of the file."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "catalog_0007"
down_revision = "catalog_0006"

SCHEMA = "catalog"


def upgrade() -> None:
    """Add the columns: nothing is known of what is there."""
    op.add_column(
        "resource",
        sa.Column("suggestions", JSONB(), nullable=False, server_default=sa.text("'[]'::jsonb")),
        schema=SCHEMA,
    )
    op.add_column("resource", sa.Column("suggested_revision", sa.Integer(), nullable=True), schema=SCHEMA)
