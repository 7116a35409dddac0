"""Runs migrations, and compares tables as declared with tables as migrated."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.db import sqlalchemy_url
from shared.migrations import VERSION_TABLE, Migrations

# Any constant: two processes that migrate the same database wait for one another.
LOCK = 7_305_811_402


def _scripts(migrations: Migrations) -> ScriptDirectory:
    folder = migrations.folder
    return ScriptDirectory(str(folder), version_locations=[str(folder / "versions")])


def _upgrade(connection: Connection, migrations: Migrations) -> list[str]:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {migrations.schema}"))
    scripts = _scripts(migrations)
    applied: list[str] = []

    def steps(revision: Any, _context: MigrationContext) -> Any:
        found = scripts._upgrade_revs("head", revision)
        applied.extend(step.to_revisions[0] if hasattr(step, "to_revisions") else "" for step in found)
        return found

    with EnvironmentContext(Config(), scripts, fn=steps, destination_rev="head") as environment:
        environment.configure(
            connection=connection,
            version_table=VERSION_TABLE,
            version_table_schema=migrations.schema,
            transaction_per_migration=False,
        )
        environment.run_migrations()
    return applied


async def upgrade(database_url: str, migrations: Migrations) -> list[str]:
    """Bring one schema to its head in one transaction and return the revisions applied."""
    url, connect_args = sqlalchemy_url(database_url)
    engine = create_async_engine(url, poolclass=NullPool, connect_args=connect_args)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(_upgrade, migrations)
    finally:
        await engine.dispose()


async def drift(database_url: str, migrations: Migrations, metadata: MetaData) -> list[Any]:
    """Return the differences between the tables as declared and as migrated; none is the aim."""
    url, connect_args = sqlalchemy_url(database_url)
    engine = create_async_engine(url, poolclass=NullPool, connect_args=connect_args)

    def compare(connection: Connection) -> list[Any]:
        def ours(name: str | None, kind: str, _parents: Any) -> bool:
            if kind == "schema":
                return name == migrations.schema
            return not (kind == "table" and name == VERSION_TABLE)

        context = MigrationContext.configure(
            connection,
            opts={"include_schemas": True, "include_name": ours, "compare_type": True},
        )
        return list(compare_metadata(context, metadata))

    try:
        async with engine.connect() as connection:
            return await connection.run_sync(compare)
    finally:
        await engine.dispose()
