"""Schema descriptors that were used, by the SHA-256 of their bytes."""

import gzip

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.domain.descriptors import Descriptor
from shared.db import Database, run


async def keep(session: AsyncSession, descriptor: Descriptor) -> None:
    """Keep a descriptor; kept already, it stays as it is."""
    known = await run(
        session,
        text("SELECT EXISTS (SELECT FROM descriptor WHERE sha256 = :sha256)"),
        {"sha256": descriptor.sha256},
    )
    # Most are: compressing it again costs more than asking.
    if known.scalar_one():
        return
    await run(
        session,
        text("INSERT INTO descriptor (sha256, body) VALUES (:sha256, :body) ON CONFLICT (sha256) DO NOTHING"),
        {"sha256": descriptor.sha256, "body": gzip.compress(descriptor.body, 6)},
    )


async def get(db: Database, sha256: str) -> bytes | None:
    """Return the bytes of a descriptor, or None."""
    body = await db.fetchval("SELECT body FROM descriptor WHERE sha256 = $1", sha256)
    return None if body is None else gzip.decompress(body)
