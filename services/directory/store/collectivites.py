"""SQL of the collectivités and of the reference they come from."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.directory.domain.collectivites import Alias, Collectivite, Edition
from services.directory.domain.reference import BodyChange, Held, Prepared, prepare
from shared.db import Database
from shared.ids import new_id

# A notification on this channel says that another edition of the reference is in force.
REFERENCE_CHANNEL = "directory_reference"
# Any constant: two workers that import the reference wait for one another.
IMPORT_LOCK = 4_126_230_371

# What an edition says of a body; the other columns are ours.
_FACTS = (
    "type, nom, population, population_base, population_year, code_insee, code_departement, code_region, "
    "siren_epci, codes_postaux, aliases"
)
_EXCLUDED = ", ".join(f"excluded.{name}" for name in _FACTS.split(", "))
_HELD = ", ".join(f"held.{name}" for name in _FACTS.split(", "))

_INCOMING = """
CREATE TEMPORARY TABLE incoming (
    siren text PRIMARY KEY, type text, nom text, population integer, population_base text,
    population_year integer, code_insee text, code_departement text, code_region text, siren_epci text,
    codes_postaux text[], aliases text
) ON COMMIT DROP
"""

# Rows that say the same are left alone: an edition brought in again writes nothing.
_APPLY = f"""
WITH applied AS (
    INSERT INTO collectivite AS held (siren, {_FACTS}, created_at, modified_at)
    SELECT siren, {_FACTS.replace("aliases", "aliases::jsonb")}, $1, $1 FROM incoming
    ON CONFLICT (siren) DO UPDATE SET ({_FACTS}, modified_at, removed_at) = ({_EXCLUDED}, $1, NULL)
    WHERE ({_HELD}) IS DISTINCT FROM ({_EXCLUDED}) OR held.removed_at IS NOT NULL
    RETURNING (held.xmax = 0) AS created
)
SELECT count(*) FILTER (WHERE created) AS created, count(*) FILTER (WHERE NOT created) AS updated FROM applied
"""

_REMOVE = """
WITH gone AS (
    UPDATE collectivite SET removed_at = $1, modified_at = $1
    WHERE removed_at IS NULL AND siren NOT IN (SELECT siren FROM incoming)
    RETURNING siren
)
SELECT count(*) FROM gone
"""


@dataclass(frozen=True)
class Changes:
    """How many bodies an edition changed."""

    created: int
    updated: int
    unchanged: int
    removed: int


async def edition_in_force(db: "Database | asyncpg.Connection[Any]") -> Edition | None:
    """Return the newest edition that was brought in, or None before the first."""
    row = await db.fetchrow(
        "SELECT year, revision FROM reference_import ORDER BY year DESC, revision DESC LIMIT 1"
    )
    return None if row is None else Edition(row["year"], row["revision"])


async def bring_in(
    db: Database, edition: Edition, bodies: Iterable[Collectivite], moment: datetime
) -> Changes | None:
    """Make the reference say what an edition says, in one transaction; return what changed.

    None when an edition as new is already in force: another worker brought it in meanwhile.
    """
    async with db.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", IMPORT_LOCK)
        held = await edition_in_force(connection)
        if held is not None and held >= edition:
            return None
        before = await held_bodies(connection)
        prepared = await asyncio.to_thread(prepare, before, bodies)
        changes = await _apply(connection, prepared.bodies, moment)
        import_id = new_id()
        await connection.execute(
            "INSERT INTO reference_import (id, year, revision, created, updated, unchanged, removed, imported_at) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            import_id,
            edition.year,
            edition.revision,
            changes.created,
            changes.updated,
            changes.unchanged,
            changes.removed,
            moment,
        )
        # The first edition makes every body: its count says as much as a journal of them all.
        if before:
            await _write_journal(connection, import_id, prepared.changes)
        await connection.execute("SELECT pg_notify($1, $2)", REFERENCE_CHANNEL, str(edition))
    return changes


async def preview(db: Database, bodies: Iterable[Collectivite]) -> Prepared:
    """Return what an edition would change, writing nothing."""
    return await asyncio.to_thread(prepare, await held_bodies(db), bodies)


async def held_bodies(db: "Database | asyncpg.Connection[Any]") -> list[Held]:
    """Return every body, those that left the reference as well."""
    rows = await db.fetch(f"SELECT siren, {_FACTS}, removed_at FROM collectivite")
    return [
        Held(to_collectivite({**row, "aliases": _decoded(row["aliases"])}), row["removed_at"] is not None)
        for row in rows
    ]


def _decoded(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value


async def _write_journal(connection: Any, import_id: UUID, changes: Sequence[BodyChange]) -> None:
    await connection.execute(
        "INSERT INTO reference_change (id, import_id, siren, kind, nom, former_nom, into_siren, fields) "
        "SELECT id, $1, siren, kind, nom, former_nom, into_siren, string_to_array(fields, ' ') "
        "FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]) "
        "AS line (id, siren, kind, nom, former_nom, into_siren, fields)",
        import_id,
        [new_id() for _ in changes],
        [change.siren for change in changes],
        [change.kind for change in changes],
        [change.nom for change in changes],
        [change.former_nom for change in changes],
        [change.into_siren for change in changes],
        [" ".join(change.fields) for change in changes],
    )


async def imports(db: Database, *, before: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Return the editions that were brought in, the newest first."""
    rows = await db.fetch(
        "SELECT * FROM reference_import WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2",
        before,
        limit,
    )
    return [dict(row) for row in rows]


async def has_import(db: Database, import_id: UUID) -> bool:
    """Tell whether an edition was brought in under this id."""
    return bool(await db.fetchval("SELECT EXISTS (SELECT FROM reference_import WHERE id = $1)", import_id))


async def journal(
    db: Database, import_id: UUID, *, kind: str | None, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Return what an edition made of bodies, one by one."""
    rows = await db.fetch(
        "SELECT id, siren, kind, nom, former_nom, into_siren, fields FROM reference_change WHERE import_id = $1 "
        "AND ($2::text IS NULL OR kind = $2) AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4",
        import_id,
        kind,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def _apply(connection: Any, bodies: Iterable[Collectivite], moment: datetime) -> Changes:
    records = [_record(body) for body in bodies]
    await connection.execute(_INCOMING)
    await connection.copy_records_to_table("incoming", records=records)
    await connection.execute("ANALYZE incoming")
    applied = await connection.fetchrow(_APPLY, moment)
    removed = await connection.fetchval(_REMOVE, moment)
    created, updated = applied["created"], applied["updated"]
    return Changes(created, updated, len(records) - created - updated, removed)


def _record(body: Collectivite) -> tuple[Any, ...]:
    aliases = [{"code": alias.code, "nom": alias.nom, "nature": alias.nature} for alias in body.aliases]
    return (
        body.siren,
        body.type,
        body.nom,
        body.population,
        body.population_base,
        body.population_year,
        body.code_insee,
        body.code_departement,
        body.code_region,
        body.siren_epci,
        list(body.codes_postaux),
        orjson.dumps(aliases).decode(),
    )


async def every_collectivite(db: Database) -> list[Collectivite]:
    """Return all the bodies of the edition in force, for the search index."""
    rows = await db.fetch(
        "SELECT siren, type, nom, population, population_base, population_year, code_insee, "
        "code_departement, code_region, siren_epci, codes_postaux, aliases FROM collectivite WHERE removed_at IS NULL"
    )
    return [to_collectivite(row) for row in rows]


def to_collectivite(row: Mapping[str, Any]) -> Collectivite:
    """Return the body described by the columns of a row."""
    return Collectivite(
        siren=row["siren"],
        type=row["type"],
        nom=row["nom"],
        population=row["population"],
        population_base=row["population_base"],
        population_year=row["population_year"],
        code_insee=row["code_insee"],
        code_departement=row["code_departement"],
        code_region=row["code_region"],
        siren_epci=row["siren_epci"],
        codes_postaux=tuple(row["codes_postaux"]),
        aliases=tuple(Alias(**alias) for alias in row["aliases"]),
    )


async def get_collectivite(db: Database, siren: str) -> dict[str, Any] | None:
    """Return the columns of one body, with the name of its grouping, or None."""
    row = await db.fetchrow(
        "SELECT c.*, e.nom AS epci_nom FROM collectivite c LEFT JOIN collectivite e ON e.siren = c.siren_epci "
        "WHERE c.siren = $1",
        siren,
    )
    return None if row is None else dict(row)
