"""How much a dataset is used where it comes from; words of a title that are often written as one."""

import sqlalchemy as sa
from alembic import op

revision = "catalog_0006"
down_revision = "catalog_0005"

SCHEMA = "catalog"
# Each word of a title joined to the next one: `open damir` is found by `opendamir`.
_JOINED = """
CREATE FUNCTION catalog.joined(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (
    SELECT string_agg(word || following, ' ') FROM (
        SELECT word, lead(word) OVER (ORDER BY place) AS following
        FROM regexp_split_to_table(left(words, 400), '[^[:alnum:]]+') WITH ORDINALITY AS split(word, place)
        WHERE word <> ''
    ) AS pairs WHERE following IS NOT NULL
)
"""
_WORDS = """
CREATE OR REPLACE FUNCTION catalog.search_document(
    title text, acronym text, slug text, tags text[], organization text, description text
) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
setweight(to_tsvector('pg_catalog.french', catalog.folded(concat_ws(' ', title, acronym))), 'A')
|| setweight(to_tsvector('pg_catalog.french', catalog.folded(concat_ws(' ', array_to_string(tags, ' '), slug))), 'B')
|| setweight(to_tsvector('pg_catalog.french', coalesce(catalog.joined(catalog.folded(title)), '')), 'B')
|| setweight(to_tsvector('pg_catalog.french', catalog.folded(coalesce(organization, ''))), 'C')
|| setweight(to_tsvector('pg_catalog.french', catalog.folded(coalesce(description, ''))), 'D')
"""


def upgrade() -> None:
    """Add the count, and make the words of what is there anew."""
    op.add_column(
        "dataset",
        sa.Column("popularity", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        schema=SCHEMA,
    )
    for statement in (_JOINED, _WORDS):
        op.execute(statement)
    op.execute(
        "UPDATE catalog.dataset_search AS s SET document = catalog.search_document("
        "d.title, d.acronym, d.slug, d.tags, d.organization_name, d.description) "
        "FROM catalog.dataset AS d WHERE d.id = s.dataset_id"
    )
