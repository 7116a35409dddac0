"""SQL of the observatory: the files brought in, and what the catalogue publishes over time."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.tables import ObservatoireImport, ObservatoireLigne
from shared.db import Database, run

# Any constant: two imports wait for one another.
IMPORT_LOCK = 4_126_230_372

_IMPORT = (
    "SELECT id, kind, year, filename, checksum, edition, rows, outcomes, in_force, imported_at "
    "FROM observatoire_import"
)

# What each body publishes at some moments: the catalogue first, else the newest edition in force by then.
_HOLDINGS = """
WITH moments AS (SELECT unnest($1::timestamptz[]) AS at),
listed AS (
    SELECT m.at, p.siren, count(*) AS datasets, count(*) FILTER (WHERE p.scdl) AS scdl,
        count(*) FILTER (WHERE p.scdl AND p.conforming) AS conforming
    FROM moments m JOIN publication p ON p.since <= m.at AND (p.until IS NULL OR p.until > m.at)
    WHERE p.siren IS NOT NULL GROUP BY m.at, p.siren
),
observed AS (
    SELECT m.at, l.siren, i.year, sum(l.datasets) AS datasets,
        row_number() OVER (PARTITION BY m.at, l.siren ORDER BY i.year DESC) AS place
    FROM moments m JOIN observatoire_import i ON i.kind = 'organismes' AND i.in_force
        AND make_timestamptz(i.year, 1, 1, 0, 0, 0, 'UTC') <= m.at
    JOIN observatoire_ligne l ON l.import_id = i.id
    WHERE l.siren IS NOT NULL GROUP BY m.at, l.siren, i.year
)
SELECT at, siren, datasets, scdl, conforming, 'catalogue' AS source, extract(year FROM at)::int AS year FROM listed
UNION ALL
SELECT o.at, o.siren, o.datasets, NULL, NULL, 'observatoire', o.year FROM observed o
WHERE o.place = 1 AND NOT EXISTS (SELECT FROM listed l WHERE l.at = o.at AND l.siren = o.siren)
"""


async def hold_imports(session: AsyncSession) -> None:
    """Make another import wait until this transaction ends."""
    await run(session, text("SELECT pg_advisory_xact_lock(:key)"), {"key": IMPORT_LOCK})


async def find_import(session: AsyncSession, kind: str, year: int, checksum: str) -> UUID | None:
    """Return the import of this very file for this year, or None."""
    found = await run(
        session,
        text(
            "SELECT id FROM observatoire_import WHERE kind = :kind AND year = :year AND checksum = :checksum"
        ),
        {"kind": kind, "year": year, "checksum": checksum},
    )
    import_id: UUID | None = found.scalar_one_or_none()
    return import_id


async def put_in_force(session: AsyncSession, kind: str, year: int, import_id: UUID) -> None:
    """Make one import the one in force of its kind and year."""
    await run(
        session,
        text(
            "UPDATE observatoire_import SET in_force = (id = :id) "
            "WHERE kind = :kind AND year = :year AND in_force <> (id = :id)"
        ),
        {"id": import_id, "kind": kind, "year": year},
    )


async def add_import(
    session: AsyncSession, row: ObservatoireImport, lines: Sequence[ObservatoireLigne]
) -> None:
    """Write an import and its rows."""
    session.add(row)
    await session.flush()
    session.add_all(lines)
    await session.flush()


async def imports(db: Database) -> list[dict[str, Any]]:
    """Return what was brought in, the newest first."""
    return [dict(row) for row in await db.fetch(f"{_IMPORT} ORDER BY imported_at DESC, id DESC LIMIT 200")]


async def get_import(db: Database, import_id: UUID) -> dict[str, Any] | None:
    """Return one import, or None."""
    row = await db.fetchrow(f"{_IMPORT} WHERE id = $1", import_id)
    return None if row is None else dict(row)


async def lines(
    db: Database, import_id: UUID, outcomes: Sequence[str] | None, after: int, limit: int
) -> list[dict[str, Any]]:
    """Return the rows of an import after a number, those of some outcomes only when they are given."""
    rows = await db.fetch(
        "SELECT number, content, outcome, reason, reason_en, siren, nom, type, datasets FROM observatoire_ligne "
        "WHERE import_id = $1 AND ($2::text[] IS NULL OR outcome = ANY($2)) AND number > $3::bigint "
        "ORDER BY number LIMIT $4",
        import_id,
        outcomes,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def holdings(db: Database, moments: Sequence[datetime]) -> list[dict[str, Any]]:
    """Return what each body publishes at each moment: `at, siren, datasets, scdl, conforming, source, year`."""
    return [dict(row) for row in await db.fetch(_HOLDINGS, list(moments))]


async def mark(db: Database, moment: datetime) -> tuple[Any, ...]:
    """Return a value that changes whenever `holdings` or `outside` may, as of a moment; cheap."""
    row = await db.fetchrow(
        "SELECT p.*, i.* FROM (SELECT count(*), sum(revision), max(since), max(until), "
        "count(*) FILTER (WHERE since <= $1), count(*) FILTER (WHERE until <= $1) FROM publication) p, "
        "(SELECT count(*), max(imported_at), string_agg(id::text, ',' ORDER BY id) FILTER (WHERE in_force) "
        "FROM observatoire_import) i",
        moment,
    )
    assert row is not None, "aggregates always give a row"
    return tuple(row)


async def outside(db: Database) -> list[dict[str, Any]]:
    """Return the bodies outside the reference of the editions in force, the newest edition of each."""
    rows = await db.fetch(
        "SELECT DISTINCT ON (l.siren) l.siren, l.nom, l.type, l.code_departement, l.code_region, l.datasets, i.year "
        "FROM observatoire_ligne l JOIN observatoire_import i ON i.id = l.import_id AND i.in_force "
        "WHERE l.outcome = 'hors_referentiel' ORDER BY l.siren, i.year DESC"
    )
    return [dict(row) for row in rows]


async def places(db: Database) -> list[dict[str, Any]]:
    """Return the coordinates that the editions in force give of each body, the newest edition of each."""
    rows = await db.fetch(
        "SELECT DISTINCT ON (l.siren) l.siren, l.nom, l.type, l.outcome, l.code_departement, l.code_region, "
        "l.latitude, l.longitude, i.year FROM observatoire_ligne l "
        "JOIN observatoire_import i ON i.id = l.import_id AND i.in_force "
        "WHERE l.siren IS NOT NULL AND l.latitude IS NOT NULL AND l.longitude IS NOT NULL "
        "ORDER BY l.siren, i.year DESC, (l.outcome = 'siren') DESC, l.number"
    )
    return [dict(row) for row in rows]


async def first_moment(db: Database) -> date | None:
    """Return the first day of which anything is known, or None."""
    day: date | None = await db.fetchval(
        "SELECT least((SELECT min(make_date(year, 1, 1)) FROM observatoire_import WHERE in_force), "
        "(SELECT min(since)::date FROM publication))"
    )
    return day


async def present_publication(session: AsyncSession, dataset_id: UUID) -> dict[str, Any] | None:
    """Return the present state of a dataset, and make others that would change it wait."""
    await run(
        session,
        text("SELECT pg_advisory_xact_lock(hashtextextended(CAST(:id AS text), 0))"),
        {"id": str(dataset_id)},
    )
    found = await run(
        session,
        text(
            "SELECT revision, since, until FROM publication WHERE dataset_id = :id ORDER BY since DESC LIMIT 1"
        ),
        {"id": dataset_id},
    )
    row = found.mappings().first()
    return None if row is None else dict(row)


async def end_publication(session: AsyncSession, dataset_id: UUID, until: datetime, revision: int) -> None:
    """End the present state of a dataset; `revision` is that of the event that ended it."""
    await run(
        session,
        text(
            "UPDATE publication SET until = :until, revision = :revision WHERE dataset_id = :id AND until IS NULL"
        ),
        {"id": dataset_id, "until": until, "revision": revision},
    )


async def schemas_of(db: Database, siren: str) -> list[dict[str, Any]]:
    """Return the datasets that a body shows in the catalogue now."""
    rows = await db.fetch(
        "SELECT dataset_id, title, schemas, scdl, conforming, since FROM publication "
        "WHERE siren = $1 AND until IS NULL ORDER BY title, dataset_id LIMIT 200",
        siren,
    )
    return [dict(row) for row in rows]
