"""SQL of the entries that their owner edits: one row is read under a lock, then replaced or removed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.store.rows import plain
from shared.db import run


@dataclass(frozen=True)
class Editable:
    """A kind of entry: where it is, by what it is named, whose it is (an SQL expression), when it may go."""

    table: str
    key: str
    owner: str
    joined: str = ""
    # What must hold for it to be removed (an SQL expression): nothing rests on it.
    free: str = "TRUE"


EDITEUR = Editable(
    "editeur", "siren", "s.siren", free="NOT EXISTS (SELECT FROM progiciel p WHERE p.editeur_siren = s.siren)"
)
_OF_PROGICIEL = "JOIN progiciel p ON p.id = s.progiciel_id"
PROGICIEL = Editable(
    "progiciel",
    "id",
    "s.editeur_siren",
    free=" AND ".join(
        f"NOT EXISTS (SELECT FROM {table} o WHERE o.progiciel_id = s.id)"
        for table in ("export_module", "usage", "label")
    ),
)
VERSION = Editable(
    "version",
    "id",
    "p.editeur_siren",
    _OF_PROGICIEL,
    free="NOT EXISTS (SELECT FROM label l WHERE l.version_id = s.id)",
)
MODULE = Editable("export_module", "id", "p.editeur_siren", _OF_PROGICIEL)
ATD = Editable("atd", "id", "s.siren")


async def hold(session: AsyncSession, kind: Editable, key: object) -> dict[str, Any] | None:
    """Return a row and its `owner` (SIREN), locked until the transaction ends, or None."""
    found = await run(
        session,
        text(
            f"SELECT s.*, {kind.owner} AS owner FROM {kind.table} s {kind.joined} WHERE s.{kind.key} = :key "
            "FOR UPDATE OF s"
        ),
        {"key": key},
    )
    row = found.mappings().first()
    return None if row is None else plain(row)


async def replace(session: AsyncSession, kind: Editable, key: object, values: Mapping[str, Any]) -> bool:
    """Write columns of a row; False when another row already holds their unique key."""
    columns = ", ".join(f"{name} = :{name}" for name in values)
    try:
        async with session.begin_nested():
            await run(
                session,
                text(f"UPDATE {kind.table} SET {columns} WHERE {kind.key} = :entry_key"),
                {**values, "entry_key": key},
            )
    except IntegrityError:
        return False
    return True


async def remove(session: AsyncSession, kind: Editable, key: object) -> bool:
    """Remove a row; False when others rest on it."""
    found = await run(
        session,
        text(f"DELETE FROM {kind.table} s WHERE s.{kind.key} = :key AND {kind.free} RETURNING s.{kind.key}"),
        {"key": key},
    )
    return found.first() is not None
