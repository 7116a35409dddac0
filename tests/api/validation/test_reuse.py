"""An equal validation is given its stored report at once, and to nobody else."""

import asyncio
from typing import Any

import asyncpg
import orjson

from shared.settings import Settings
from tests.api.conftest import Client, api, at_work, create_key, settings_of
from tests.api.test_main_job import GOOD, HEADER, WRONG_DATE
from tests.support.http_servers import reply, serving

PATH = "/validation/v1/validations"
TABLE = (HEADER + GOOD + WRONG_DATE).encode()


async def send(
    client: Client,
    data: bytes = TABLE,
    name: str = "a.csv",
    schema: str = "scdl/deliberations",
    **headers: str,
) -> Any:
    answer = await client.post(
        PATH,
        files={"file": (name, data)},
        data={"schema": schema},
        headers={"prefer": "wait=30", **{key.replace("_", "-"): value for key, value in headers.items()}},
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def events(settings: Settings) -> list[Any]:
    connection = await asyncpg.connect(settings.database_url)
    try:
        rows = await connection.fetch("SELECT payload FROM validation.outbox ORDER BY id")
    finally:
        await connection.close()
    return [orjson.loads(row["payload"]) for row in rows]


async def test_the_same_request_is_given_the_same_report_without_a_worker(
    common_settings: dict[str, Any],
) -> None:
    settings = settings_of("validation", common_settings, validation_processes=1)
    async with api("validation", settings) as client:
        async with at_work("validation", settings):
            first = await send(client)
        assert first["reused_from"] is None
        # Nobody works any more: what comes now was there.
        again = await send(client)
        assert (again["state"], again["outcome"], again["reused_from"]) == ("done", "invalid", first["id"])
        assert again["id"] != first["id"]
        assert again["report"] == first["report"]
        assert again["stats"] == first["stats"]
        assert again["schema"] == first["schema"]
        third = await send(client)
        assert third["reused_from"] == first["id"], "the one that was made, not one that was given"
        report = (await client.get(f"{PATH}/{again['id']}/report")).json()
        assert report == first["report"]
        assert (await client.get(f"{PATH}/{again['id']}/report.xlsx")).status_code == 200
        assert (await client.get(f"{PATH}/{again['id']}/schema")).status_code == 200
        told = [event["validation_id"] for event in await events(settings)]
        assert told == [first["id"], again["id"], third["id"]]
        # The report given stays when the one it came from goes.
        headers = {"x-validation-token": first["token"]}
        assert (await client.delete(f"{PATH}/{first['id']}", headers=headers)).status_code == 204
        assert (await client.get(f"{PATH}/{again['id']}/report")).json() == report


async def test_what_differs_is_validated(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings, validation_processes=1)
    more = settings_of("validation", common_settings, validation_samples=7, validation_processes=1)
    async with api("validation", settings) as client, at_work("validation", settings):
        await send(client)
        for other in (
            {"data": TABLE + b"\n"},
            {"name": "b.csv"},
            {"schema": "scdl/deliberations@2.1.4"},
            {"schema": "scdl/subventions"},
            {"cache_control": "no-cache"},
        ):
            assert (await send(client, **other))["reused_from"] is None, other
        key = await create_key(settings.database_url)
        assert (await send(client, authorization=f"Bearer {key}"))["reused_from"] is None, "another caller"
        assert (await send(client, authorization=f"Bearer {key}"))["reused_from"] is not None
    async with api("validation", more) as client, at_work("validation", more):
        assert (await send(client))["reused_from"] is None, "other options"


async def test_a_schema_given_as_a_document_counts_by_its_bytes(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings, validation_processes=1)
    schema = '{"fields": [{"name": "a", "type": "integer"}]}'
    async with api("validation", settings) as client, at_work("validation", settings):
        first = await send(client, b"a\n1\n", schema=schema)
        assert (await send(client, b"a\n1\n", schema=schema))["reused_from"] == first["id"]
        assert (await send(client, b"a\n1\n", schema=schema.replace("a", "a ", 1)))["reused_from"] is None


async def test_a_file_at_an_address_is_fetched_then_known(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings, validation_processes=1)
    async with (
        serving(reply(TABLE)) as server,
        api("validation", settings) as client,
        at_work("validation", settings),
    ):

        async def ask(**headers: str) -> Any:
            body = {"url": server.url("/a.csv"), "schema": "scdl/deliberations"}
            answer = await client.post(PATH, json=body, headers={"prefer": "wait=30", **headers})
            return answer.json()

        first = await ask()
        again = await ask()
        assert (first["reused_from"], again["reused_from"]) == (None, first["id"])
        assert again["report"] == first["report"]
        assert again["source"]["sha256"] == first["source"]["sha256"]
        assert (await ask(**{"cache-control": "no-cache"}))["reused_from"] is None
        assert len(server.asked) == 3


async def test_many_equal_requests_at_once_all_end(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings, validation_processes=1)
    async with api("validation", settings) as client, at_work("validation", settings):
        found = await asyncio.gather(*(send(client) for _ in range(20)))
    assert {one["state"] for one in found} == {"done"}
    assert len({one["id"] for one in found}) == 20
    [only] = {orjson.dumps(one["report"]["errors"]) for one in found}
    assert b"type-error" in only
