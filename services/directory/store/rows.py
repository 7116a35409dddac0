"""Rows: added unless one like it is there, one or many by statement; read with values that JSON knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db import run


@dataclass(frozen=True)
class Brought:
    """A row as it is in its table, and whether it was not there before."""

    row: dict[str, Any]
    new: bool

    @property
    def id(self) -> UUID:
        """The id of the row."""
        found: UUID = self.row["id"]
        return found


async def add_unless_there(session: AsyncSession, row: SQLModel) -> bool:
    """Insert a row; False when a unique key of its table already holds an equal one."""
    table: Any = type(row)
    found = await session.exec(
        insert(table).values(**row.model_dump()).on_conflict_do_nothing().returning(table.created_at)
    )
    return found.first() is not None


# A row to write: its columns by name. Making a model of each would take longer than PostgreSQL does.
Row = Mapping[str, Any]


async def insert_all(
    session: AsyncSession, into: type[SQLModel], rows: Sequence[Row], *, unless_there: bool = False
) -> set[UUID]:
    """Insert rows of one table in one statement; return the ids of those that were written, if rows have ids."""
    if not rows:
        return set()
    returning = "RETURNING id" if "id" in rows[0] else ""
    columns = ", ".join(rows[0])
    table = into.__tablename__
    found = await run(
        session,
        text(
            f"INSERT INTO {table} ({columns}) SELECT {columns} "
            f"FROM json_populate_recordset(NULL::{table}, CAST(:rows AS json)) "
            f"{'ON CONFLICT DO NOTHING' if unless_there else ''} {returning}"
        ),
        {"rows": _json(rows)},
    )
    return set(found.scalars()) if returning else set()


async def bring_all(
    session: AsyncSession, into: type[SQLModel], rows: Sequence[Row], unique: Sequence[str]
) -> list[Brought]:
    """Insert each row unless one with the same unique columns is there, which may be an earlier one of these.

    Returns what is there now in the place of each, locked until the transaction ends.
    """
    if not rows:
        return []
    made = await insert_all(session, into, rows, unless_there=True)
    table = into.__tablename__
    keys = ", ".join(unique)
    found = await run(
        session,
        text(
            f"SELECT t.* FROM {table} t JOIN (SELECT DISTINCT {keys} FROM "
            f"json_populate_recordset(NULL::{table}, CAST(:rows AS json))) AS k USING ({keys}) "
            "ORDER BY t.id FOR UPDATE OF t"
        ),
        {"rows": _json(rows)},
    )
    there = {tuple(row[name] for name in unique): plain(row) for row in found.mappings()}
    return [Brought(there[tuple(row[name] for name in unique)], row["id"] in made) for row in rows]


def _json(rows: Sequence[Row]) -> str:
    return orjson.dumps(rows, default=str).decode()


def plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row that the driver read; its own kind of UUID, which orjson refuses, is replaced."""
    return {
        str(name): UUID(int=value.int) if isinstance(value, UUID) else value for name, value in row.items()
    }
