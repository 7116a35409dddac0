"""What other services are told of applications, export modules and usages is numbered."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0006"
down_revision = "directory_0005"


def upgrade() -> None:
    """Add to each entry how often it was told; 0 is never, and the worker tells those."""
    for table in ("progiciel", "export_module", "usage"):
        op.add_column(
            table,
            sa.Column("revision", sa.BigInteger(), nullable=False, server_default="0"),
            schema="directory",
        )
        op.create_index(
            f"ix_{table}_never_told",
            table,
            ["id"],
            schema="directory",
            postgresql_where=sa.text("revision = 0"),
        )
