"""Each service's API in this process, and its worker when a test asks for it, on real servers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared import auth
from shared.db import Database
from shared.settings import Settings
from socle.topology import SERVICES

Client = httpx.AsyncClient
OpenClient = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture
def common_settings(database_url: str, redis_url: str, tmp_path: Path) -> dict[str, Any]:
    """Settings that every process of a test shares."""
    return {
        "database_url": database_url,
        "redis_url": redis_url,
        "storage_url": f"file://{tmp_path}/storage",
        "database_pool_size": 4,
        "log_format": "console",
        "http_allowed_hosts": ("127.0.0.1/32",),
    }


def settings_of(service: str, common: dict[str, Any], **own: Any) -> Settings:
    """Return the settings of one service."""
    return SERVICES[service].settings_class(**{**common, **own})


@asynccontextmanager
async def api(service: str, settings: Settings, *, crash: bool = True) -> AsyncIterator[Client]:
    """Give a client of one service's application, started and stopped as a server would."""
    app = SERVICES[service].create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=crash)
        async with Client(transport=transport, base_url="http://socle.test", timeout=60) as client:
            yield client


@asynccontextmanager
async def at_work(service: str, settings: Settings) -> AsyncIterator[None]:
    """Run one service's worker while the block lasts."""
    worker = SERVICES[service].create_worker(settings)
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await task


async def create_key(database_url: str, *scopes: str, owner_siren: str | None = None) -> str:
    """Make an API key and return its text."""
    key = auth.make_key()
    db = await Database.open(database_url, schema="access", pool_size=2)
    try:
        async with db.pool.acquire() as connection:
            await auth.store_key(
                connection, key, owner_siren=owner_siren, label="test", scopes=list(scopes), expires_at=None
            )
    finally:
        await db.close()
    return key.text


@pytest.fixture(autouse=True)
def patient_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine Redis may answer late, and a process would count hits anew by itself."""
    monkeypatch.setattr("shared.ratelimit.REDIS_TIMEOUT_SECONDS", 2.0)
