"""The datasets as a feed and as dumps: whole, true to what the API shows, and nothing that is not for everybody."""

import csv
import gzip
import io
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import feedparser
import httpx
import orjson
import pyarrow.parquet as pq
import pytest

from shared.db import Database
from shared.settings import Settings
from tests.api.conftest import Client, api, create_key, settings_of
from tests.support.api import assert_problem

DATASETS = "/catalog/v1/datasets"
DUMPS = "/catalog/v1/dumps/datasets"
DATASET: dict[str, Any] = {
    "title": "=Délibérations; 2024",
    "description": "Celles de « 2024 ».",
    "organization": {"siren": "212500565", "name": "Besançon"},
    "tags": ["conseil", "actes"],
    "resources": [
        {"title": "2024", "url": "https://exemple.fr/2024.csv", "schema": {"name": "scdl/deliberations"}}
    ],
}


@pytest.fixture
def settings(common_settings: dict[str, Any]) -> Settings:
    return settings_of("catalog", common_settings)


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Client]:
    async with api("catalog", settings) as client:
        yield client


@pytest.fixture
async def key(database_url: str) -> dict[str, str]:
    return {"x-api-key": await create_key(database_url, "catalog:write")}


async def register(client: Client, key: dict[str, str], **more: Any) -> dict[str, Any]:
    answer = await client.post(DATASETS, json={**DATASET, **more}, headers=key)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def dump(client: Client, form: str, **headers: str) -> httpx.Response:
    answer = await client.get(f"{DUMPS}.{form}", headers={"accept-encoding": "identity", **headers})
    assert answer.status_code == 200, answer.text
    return answer


async def test_ndjson_is_what_the_api_shows(client: Client, key: dict[str, str], settings: Settings) -> None:
    made = [await register(client, key, title=f"n°{number}") for number in range(3)]
    db = await Database.open(settings.database_url, schema="catalog", pool_size=2)
    # The database and Python do not write such a moment alike.
    await db.execute("UPDATE resource SET created_at = '2026-01-02T03:04:05.120000Z'")
    await db.close()
    answer = await dump(client, "ndjson")
    lines = [orjson.loads(line) for line in answer.content.splitlines()]
    assert lines == [(await client.get(f"{DATASETS}/{item['id']}")).json() for item in made]
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"].endswith('.ndjson"')


async def test_csv_and_parquet_hold_the_same(client: Client, key: dict[str, str]) -> None:
    dataset = await register(client, key)
    await register(client, key, title="Autre", organization=None, tags=[], resources=[])
    text = (await dump(client, "csv")).content.decode()
    first, second = csv.DictReader(io.StringIO(text, newline=""))
    # What a spreadsheet would run is made a text; elsewhere it is kept as it is.
    assert first["title"] == "'=Délibérations; 2024"
    assert (first["tags"], first["organization_siren"], first["conformity"]) == (
        "conseil;actes",
        "212500565",
        "queued",
    )
    assert (second["tags"], second["organization_siren"], second["resource_count"]) == ("", "", "0")
    assert orjson.loads(first["resources"])[0]["url"] == "https://exemple.fr/2024.csv"
    table = pq.read_table(io.BytesIO((await dump(client, "parquet")).content))
    rows = table.to_pylist()
    assert table.column_names == list(first)
    assert (rows[0]["id"], rows[0]["title"], rows[0]["tags"]) == (
        dataset["id"],
        DATASET["title"],
        ["conseil", "actes"],
    )
    assert rows[0]["created_at"].isoformat() == dataset["created_at"]
    assert (rows[1]["organization_siren"], rows[1]["tags"], rows[1]["resource_count"]) == (None, [], 0)


async def test_more_than_a_batch_is_whole_in_every_form(
    client: Client, key: dict[str, str], settings: Settings
) -> None:
    first = UUID((await register(client, key, resources=[]))["id"])
    db = await Database.open(settings.database_url, schema="catalog", pool_size=2)
    columns = await db.fetchval(
        "SELECT string_agg(column_name, ', ') FROM information_schema.columns "
        "WHERE table_schema = 'catalog' AND table_name = 'dataset' AND column_name <> 'id'"
    )
    await db.execute(
        f"INSERT INTO dataset (id, {columns}) SELECT gen_random_uuid(), {columns} FROM dataset, "
        "generate_series(1, 2500) WHERE id = $1",
        first,
    )
    await db.close()
    assert len((await dump(client, "ndjson")).content.splitlines()) == 2501
    assert len(list(csv.reader(io.StringIO((await dump(client, "csv")).text)))) == 2502
    assert pq.read_metadata(io.BytesIO((await dump(client, "parquet")).content)).num_rows == 2501


async def test_an_empty_catalog_gives_empty_files(client: Client) -> None:
    assert (await dump(client, "ndjson")).content == b""
    assert len((await dump(client, "csv")).text.splitlines()) == 1
    assert pq.read_table(io.BytesIO((await dump(client, "parquet")).content)).num_rows == 0


async def test_what_is_private_or_deleted_is_in_none(client: Client, key: dict[str, str]) -> None:
    hidden = await register(client, key, title="Caché", private=True)
    deleted = await register(client, key, title="Supprimé")
    etag = (await client.get(f"{DATASETS}/{deleted['id']}")).headers["etag"]
    answer = await client.delete(f"{DATASETS}/{deleted['id']}", headers={**key, "if-match": etag})
    assert answer.status_code in (200, 204), answer.text
    shown = await register(client, key, title="Visible")
    for form in ("ndjson", "csv"):
        text = (await dump(client, form)).text
        assert shown["id"] in text
        assert hidden["id"] not in text
        assert deleted["id"] not in text
    feed = (await client.get("/catalog/v1/datasets.atom")).text
    assert hidden["id"] not in feed
    assert f'deleted-entry ref="urn:uuid:{deleted["id"]}"' in feed


async def test_gzip_is_sent_when_accepted(client: Client, key: dict[str, str]) -> None:
    await register(client, key)
    async with client.stream(
        "GET", f"{DUMPS}.ndjson", headers={"accept-encoding": "br, gzip;q=0.5"}
    ) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["vary"]
    assert int(answer.headers["content-length"]) == len(raw)
    assert gzip.decompress(raw) == (await dump(client, "ndjson")).content
    assert "content-encoding" not in (await dump(client, "ndjson", **{"accept-encoding": "gzip;q=0"})).headers
    assert "content-encoding" not in (await dump(client, "parquet", **{"accept-encoding": "gzip"})).headers


async def test_a_dump_then_its_changes_miss_nothing(client: Client, key: dict[str, str]) -> None:
    await register(client, key)
    answer = await dump(client, "csv")
    assert "etalab.gouv.fr" in answer.links["license"]["url"]
    assert "last-modified" in answer.headers
    again = await client.get(
        f"{DUMPS}.csv", headers={"accept-encoding": "identity", "if-none-match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    later = await register(client, key)
    followed = (await client.get(answer.links["monitor"]["url"])).json()
    assert [item["subject"] for item in followed["items"]] == [later["id"]]
    assert (await dump(client, "csv", **{"if-none-match": answer.headers["etag"]})).status_code == 200


async def test_another_form_is_refused(client: Client) -> None:
    assert_problem(await client.get(f"{DUMPS}.xml"), 422, "invalid-request")


async def test_the_feed_gives_what_changed_last(client: Client, key: dict[str, str]) -> None:
    made = [await register(client, key, title=f"n°{number}") for number in range(3)]
    answer = await client.get("/catalog/v1/datasets.atom?limit=2")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    found = feedparser.parse(answer.content)
    assert not found.bozo, found.get("bozo_exception")
    assert [entry.title for entry in found.entries] == ["n°2", "n°1"]
    assert [entry.link for entry in found.entries] == [made[2]["self"], made[1]["self"]]
    assert found.entries[0].author == "Besançon"
    same = await client.get(
        "/catalog/v1/datasets.atom?limit=2", headers={"if-none-match": answer.headers["etag"]}
    )
    assert same.status_code == 304
