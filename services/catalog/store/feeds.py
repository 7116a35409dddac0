"""What feeds and dumps read of the datasets that everybody may see."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

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
EVERY_DATASET_OF = EVERY_DATASET.replace(" ORDER BY d.id", " AND d.organization_siren = $1 ORDER BY d.id")


async def headlines(db: Database, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what a feed says of each of the datasets that everybody may see, by id."""
    rows = await db.fetch(
        "SELECT d.id, d.title, d.description, d.organization_name, d.tags FROM dataset AS d "
        f"WHERE d.id::text = ANY($1) AND {SHOWN}",
        list(ids),
    )
    return {str(row["id"]): dict(row) for row in rows}


async def every_nth(db: Database, count: int) -> list[UUID]:
    """Return the id of each dataset that ends a run of `count`, where another follows."""
    rows = await db.fetch(
        f"SELECT id FROM (SELECT d.id, row_number() OVER (ORDER BY d.id) AS rank, "
        f"lead(d.id) OVER (ORDER BY d.id) AS following FROM dataset AS d WHERE {SHOWN}) AS ranked "
        "WHERE rank % $1 = 0 AND following IS NOT NULL ORDER BY id",
        count,
    )
    return [row["id"] for row in rows]


async def addresses(db: Database, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Return the id and last change of the datasets that follow one."""
    rows = await db.fetch(
        f"SELECT d.id, d.modified_at FROM dataset AS d WHERE {SHOWN} AND ($1::uuid IS NULL OR d.id > $1) "
        "ORDER BY d.id LIMIT $2",
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def latest_of_body(db: Database, siren: str, limit: int) -> tuple[list[dict[str, Any]], int]:
    """Return what a list shows of the last changed datasets of a body, and how many it has."""
    rows = await db.fetch(
        "SELECT d.id, d.title, d.landing_page, d.organization_name, d.remote_modified_at, d.modified_at, "
        "ARRAY(SELECT DISTINCT r.format FROM resource AS r WHERE r.dataset_id = d.id AND r.deleted_at IS NULL "
        "AND r.format IS NOT NULL ORDER BY r.format) AS formats, "
        "ARRAY(SELECT r.conformity FROM resource AS r WHERE r.dataset_id = d.id AND r.deleted_at IS NULL "
        "AND (r.schema_name IS NOT NULL OR r.schema_url IS NOT NULL)) AS conformities "
        f"FROM dataset AS d WHERE {SHOWN} AND d.organization_siren = $1 "
        "ORDER BY coalesce(d.remote_modified_at, d.modified_at) DESC, d.id LIMIT $2",
        siren,
        limit,
    )
    total = await db.fetchval(
        f"SELECT count(*) FROM dataset AS d WHERE {SHOWN} AND d.organization_siren = $1", siren
    )
    return [dict(row) for row in rows], total
