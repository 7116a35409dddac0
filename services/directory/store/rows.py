"""Rows: added unless one like it is there, in one atomic statement; read with values that JSON knows."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession


async def add_unless_there(session: AsyncSession, row: SQLModel) -> bool:
    """Insert a row; False when a unique key of its table already holds an equal one."""
    table: Any = type(row)
    found = await session.exec(
        insert(table).values(**row.model_dump()).on_conflict_do_nothing().returning(table.created_at)
    )
    return found.first() is not None


def plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row that the driver read; its own kind of UUID, which orjson refuses, is replaced."""
    return {
        str(name): UUID(int=value.int) if isinstance(value, UUID) else value for name, value in row.items()
    }
