"""What is told of validations by webhooks."""

from shared.migrations.steps import create_change_tables

revision = "validation_0002"
down_revision = "validation_0001"


def upgrade() -> None:
    """Create the tables."""
    create_change_tables("validation")
