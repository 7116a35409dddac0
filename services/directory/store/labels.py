"""SQL of the labels, a projection of the validation service's events."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.tables import Label
from shared.db import Database, run

_COLUMNS = tuple(Label.model_fields)
_UPSERT = text(
    f"INSERT INTO label AS held ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{name}' for name in _COLUMNS)}) "
    f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS)} "
    "WHERE excluded.sequence > held.sequence"
)


async def bring(session: AsyncSession, row: Label) -> bool:
    """Write a label as an event tells it; False when a newer event was there before."""
    result = await run(session, _UPSERT, row.model_dump())
    written: bool = result.rowcount == 1
    return written


async def of_progiciel(db: Database, progiciel_id: UUID) -> list[dict[str, Any]]:
    """Return the labels of an application, the newest first."""
    rows = await db.fetch(
        "SELECT * FROM label WHERE progiciel_id = $1 ORDER BY valid_from DESC, id LIMIT 200", progiciel_id
    )
    return [dict(row) for row in rows]
