"""SQL of the facilitators, of whom they support and of the datasets published by these."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.tables import AtdTerritory, PublishedDataset
from shared.db import Database, run

# The bodies of the reference that a facilitator supports; `{0}` is its id.
SUPPORTED = (
    "SELECT c.siren FROM collectivite c WHERE c.removed_at IS NULL AND EXISTS (SELECT FROM atd_territory t "
    "WHERE t.atd_id = {0} AND (t.kind = 'collectivite' AND t.code = c.siren "
    "OR t.kind = 'epci' AND t.code IN (c.siren, c.siren_epci) "
    "OR t.kind = 'departement' AND t.code = c.code_departement "
    "OR t.kind = 'region' AND t.code = c.code_region))"
)


@dataclass(frozen=True)
class AtdFilter:
    """Which facilitators are wanted; None keeps all."""

    key: str = ""
    echelle: str | None = None
    siren: str | None = None
    departement: str | None = None
    region: str | None = None


_LISTED = (
    "SELECT a.* FROM atd a WHERE ($1 = '' OR strpos(a.nom_key, $1) > 0) AND ($2::text IS NULL OR a.echelle = $2) "
    "AND ($3::text IS NULL AND $4::text IS NULL AND $5::text IS NULL OR EXISTS (SELECT FROM atd_territory t "
    "JOIN collectivite c ON (t.kind = 'collectivite' AND t.code = c.siren "
    "OR t.kind = 'epci' AND t.code IN (c.siren, c.siren_epci) "
    "OR t.kind = 'departement' AND t.code = c.code_departement OR t.kind = 'region' AND t.code = c.code_region) "
    "WHERE t.atd_id = a.id AND ($3::text IS NULL OR c.siren = $3) "
    "AND ($4::text IS NULL OR c.code_departement = $4) AND ($5::text IS NULL OR c.code_region = $5))) "
    "AND (a.nom_key, a.id) > ($6, $7) ORDER BY a.nom_key, a.id LIMIT $8"
)


async def page(
    db: Database, wanted: AtdFilter, *, after: tuple[str, UUID] | None, limit: int
) -> list[dict[str, Any]]:
    """Return facilitators in the order of their names, after a name and an id."""
    name, last = after or ("", UUID(int=0))
    rows = await db.fetch(
        _LISTED,
        wanted.key,
        wanted.echelle,
        wanted.siren,
        wanted.departement,
        wanted.region,
        name,
        last,
        limit,
    )
    return [dict(row) for row in rows]


async def get(db: Database, atd_id: UUID) -> dict[str, Any] | None:
    """Return a facilitator, or None."""
    row = await db.fetchrow("SELECT * FROM atd WHERE id = $1", atd_id)
    return None if row is None else dict(row)


async def territories(db: Database, atd_id: UUID) -> list[tuple[str, str]]:
    """Return (kind, code) of whom a facilitator supports, in order."""
    rows = await db.fetch(
        "SELECT kind, code FROM atd_territory WHERE atd_id = $1 ORDER BY kind, code", atd_id
    )
    return [(row["kind"], row["code"]) for row in rows]


async def held_territories(session: AsyncSession, atd_id: UUID) -> set[tuple[str, str]]:
    """Return (kind, code) of whom a facilitator supports, within a transaction."""
    found = await run(
        session, text("SELECT kind, code FROM atd_territory WHERE atd_id = :id"), {"id": atd_id}
    )
    return {(row.kind, row.code) for row in found}


async def set_territories(session: AsyncSession, atd_id: UUID, wanted: Collection[tuple[str, str]]) -> None:
    """Write whom a facilitator supports, in place of what was there."""
    await run(session, text("DELETE FROM atd_territory WHERE atd_id = :id"), {"id": atd_id})
    if wanted:
        rows = [{"atd_id": atd_id, "kind": kind, "code": code} for kind, code in sorted(wanted)]
        await session.exec(insert(AtdTerritory).values(rows))


async def unknown_sirens(session: AsyncSession, sirens: Collection[str]) -> list[str]:
    """Return those of some SIREN that are of no body of the reference."""
    found = await run(
        session,
        text(
            "SELECT wanted FROM unnest(CAST(:sirens AS text[])) AS wanted "
            "WHERE NOT EXISTS (SELECT FROM collectivite c WHERE c.siren = wanted AND c.removed_at IS NULL)"
        ),
        {"sirens": list(sirens)},
    )
    return sorted(found.scalars())


async def supported(db: Database, atd_id: UUID, *, after: str, limit: int) -> list[dict[str, Any]]:
    """Return the bodies that a facilitator supports, in the order of their SIREN, after one of them."""
    rows = await db.fetch(
        "SELECT c.siren, c.nom, c.type, c.code_departement FROM collectivite c "
        f"WHERE c.siren IN ({SUPPORTED.format('$1')}) AND c.siren > $2 ORDER BY c.siren LIMIT $3",
        atd_id,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def indicators(db: Database, atd_id: UUID) -> dict[str, Any]:
    """Return how many bodies a facilitator supports and what they publish."""
    row = await db.fetchrow(
        f"WITH supported AS ({SUPPORTED.format('$1')}), found AS (SELECT d.* FROM published_dataset d "
        "JOIN supported s ON s.siren = d.siren WHERE NOT d.removed), "
        "themed AS (SELECT theme, count(*) AS count FROM found, unnest(themes) AS theme GROUP BY theme) "
        "SELECT (SELECT count(*) FROM supported) AS supported, count(DISTINCT siren) AS opened, "
        "count(*) AS datasets, coalesce(sum(reuses), 0)::bigint AS reuses, "
        "coalesce((SELECT jsonb_agg(jsonb_build_object('theme', theme, 'count', count) "
        "ORDER BY count DESC, theme) FROM themed), '[]') AS themes FROM found",
        atd_id,
    )
    assert row is not None
    return dict(row)


_COLUMNS = tuple(PublishedDataset.model_fields)
_UPSERT = text(
    f"INSERT INTO published_dataset AS held ({', '.join(_COLUMNS)}) "
    f"VALUES ({', '.join(f':{name}' for name in _COLUMNS)}) "
    f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS)} "
    "WHERE excluded.revision > held.revision"
)


async def bring_dataset(session: AsyncSession, row: PublishedDataset) -> bool:
    """Write a dataset as an event tells it; False when a newer event was there before."""
    result = await run(session, _UPSERT, row.model_dump())
    written: bool = result.rowcount == 1
    return written
