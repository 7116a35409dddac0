"""Sources: the portals that send their datasets."""

from typing import Any
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.catalog.tables import Source
from shared.db import Database

_COLUMNS = "id, slug, owner, name, kind, url, created_at, modified_at"


async def find(session: AsyncSession, slug: str) -> Source | None:
    """Return a source by its slug."""
    return (await session.exec(select(Source).where(Source.slug == slug))).first()


async def get(db: Database, slug: str) -> dict[str, Any] | None:
    """Return the columns of a source with the count of its `datasets`, or None."""
    row = await db.fetchrow(
        f"SELECT {_COLUMNS}, (SELECT count(*) FROM dataset WHERE source_id = source.id AND deleted_at IS NULL) "
        "AS datasets FROM source WHERE slug = $1",
        slug,
    )
    return dict(row) if row is not None else None


async def get_by_id(db: Database, source_id: UUID) -> str | None:
    """Return the slug of a source."""
    slug: str | None = await db.fetchval("SELECT slug FROM source WHERE id = $1", source_id)
    return slug


async def page(db: Database, *, after: str | None, limit: int) -> list[dict[str, Any]]:
    """Return sources in the order of their slugs."""
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM source WHERE ($1::text IS NULL OR slug > $1) ORDER BY slug LIMIT $2",
        after,
        limit,
    )
    return [dict(row) for row in rows]
