"""Rows of the software directory, written straight to its tables: what the reading side is tested on."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from stdnum import luhn

from services.directory.domain.folding import words
from shared.db import Database
from shared.ids import new_id

TABLES = ("label", "claim", "usage", "export_module", "version", "progiciel", "editeur")


def vendor_siren(number: int) -> str:
    """Return a well-formed SIREN of the series 90 000 000."""
    digits = str(90_000_000 + number)
    return digits + luhn.calc_check_digit(digits)


async def add_vendor(db: Database, siren: str, name: str) -> str:
    """Write a vendor and return its SIREN."""
    await db.execute(
        "INSERT INTO editeur (siren, nom, nom_key, url, created_by, created_at) VALUES ($1, $2, $3, NULL, 'test', $4)",
        siren,
        name,
        "".join(words(name)),
        datetime.now(UTC),
    )
    return siren


async def add_software(db: Database, vendor: str, name: str, description: str = "") -> UUID:
    """Write an application and return its id."""
    progiciel_id = new_id()
    await db.execute(
        "INSERT INTO progiciel (id, editeur_siren, nom, nom_key, description, url, created_by, created_at) "
        "VALUES ($1, $2, $3, $4, $5, 'https://exemple.fr/logiciel', 'test', $6)",
        progiciel_id,
        vendor,
        name,
        "".join(words(name)),
        description,
        datetime.now(UTC),
    )
    return progiciel_id


async def add_module(db: Database, progiciel_id: UUID, domaine: str, **more: Any) -> UUID:
    """Write an export module and return its id."""
    module_id = new_id()
    values = {"schema_name": f"scdl/{domaine}", "schema_version": "2.1.4", "policy": "inclus", **more}
    await db.execute(
        "INSERT INTO export_module (id, progiciel_id, domaine, schema_name, schema_version, policy, price_note, "
        "status, valid_until, created_at) VALUES ($1, $2, $3, $4, $5, $6, '', 'declare', $7, $8)",
        module_id,
        progiciel_id,
        domaine,
        values["schema_name"],
        values["schema_version"],
        values["policy"],
        in_a_year(),
        datetime.now(UTC),
    )
    return module_id


async def add_usages(
    db: Database, progiciel_id: UUID, domaine: str, sirens: Iterable[str], status: str = "declare"
) -> list[UUID]:
    """Write usages and return their ids."""
    rows = [
        (new_id(), siren, progiciel_id, "", domaine, status, in_a_year(), datetime.now(UTC))
        for siren in sirens
    ]
    async with db.pool.acquire() as connection:
        await connection.executemany(
            "INSERT INTO usage (id, siren, progiciel_id, version, domaine, status, valid_until, created_at) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            rows,
        )
    return [row[0] for row in rows]


async def add_label(
    db: Database, progiciel_id: UUID, module_id: UUID | None, state: str = "valide", **more: Any
) -> UUID:
    """Write a label and return its id."""
    label_id = new_id()
    values = {"schema_name": "scdl/deliberations", "valid_until": in_a_year(), "sequence": 1, **more}
    await db.execute(
        "INSERT INTO label (id, progiciel_id, module_id, schema_name, schema_version, assurance, state, valid_from, "
        "valid_until, verify_url, reason, sequence, occurred_at) "
        "VALUES ($1, $2, $3, $4, '2.1.4', 'verifie', $5, '2026-01-01', $6, 'https://exemple.fr/v', '', $7, $8)",
        label_id,
        progiciel_id,
        module_id,
        values["schema_name"],
        state,
        values["valid_until"],
        values["sequence"],
        datetime.now(UTC),
    )
    return label_id


def in_a_year() -> date:
    """Return a day that is to come."""
    return datetime.now(UTC).date() + timedelta(days=365)


async def empty(db: Database) -> None:
    """Remove it all."""
    for table in TABLES:
        await db.execute(f"DELETE FROM {table}")
