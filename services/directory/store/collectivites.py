"""SQL of the collectivités and of the reference they come from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from services.directory.domain.collectivites import Alias, Collectivite, Edition
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
        changes = await _apply(connection, bodies, moment)
        await connection.execute(
            "INSERT INTO reference_import (id, year, revision, created, updated, unchanged, removed, imported_at) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            new_id(),
            edition.year,
            edition.revision,
            changes.created,
            changes.updated,
            changes.unchanged,
            changes.removed,
            moment,
        )
        await connection.execute("SELECT pg_notify($1, $2)", REFERENCE_CHANNEL, str(edition))
    return changes


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
