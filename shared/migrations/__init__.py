"""Migrations: Alembic's, one line of them for each PostgreSQL schema; an application refuses to start on an old one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.db import Database, sqlalchemy_url

VERSION_TABLE = "alembic_version"
# Any constant: two processes that migrate the same database wait for one another.
LOCK = 7_305_811_402


@dataclass(frozen=True, slots=True)
class Migrations:
    """The migrations of one schema: `folder` holds the revision files."""

    schema: str
    folder: Path

    def scripts(self) -> ScriptDirectory:
        """Return Alembic's view of the folder."""
        return ScriptDirectory(str(self.folder), version_locations=[str(self.folder / "versions")])

    @property
    def head(self) -> str:
        """Return the newest revision; raises Alembic's `CommandError` when there are two."""
        head = self.scripts().get_current_head()
        assert head is not None, f"no migration in {self.folder}"
        return head


ACCESS = Migrations("access", Path(__file__).parent)


class SchemaOutdated(RuntimeError):
    """The database is older than the code; the message names the command that migrates it."""


def _upgrade(connection: Connection, migrations: Migrations) -> list[str]:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {migrations.schema}"))
    scripts = migrations.scripts()
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


async def require_current(db: Database, migrations: Migrations) -> None:
    """Raise `SchemaOutdated` unless the database knows the revision this code was written for.

    A database that is newer is accepted: old code must run on the new schema (expand, then contract).
    """
    name = f"{migrations.schema}.{VERSION_TABLE}"
    exists = await db.fetchval("SELECT to_regclass($1) IS NOT NULL", name)
    found = await db.fetchval(f"SELECT version_num FROM {name}") if exists else None
    known = {script.revision for script in migrations.scripts().walk_revisions()}
    if found is None or (found in known and found != migrations.head):
        raise SchemaOutdated(
            f"The schema {migrations.schema} of the database is at revision {found}, this code needs "
            f"{migrations.head}. Run: socle migrate"
        )
