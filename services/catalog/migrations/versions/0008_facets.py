"""What a search orders and counts by, beside the words: rows of datasets are too wide to be read by thousands."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, VARCHAR

revision = "catalog_0008"
down_revision = "catalog_0007"

SCHEMA = "catalog"
_OF_DATASET = """
CREATE FUNCTION catalog.facets_of(d catalog.dataset) RETURNS varchar[] LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
array_remove(ARRAY['license:' || d.license, 'organization:' || d.organization_siren, 'source:' || d.source_id], NULL)
|| ARRAY(SELECT 'theme:' || value FROM unnest(d.themes) AS value)
|| ARRAY(SELECT 'tag:' || value FROM unnest(d.tags) AS value)
|| ARRAY(SELECT 'zone:' || value FROM unnest(d.zones) AS value)
"""
# Several files of one dataset count once.
_OF_FILES = """
CREATE FUNCTION catalog.file_facets(dataset uuid) RETURNS varchar[] LANGUAGE sql STABLE PARALLEL SAFE RETURN
ARRAY(SELECT DISTINCT facet FROM catalog.resource AS r, LATERAL (VALUES
    ('format:' || r.format),
    ('schema:' || r.schema_name),
    (CASE WHEN r.schema_name IS NOT NULL OR r.schema_url IS NOT NULL THEN 'conformity:' || r.conformity END)
) AS facets(facet) WHERE r.dataset_id = dataset AND r.deleted_at IS NULL AND facet IS NOT NULL)
"""
_KEEP = """
CREATE OR REPLACE FUNCTION catalog.keep_search_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.title, NEW.acronym, NEW.slug, NEW.tags, NEW.organization_name, NEW.description)
        IS NOT DISTINCT FROM (OLD.title, OLD.acronym, OLD.slug, OLD.tags, OLD.organization_name, OLD.description)
    THEN
        UPDATE catalog.dataset_search SET shown = NEW.deleted_at IS NULL AND NOT NEW.private,
            national = 'country:fr' = ANY(NEW.zones), popularity = NEW.popularity
            WHERE dataset_id = NEW.id;
        UPDATE catalog.dataset_facets SET of_dataset = catalog.facets_of(NEW) WHERE dataset_id = NEW.id;
        RETURN NULL;
    END IF;
    INSERT INTO catalog.dataset_search (dataset_id, document, title, shown, national, popularity) VALUES (
        NEW.id, catalog.search_document(
            NEW.title, NEW.acronym, NEW.slug, NEW.tags, NEW.organization_name, NEW.description),
        catalog.folded(NEW.title), NEW.deleted_at IS NULL AND NOT NEW.private,
        'country:fr' = ANY(NEW.zones), NEW.popularity)
    ON CONFLICT (dataset_id) DO UPDATE SET document = excluded.document, title = excluded.title,
        shown = excluded.shown, national = excluded.national, popularity = excluded.popularity;
    INSERT INTO catalog.dataset_facets (dataset_id, of_dataset) VALUES (NEW.id, catalog.facets_of(NEW))
    ON CONFLICT (dataset_id) DO UPDATE SET of_dataset = excluded.of_dataset;
    RETURN NULL;
END $$
"""
_KEEP_FILES = """
CREATE FUNCTION catalog.keep_file_facets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalog.dataset_facets AS f SET of_files = now.facets
    FROM (SELECT changed.dataset_id, catalog.file_facets(changed.dataset_id) AS facets
        FROM (SELECT DISTINCT dataset_id FROM changed_resource) AS changed) AS now
    WHERE f.dataset_id = now.dataset_id AND f.of_files IS DISTINCT FROM now.facets;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Create the columns and the table, fill them with what is there, and keep them so."""
    for column in (
        sa.Column("title", sa.String(), server_default="", nullable=False),
        sa.Column("shown", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("national", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("popularity", sa.BigInteger(), server_default="0", nullable=False),
    ):
        op.add_column("dataset_search", column, schema=SCHEMA)
    op.create_table(
        "dataset_facets",
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("of_dataset", ARRAY(VARCHAR()), nullable=False),
        sa.Column("of_files", ARRAY(VARCHAR()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", name="pk_dataset_facets"),
        sa.ForeignKeyConstraint(
            ["dataset_id"],
            ["catalog.dataset.id"],
            name="fk_dataset_facets_dataset_id_dataset",
            ondelete="CASCADE",
        ),
        schema=SCHEMA,
    )
    for statement in (_OF_DATASET, _OF_FILES, _KEEP, _KEEP_FILES):
        op.execute(statement)
    op.execute(
        "UPDATE catalog.dataset_search AS s SET title = catalog.folded(d.title), "
        "shown = d.deleted_at IS NULL AND NOT d.private, national = 'country:fr' = ANY(d.zones), "
        "popularity = d.popularity FROM catalog.dataset AS d WHERE d.id = s.dataset_id"
    )
    op.execute(
        "INSERT INTO catalog.dataset_facets (dataset_id, of_dataset, of_files) "
        "SELECT d.id, catalog.facets_of(d), catalog.file_facets(d.id) FROM catalog.dataset AS d"
    )
    op.execute("DROP TRIGGER keep_search_document ON catalog.dataset")
    op.execute(
        "CREATE TRIGGER keep_search_document AFTER INSERT OR UPDATE OF title, acronym, slug, tags, "
        "organization_name, description, themes, zones, license, organization_siren, source_id, popularity, private, "
        "deleted_at ON catalog.dataset FOR EACH ROW EXECUTE FUNCTION catalog.keep_search_document()"
    )
    for event, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        op.execute(
            f"CREATE TRIGGER keep_file_facets_{event.lower()} AFTER {event} ON catalog.resource "
            f"REFERENCING {rows} TABLE AS changed_resource "
            "FOR EACH STATEMENT EXECUTE FUNCTION catalog.keep_file_facets()"
        )
