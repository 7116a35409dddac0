"""A directory whose reference is loaded, and a client of its API; both serve all the tests of a module."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio
from asgi_lifespan import LifespanManager

from services.directory.app import create_app
from services.directory.operations.reference import import_reference
from services.directory.settings import DirectorySettings
from shared import auth
from shared.db import Database
from tests.support.databases import Databases
from tests.support.directory import Keys


@pytest.fixture(scope="module")
def loaded_database(databases: Databases) -> Iterator[str]:
    """URL of a database into which the shipped reference was brought."""
    url = databases.create_migrated()

    async def load() -> None:
        db = await Database.open(url, schema="directory", pool_size=2)
        try:
            assert await import_reference(db) is not None
        finally:
            await db.close()

    asyncio.run(load())
    yield url
    databases.drop(url)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def keys(loaded_database: str) -> Keys:
    """Make the headers of an API key, for a body, with scopes."""

    async def make(owner: str | None = None, *scopes: str) -> dict[str, str]:
        key = auth.make_key()
        db = await Database.open(loaded_database, schema="access", pool_size=2)
        try:
            async with db.pool.acquire() as connection:
                await auth.store_key(
                    connection,
                    key,
                    owner_siren=owner,
                    label="test",
                    scopes=list(scopes or ("directory:write",)),
                    expires_at=None,
                )
        finally:
            await db.close()
        return {"authorization": f"Bearer {key.text}"}

    return make


@pytest.fixture(scope="module")
def settings(
    loaded_database: str, claimed_redis: str, tmp_path_factory: pytest.TempPathFactory
) -> DirectorySettings:
    """Settings of the processes of a module's tests."""
    return DirectorySettings(
        database_url=loaded_database,
        redis_url=claimed_redis,
        storage_url=f"file://{tmp_path_factory.mktemp('storage')}",
        public_url="http://test",
        directory_start_wait_seconds=60,
        directory_declarations_rate="100000/minute",
        rate_per_address="100000/minute",
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(settings: DirectorySettings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the running application."""
    app = create_app(settings)
    async with LifespanManager(app, startup_timeout=60) as manager:
        transport = httpx.ASGITransport(app=manager.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client
