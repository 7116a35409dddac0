"""Commercial terms and labels as claims; usages are found by their status."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0007"
down_revision = "directory_0006"


def upgrade() -> None:
    """Let a claim give commercial terms, and be made by a label."""
    op.add_column("claim", sa.Column("policy", sa.String(), nullable=True), schema="directory")
    op.add_column("claim", sa.Column("price_note", sa.String(), nullable=True), schema="directory")
    op.add_column("claim", sa.Column("label_id", sa.Uuid(), nullable=True), schema="directory")
    op.create_index("ix_claim_label_id", "claim", ["label_id"], schema="directory")
    op.create_index("ix_usage_status_id", "usage", ["status", "id"], schema="directory")
    op.create_index("ix_usage_valid_until", "usage", ["valid_until"], schema="directory")
    # The first word on a module gave its terms, which were kept with the module alone.
    op.execute(
        "UPDATE directory.claim SET policy = m.policy, price_note = m.price_note FROM directory.export_module m "
        "WHERE claim.id = (SELECT c.id FROM directory.claim c WHERE c.module_id = m.id ORDER BY c.id LIMIT 1)"
    )
