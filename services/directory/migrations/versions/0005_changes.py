"""The change log and the webhooks."""

from shared.migrations.steps import create_change_tables

revision = "directory_0005"
down_revision = "directory_0004"


def upgrade() -> None:
    """Create the tables."""
    create_change_tables("directory")
