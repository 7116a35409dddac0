"""API keys, in the schema that every service may read."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "access_0001"
down_revision = None


def upgrade() -> None:
    """Create the table of keys."""
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(12), primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("owner_siren", sa.String(9), nullable=True),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("scopes", ARRAY(sa.String), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        schema="access",
    )
