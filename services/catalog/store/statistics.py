"""Counts over the whole catalogue, and the datasets that several portals have."""

from typing import Any, Literal

from services.catalog.store.datasets import SHOWN
from shared.db import Database

By = Literal["zone", "theme", "schema"]
_FILES = (
    "count(DISTINCT d.id) AS datasets, count(DISTINCT d.organization_siren) AS organizations, "
    "count(r.id) AS resources, count(r.id) FILTER (WHERE r.conformity = 'valid') AS valid, "
    "count(r.id) FILTER (WHERE r.conformity = 'invalid') AS invalid"
)
_PRESENT = "LEFT JOIN resource AS r ON r.dataset_id = d.id AND r.deleted_at IS NULL"
_BY: dict[str, str] = {
    "zone": f"SELECT value, {_FILES} FROM dataset AS d {_PRESENT} CROSS JOIN unnest(d.zones) AS value "
    f"WHERE {SHOWN} GROUP BY value",
    "theme": f"SELECT value, {_FILES} FROM dataset AS d {_PRESENT} CROSS JOIN unnest(d.themes) AS value "
    f"WHERE {SHOWN} GROUP BY value",
    "schema": f"SELECT r.schema_name AS value, {_FILES} FROM dataset AS d {_PRESENT} "
    f"WHERE {SHOWN} AND r.schema_name IS NOT NULL GROUP BY r.schema_name",
}


async def counted(db: Database, by: By) -> list[dict[str, Any]]:
    """Return, for each value, its datasets, their bodies and files, and how many of these conform; most first."""
    rows = await db.fetch(f"SELECT * FROM ({_BY[by]}) AS counted ORDER BY datasets DESC, value")
    return [dict(row) for row in rows]


async def clusters(db: Database, after: str | None, limit: int) -> list[dict[str, Any]]:
    """Return the URIs that several datasets have, in order, each with its datasets."""
    rows = await db.fetch(
        "SELECT d.uri, array_agg(d.id ORDER BY d.id) AS ids FROM dataset AS d "
        f"WHERE {SHOWN} AND d.uri IS NOT NULL AND ($1::text IS NULL OR d.uri > $1) "
        "GROUP BY d.uri HAVING count(*) > 1 ORDER BY d.uri LIMIT $2",
        after,
        limit,
    )
    return [dict(row) for row in rows]
