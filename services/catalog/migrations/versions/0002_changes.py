"""The change log and the webhooks; what is there already is told as created."""

from alembic import op

from shared.migrations.steps import create_change_tables

revision = "catalog_0002"
down_revision = "catalog_0001"


def upgrade() -> None:
    """Create the tables, and record the datasets that were registered before."""
    create_change_tables("catalog")
    op.execute(
        "INSERT INTO catalog.change (id, type, subject, data, recorded_at) "
        "SELECT gen_random_uuid(), 'dataset.created', id::text, "
        "jsonb_build_object('title', title, 'siren', organization_siren), created_at FROM catalog.dataset"
    )
