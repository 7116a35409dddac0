"""The bodies that produce datasets."""

from typing import Any
from uuid import UUID

from shared.db import Database

_COLUMNS = (
    "id, siren, siret, remote_id, name, acronym, slug, description, url, logo, "
    "badges, zone, created_at, modified_at"
)


async def get(db: Database, organization_id: UUID) -> dict[str, Any] | None:
    """Return the columns of a body with the count of its `datasets`, or None."""
    row = await db.fetchrow(
        f"SELECT {_COLUMNS}, (SELECT count(*) FROM dataset WHERE organization_id = organization.id "
        "AND deleted_at IS NULL AND NOT private) AS datasets FROM organization WHERE id = $1",
        organization_id,
    )
    return dict(row) if row is not None else None


async def page(db: Database, *, after: UUID | None, limit: int, siren: str | None) -> list[dict[str, Any]]:
    """Return bodies in the order in which they became known."""
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM organization WHERE ($1::uuid IS NULL OR id > $1) "
        "AND ($2::text IS NULL OR siren = $2) ORDER BY id LIMIT $3",
        after,
        siren,
        limit,
    )
    return [dict(row) for row in rows]
