"""What every process of a service is given: what it may fetch, the housekeeping of its worker."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from services.catalog.migrations import MIGRATIONS
from shared.app import fetch_policy, open_context, readiness, worker_parts
from shared.clock import now
from shared.http import UrlNotAllowed
from shared.ids import new_id
from shared.settings import Settings


def _settings(database_url: str, redis_url: str, folder: Path) -> Settings:
    return Settings(database_url=database_url, redis_url=redis_url, storage_url=f"file://{folder}/storage")


@pytest.mark.parametrize(
    "url", ["https://socle.exemple.fr/x", "http://SOCLE.exemple.fr:80/", "https://socle.exemple.fr./"]
)
def test_ourselves_are_never_fetched(url: str) -> None:
    policy = fetch_policy(Settings(public_url="https://socle.exemple.fr"))
    with pytest.raises(UrlNotAllowed):
        policy.check_url(url)
    assert policy.check_url("https://donnees.exemple.fr/x").host == "donnees.exemple.fr"


@pytest.mark.parametrize(
    "public_url", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"]
)
def test_on_a_developers_machine_the_allowed_hosts_decide(public_url: str) -> None:
    policy = fetch_policy(Settings(public_url=public_url, http_allowed_hosts=("127.0.0.1/32",)))
    assert policy.check_url("http://127.0.0.1:9000/a.csv").port == 9000
    with pytest.raises(UrlNotAllowed):
        fetch_policy(Settings(public_url=public_url)).check_url("http://127.0.0.1:9000/a.csv")


async def test_each_worker_removes_old_drafts_and_forgets_old_requests(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with open_context(MIGRATIONS, _settings(database_url, redis_url, tmp_path)) as context:
        old, new = (tmp_path / "storage" / "drafts" / name for name in ("old", "new"))
        for draft in (old, new):
            draft.write_bytes(b"x")
        long_ago = now() - timedelta(days=2)
        os.utime(old, (long_ago.timestamp(), long_ago.timestamp()))
        for key, age in (("old", 31), ("new", 29)):
            await context.db.execute(
                "INSERT INTO idempotency VALUES ('c', $1, 'f', $2, $3)",
                key,
                new_id(),
                now() - timedelta(days=age),
            )
        [cleaning] = worker_parts(context, {}, handlers={}).clockwork
        assert (cleaning.every, cleaning.at_start) == (timedelta(days=1), True)
        await cleaning.run()
        assert (old.exists(), new.exists()) == (False, True)
        assert await context.db.fetchval("SELECT string_agg(key, ',') FROM idempotency") == "new"


async def test_readiness_tells_each_part(database_url: str, redis_url: str, tmp_path: Path) -> None:
    fine = {"database": "ok", "schema": "ok", "queue": "ok", "storage": "ok"}
    async with open_context(MIGRATIONS, _settings(database_url, redis_url, tmp_path)) as context:
        assert await readiness(context) == ("ok", fine)
        (tmp_path / "storage" / "objects").rename(tmp_path / "gone")
        (tmp_path / "storage" / "objects").write_bytes(b"not a folder")
        status, parts = await readiness(context)
        assert (status, parts["storage"]) == ("down", "StorageUnavailable")
    away = _settings(database_url, "redis://127.0.0.1:1/0", tmp_path / "other")
    async with open_context(MIGRATIONS, away) as context:
        assert await readiness(context) == ("degraded", {**fine, "queue": "away"})
        await context.db.execute("UPDATE alembic_version SET version_num = version_num || '-'")
        assert (await readiness(context))[0] == "degraded", "a newer schema is fine"
        await context.db.execute("UPDATE alembic_version SET version_num = rtrim(version_num, '-')")
