"""The feed of changes from outside: each change once, in order, deletions included, at once when asked to wait."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.changes import log
from shared.db import Database
from shared.pagination import encode_cursor
from shared.settings import Settings
from tests.api.conftest import Client, api, create_key, settings_of
from tests.support.api import assert_problem

CHANGES = "/catalog/v1/changes"
DATASET: dict[str, Any] = {"title": "Délibérations", "description": "Celles de 2024."}


@pytest.fixture
def settings(common_settings: dict[str, Any]) -> Settings:
    return settings_of("catalog", common_settings)


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Client]:
    async with api("catalog", settings) as client:
        yield client


@pytest.fixture
async def db(settings: Settings) -> AsyncIterator[Database]:
    db = await Database.open(settings.database_url, schema="catalog", pool_size=2)
    yield db
    await db.close()


async def record(db: Database, *changes: tuple[str, str]) -> None:
    async with db.transaction() as session:
        for type_, subject in changes:
            await log.record_change(session, type_, subject)


async def test_a_dataset_registered_is_the_next_change(client: Client, database_url: str) -> None:
    start = (await client.get(CHANGES)).json()
    assert (start["items"], start["more"]) == ([], False)
    key = await create_key(database_url, "catalog:write")
    dataset = (await client.post("/catalog/v1/datasets", json=DATASET, headers={"x-api-key": key})).json()
    answer = await client.get(CHANGES, params={"since": start["next"]})
    [item] = answer.json()["items"]
    assert (item["type"], item["subject"], item["self"]) == (
        "dataset.created",
        dataset["id"],
        dataset["self"],
    )
    assert item["data"] == {"title": "Délibérations", "siren": None}
    followed = await client.get(answer.links["next"]["url"])
    assert followed.json()["items"] == []
    same = await client.get(answer.links["next"]["url"], headers={"if-none-match": followed.headers["etag"]})
    assert same.status_code == 304


async def test_walking_gives_each_change_once_with_deletions(client: Client, db: Database) -> None:
    await record(db, *((f"dataset.{'deleted' if n % 3 == 0 else 'updated'}", f"d{n}") for n in range(1, 11)))
    seen, url, more = [], f"{CHANGES}?limit=3", True
    while more:
        answer = await client.get(url)
        page = answer.json()
        seen += page["items"]
        url, more = answer.links["next"]["url"], page["more"]
    assert [item["sequence"] for item in seen] == list(range(1, 11))
    assert [item["subject"] for item in seen if item["self"] is None] == ["d3", "d6", "d9"]


async def test_a_client_that_waits_is_told_at_once(client: Client, db: Database) -> None:
    waiting = asyncio.create_task(client.get(CHANGES, headers={"prefer": "wait=30"}))
    # Only what comes after the wait began shows that it was waited for.
    while not waiting.done() and not client_waits(client):
        await asyncio.sleep(0.01)
    assert not waiting.done()
    await record(db, ("dataset.updated", "a"))
    answer = await waiting
    assert [item["subject"] for item in answer.json()["items"]] == ["a"]
    assert answer.headers["preference-applied"] == "wait=30"


def client_waits(client: Client) -> bool:
    """Tell whether a request listens for changes."""
    transport: Any = client._transport
    listener = transport.app.state.context.listener
    return bool(listener._heard.get(log.channel("catalog")))


async def test_a_wait_without_news_ends(client: Client) -> None:
    answer = await client.get(CHANGES, headers={"prefer": "wait=0"})
    assert answer.json()["items"] == []


async def test_since_a_moment(client: Client, db: Database) -> None:
    await record(db, ("dataset.created", "old"))
    await log.publish(db)
    await db.execute("UPDATE change SET recorded_at = '2026-01-01T00:00:00Z'")
    await record(db, ("dataset.created", "new"))
    for since, expected in (
        ("2026-01-01T00:00:00Z", ["old", "new"]),
        ("2026-02-01", ["new"]),
        ("2026-02-01T00:00:00+01:00", ["new"]),
        ("9999-01-01", []),
    ):
        page = (await client.get(CHANGES, params={"since": since})).json()
        assert [item["subject"] for item in page["items"]] == expected


@pytest.mark.parametrize(
    "since",
    [
        "x",
        "2026-13-01",
        "0001-01-01T00:00:00+14:00",
        encode_cursor("datasets", [1]),
        encode_cursor("changes", ["a"]),
    ],
)
async def test_another_cursor_is_refused(client: Client, since: str) -> None:
    problem = assert_problem(await client.get(CHANGES, params={"since": since}), 422, "invalid-request")
    assert problem["errors"][0]["pointer"] == "/query/since"


async def test_a_cursor_beyond_all_is_no_crash(client: Client) -> None:
    answer = await client.get(CHANGES, params={"since": encode_cursor("changes", [str(2**70)])})
    assert answer.json()["items"] == []


async def test_changes_no_longer_kept_are_told(client: Client, db: Database) -> None:
    await record(db, *(("dataset.updated", str(n)) for n in range(4)))
    start = (await client.get(f"{CHANGES}?limit=1")).json()["next"]
    await db.execute("DELETE FROM change WHERE position <= 2")
    assert_problem(await client.get(CHANGES, params={"since": start}), 410, "changes-forgotten")
    page = (await client.get(CHANGES)).json()
    assert [item["sequence"] for item in page["items"]] == [3, 4]
