"""Adds a row unless one like it is there: one atomic statement, so that two twins never both succeed."""

from typing import Any

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
