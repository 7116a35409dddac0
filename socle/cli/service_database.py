"""An administration command at work on the database of one service."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import asyncpg
import click

from shared.db import Database
from socle.cli.options import administration_database

T = TypeVar("T")


def with_service(data: Path, service: str, work: Callable[[Database], Awaitable[T]]) -> T:
    """Return what `work` makes with a service's database.

    Raises:
        click.ClickException: there is no database, or it does not answer.
    """
    url = administration_database(data)

    async def run() -> T:
        db = await Database.open(url, schema=service, pool_size=2)
        try:
            return await work(db)
        finally:
            await db.close()

    try:
        return asyncio.run(run())
    except (OSError, asyncpg.PostgresError) as error:
        raise click.ClickException(
            f"La base ne répond pas comme attendu ({error}). / The database does not answer as expected."
        ) from error
