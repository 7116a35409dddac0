"""Places in the status lists whose credential was replaced; a history that nothing takes from; who owns a dataset."""

import sqlalchemy as sa
from alembic import op

revision = "validation_0007"
down_revision = "validation_0006"

SCHEMA = "validation"


def upgrade() -> None:
    """Create the table, the column and the trigger."""
    op.create_table(
        "label_withdrawn_place",
        sa.Column("status_list", sa.Integer(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("label_id", sa.Uuid(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("status_list", "status_index", name="pk_label_withdrawn_place"),
        sa.ForeignKeyConstraint(
            ["label_id"], ["validation.label.id"], name="fk_label_withdrawn_place_label_id_label"
        ),
        schema=SCHEMA,
    )
    op.create_index("ix_label_withdrawn_place_label_id", "label_withdrawn_place", ["label_id"], schema=SCHEMA)
    op.add_column("known_dataset", sa.Column("owner_siren", sa.String(), nullable=True), schema=SCHEMA)
    op.execute(
        "CREATE TRIGGER never_less BEFORE DELETE ON validation.label_history "
        "FOR EACH ROW EXECUTE FUNCTION validation.refuse_update()"
    )
