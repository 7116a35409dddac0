"""The words of each dataset, folded and stemmed, kept beside it by the database itself."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "catalog_0005"
down_revision = "catalog_0004"

SCHEMA = "catalog"
# Accents that come off letters (Unicode, combining diacritical marks).
_MARKS = "".join(f"\\{code:04X}" for code in (*range(0x300, 0x315), 0x326, 0x327, 0x328))
# The same function folds what is kept and what is asked: the two cannot differ.
_FOLD = f"""
CREATE FUNCTION catalog.folded(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
translate(lower(normalize(replace(replace(replace(replace(left(words, 20000),
    'œ', 'oe'), 'Œ', 'oe'), 'æ', 'ae'), 'Æ', 'ae'), NFKD)),
'-_/.’''' || U&'{_MARKS}', '      ')
"""
_WORDS = """
CREATE FUNCTION catalog.search_document(
    title text, acronym text, slug text, tags text[], organization text, description text
) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
setweight(to_tsvector('pg_catalog.french', catalog.folded(concat_ws(' ', title, acronym))), 'A')
|| setweight(to_tsvector('pg_catalog.french', catalog.folded(concat_ws(' ', array_to_string(tags, ' '), slug))), 'B')
|| setweight(to_tsvector('pg_catalog.french', catalog.folded(coalesce(organization, ''))), 'C')
|| setweight(to_tsvector('pg_catalog.french', catalog.folded(coalesce(description, ''))), 'D')
"""
_KEEP = """
CREATE FUNCTION catalog.keep_search_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalog.dataset_search (dataset_id, document) VALUES (NEW.id, catalog.search_document(
        NEW.title, NEW.acronym, NEW.slug, NEW.tags, NEW.organization_name, NEW.description))
    ON CONFLICT (dataset_id) DO UPDATE SET document = excluded.document;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Create the table and what keeps it, and fill it with what is there."""
    op.create_table(
        "dataset_search",
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("document", TSVECTOR(), nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", name="pk_dataset_search"),
        sa.ForeignKeyConstraint(
            ["dataset_id"],
            ["catalog.dataset.id"],
            name="fk_dataset_search_dataset_id_dataset",
            ondelete="CASCADE",
        ),
        schema=SCHEMA,
    )
    for statement in (_FOLD, _WORDS, _KEEP):
        op.execute(statement)
    op.execute(
        "CREATE TRIGGER keep_search_document AFTER INSERT OR UPDATE OF title, acronym, slug, tags, "
        "organization_name, description ON catalog.dataset "
        "FOR EACH ROW EXECUTE FUNCTION catalog.keep_search_document()"
    )
    op.execute(
        "INSERT INTO catalog.dataset_search (dataset_id, document) SELECT id, "
        "catalog.search_document(title, acronym, slug, tags, organization_name, description) FROM catalog.dataset"
    )
    op.create_index(
        "ix_dataset_search_document", "dataset_search", ["document"], schema=SCHEMA, postgresql_using="gin"
    )
