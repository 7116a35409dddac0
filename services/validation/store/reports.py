"""Reports as they are stored: JSON in gzip."""

from uuid import UUID

from shared.db import Database


async def get(db: Database, validation_id: UUID) -> bytes | None:
    """Return the report as stored, or None."""
    body: bytes | None = await db.fetchval("SELECT body FROM report WHERE validation_id = $1", validation_id)
    return body
