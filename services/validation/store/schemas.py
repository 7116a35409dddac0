"""The schemas brought from the national registry: generations, of which the last is in force."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.tables import SchemaSync, SchemaVersion
from shared.db import Database, run

# Told when another generation is in force.
SCHEMAS_CHANNEL = "validation_schemas"
# One before the last stays for whoever reads it at the moment of the switch.
GENERATIONS_KEPT = 2

_IN_FORCE = "(SELECT max(generation) FROM schema_sync)"


async def generation_in_force(db: Database) -> int:
    """Return the number of the last generation; 0 before the first synchronisation."""
    return int(await db.fetchval("SELECT coalesce(max(generation), 0) FROM schema_sync"))


async def read_generation(db: Database) -> tuple[int, list[dict[str, Any]]]:
    """Return the generation in force and its versions (see `SyncedVersion`), read in one statement."""
    rows = await db.fetch(
        "SELECT s.generation, v.name, v.version, v.title, v.address, d.body FROM schema_sync s "
        "LEFT JOIN schema_version v USING (generation) LEFT JOIN descriptor d USING (sha256) "
        f"WHERE s.generation = {_IN_FORCE} ORDER BY v.name, v.version"
    )
    generation = rows[0]["generation"] if rows else 0
    columns = ("name", "version", "title", "address", "body")
    return generation, [{key: row[key] for key in columns} for row in rows if row["name"] is not None]


async def last_sync(db: Database) -> dict[str, Any] | None:
    """Return the synchronisation whose generation is in force, or None."""
    row = await db.fetchrow(f"SELECT * FROM schema_sync WHERE generation = {_IN_FORCE}")
    return None if row is None else dict(row)


async def versions_in_force(db: Database, generation: int) -> list[dict[str, Any]]:
    """Return the columns of every version of a generation, descriptors left out."""
    rows = await db.fetch("SELECT * FROM schema_version WHERE generation = $1", generation)
    return [dict(row) for row in rows]


async def switch(session: AsyncSession, sync: SchemaSync, versions: Sequence[SchemaVersion]) -> bool:
    """Put a generation in force, whole; False when another process did so first: nothing is written then."""
    await run(session, text("LOCK TABLE schema_sync IN SHARE ROW EXCLUSIVE MODE"))
    before = await run(session, text("SELECT coalesce(max(generation), 0) FROM schema_sync"))
    if before.scalar_one() != sync.generation - 1:
        return False
    session.add(sync)
    session.add_all(versions)
    await session.flush()
    await run(
        session,
        text("DELETE FROM schema_version WHERE generation <= :old"),
        {"old": sync.generation - GENERATIONS_KEPT},
    )
    await run(session, text("SELECT pg_notify(:channel, '')"), {"channel": SCHEMAS_CHANNEL})
    return True


async def note_unchanged(session: AsyncSession, sync: SchemaSync, versions: Sequence[SchemaVersion]) -> None:
    """Keep what makes the next requests conditional, where a synchronisation brought nothing new."""
    await session.merge(sync)
    for version in versions:
        await session.merge(version)
    await session.flush()
