"""Migrations of every schema: from nothing, twice, without drift; and an old schema refused."""

import asyncio
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import MetaData

from shared.app import open_context
from shared.db import Database
from shared.migrations import ACCESS, SchemaOutdated, require_current
from shared.migrations.upgrading import drift, upgrade
from shared.settings import Settings
from socle.migrate import every_migration, upgrade_all
from socle.topology import SERVICES

WITH_TABLES = [name for name in SERVICES if find_spec(f"services.{name}.tables")]


def _metadata(service: str) -> MetaData:
    metadata: MetaData = import_module(f"services.{service}.tables").metadata
    return metadata


async def test_from_nothing_then_again(empty_database_url: str) -> None:
    first = await upgrade_all(empty_database_url)
    assert set(first) == {migrations.schema for migrations in every_migration()}
    for migrations in every_migration():
        assert first[migrations.schema], "something was to do"
        assert first[migrations.schema][-1] == migrations.head
    assert await upgrade_all(empty_database_url) == {schema: [] for schema in first}


@pytest.mark.parametrize("service", WITH_TABLES)
async def test_the_tables_are_those_declared(service: str, migrated_database: str) -> None:
    assert _metadata(service).tables
    assert await drift(migrated_database, SERVICES[service].migrations, _metadata(service)) == []


@pytest.mark.parametrize("service", WITH_TABLES)
async def test_a_difference_would_be_seen(service: str, empty_database_url: str) -> None:
    await upgrade_all(empty_database_url)
    db = await Database.open(empty_database_url, schema=service, pool_size=2)
    await db.execute("ALTER TABLE outbox ADD COLUMN forgotten text")
    await db.execute("ALTER TABLE inbox DROP COLUMN error")
    await db.close()
    found = str(await drift(empty_database_url, SERVICES[service].migrations, _metadata(service)))
    assert "forgotten" in found
    assert "error" in found


@pytest.mark.parametrize("service", WITH_TABLES)
async def test_a_process_refuses_to_start_before_the_migration(
    service: str, empty_database_url: str, redis_url: str, tmp_path: Path
) -> None:
    migrations = SERVICES[service].migrations
    settings = Settings(
        database_url=empty_database_url, redis_url=redis_url, storage_url=f"file://{tmp_path}/storage"
    )
    with pytest.raises(SchemaOutdated, match="socle migrate"):
        async with open_context(migrations, settings):
            raise AssertionError("it must not start")
    await upgrade(empty_database_url, ACCESS)
    await upgrade(empty_database_url, migrations)
    async with open_context(migrations, settings):
        pass


async def test_an_older_schema_is_refused_and_a_newer_one_accepted(empty_database_url: str) -> None:
    """Old code runs on the new schema: a revision it has never heard of is a newer one."""
    migrations = SERVICES["directory"].migrations
    await upgrade_all(empty_database_url)
    older = next(name for name, before in migrations.revisions().items() if before is None)
    assert older != migrations.head
    db = await Database.open(empty_database_url, schema="directory", pool_size=2)
    try:
        await db.execute("UPDATE alembic_version SET version_num = $1", older)
        with pytest.raises(SchemaOutdated, match=older):
            await require_current(db, migrations)
        await db.execute("UPDATE alembic_version SET version_num = '9999_from_the_future'")
        await require_current(db, migrations)
    finally:
        await db.close()


async def test_two_migrations_at_once_wait_for_one_another(empty_database_url: str) -> None:
    both = await asyncio.gather(upgrade_all(empty_database_url), upgrade_all(empty_database_url))
    applied = [sum(len(revisions) for revisions in one.values()) for one in both]
    expected = sum(len(migrations.revisions()) for migrations in every_migration())
    assert sum(applied) == expected
