"""What is suggested for resources that declare no schema."""

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db import run


async def write(session: AsyncSession, resource_id: UUID, revision: int, found: list[dict[str, Any]]) -> bool:
    """Write the suggestions for a state of a resource; False when it is in another one, or gone."""
    result = await run(
        session,
        text(
            "UPDATE resource SET suggestions = CAST(:found AS jsonb), suggested_revision = :revision "
            "WHERE id = :id AND revision = :revision AND deleted_at IS NULL RETURNING id"
        ),
        {"id": resource_id, "revision": revision, "found": orjson.dumps(found).decode()},
    )
    return result.first() is not None
