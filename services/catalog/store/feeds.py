"""What feeds and dumps read of the datasets that everybody may see."""

from collections.abc import Sequence
from typing import Any

from services.catalog.store.datasets import SHOWN
from shared.db import Database

# Each with its `resources` and its `same_as`, as `store.datasets.get` gives them.
EVERY_DATASET = (
    "SELECT d.*, s.slug AS source, o.siret AS organization_siret, o.remote_id AS organization_remote_id, "
    "o.acronym AS organization_acronym, o.url AS organization_url, "
    "coalesce((SELECT jsonb_agg(to_jsonb(r) ORDER BY r.position, r.id) FROM resource AS r "
    "WHERE r.dataset_id = d.id AND r.deleted_at IS NULL), '[]') AS resources, "
    "ARRAY(SELECT t.id FROM dataset AS t WHERE t.uri = d.uri AND t.id <> d.id "
    "AND t.deleted_at IS NULL AND NOT t.private ORDER BY t.id) AS same_as "
    "FROM dataset AS d LEFT JOIN source AS s ON s.id = d.source_id "
    f"LEFT JOIN organization AS o ON o.id = d.organization_id WHERE {SHOWN} ORDER BY d.id"
)


async def headlines(db: Database, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what a feed says of each of the datasets that everybody may see, by id."""
    rows = await db.fetch(
        "SELECT d.id, d.title, d.description, d.organization_name, d.tags FROM dataset AS d "
        f"WHERE d.id::text = ANY($1) AND {SHOWN}",
        list(ids),
    )
    return {str(row["id"]): dict(row) for row in rows}
