"""Validations followed as they go, and the list of one's own."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest

from socle import serving
from tests.api.conftest import Client, api, at_work, create_key, settings_of
from tests.support.api import assert_problem, listening

PATH = "/validation/v1/validations"
SMALL = {"fields": [{"name": "a"}]}
WAIT = {"prefer": "wait=30"}
# Each number is checked by itself: slow enough to be watched, whatever the speed of the reader; of several pieces.
LONG = b"tel,note\n" + b"".join(b"0381%06d,le matin seulement\n" % number for number in range(75_000))
PHONES = {
    "fields": [{"name": "tel", "type": "string"}, {"name": "note", "type": "string"}],
    "custom_checks": [{"name": "phone-number-value", "params": {"column": "tel"}}],
}


async def events(answer: httpx.Response) -> AsyncIterator[dict[str, str]]:
    """Yield the events of a stream as they come; a comment is `{"": text}`."""
    event: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if not line:
            if event:
                yield event
            event = {}
            continue
        name, _, value = line.partition(":")
        event[name] = value.strip()


async def test_progress_is_told_until_the_end(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings, validation_progress_seconds=0.05)
    async with (
        listening("validation", settings) as port,
        Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        made = (await client.post(PATH, json={"filename": "l.csv", "schema": PHONES})).json()
        address = f"{PATH}/{made['id']}"
        async with client.stream("GET", f"{address}/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert stream.headers["cache-control"] == "no-store"
            found: list[dict[str, str]] = []
            seen_running: dict[str, Any] | None = None

            async def send() -> None:
                token = {"x-validation-token": made["token"]}
                await client.put(f"{address}/content", content=LONG, headers=token)

            async with at_work("validation", settings):
                sending = asyncio.create_task(send())
                async for event in events(stream):
                    found.append(event)
                    if event.get("event") == "progress" and orjson.loads(event["data"])["progress"]:
                        seen_running = seen_running or (await client.get(address)).json()
                await sending
        told = [orjson.loads(event["data"]) for event in found if event.get("event") == "progress"]
        steps = [note["progress"]["rows"] for note in told if note["progress"]]
        assert len(steps) > 1
        assert steps == sorted(set(steps)), "each further than the one before"
        assert all(note["progress"]["bytes_total"] == len(LONG) for note in told if note["progress"])
        assert told[0]["state"] in ("awaiting", "queued")
        assert seen_running is not None
        assert seen_running["progress"] is None or seen_running["progress"]["rows"] > 0
        last = found[-1]
        assert (last["event"], last["id"]) == ("end", "end")
        document = orjson.loads(last["data"])
        now = (await client.get(address)).json()
        assert document == {name: value for name, value in now.items() if name in document}
        assert (document["state"], document["outcome"], document["progress"]) == ("done", "valid", None)

        resumed = await client.get(f"{address}/events", headers={"last-event-id": "running-1-1"})
        assert [event["event"] for event in await _all(resumed)] == ["end"]
        finished = await client.get(f"{address}/events", headers={"last-event-id": "end"})
        assert (finished.status_code, finished.content) == (204, b""), "a browser does not come back"


async def _all(answer: httpx.Response) -> list[dict[str, str]]:
    return [event async for event in events(answer) if "event" in event]


async def test_a_sign_of_life_and_a_deletion_are_told(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings, validation_heartbeat_seconds=0.05)
    async with (
        listening("validation", settings) as port,
        Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        made = (await client.post(PATH, json={"filename": "l.csv", "schema": SMALL})).json()
        async with client.stream("GET", f"{PATH}/{made['id']}/events") as stream:
            heard: list[dict[str, str]] = []
            async for event in events(stream):
                heard.append(event)
                if event == {"": "..."} and heard.count(event) == 3:
                    await client.delete(f"{PATH}/{made['id']}", headers={"x-validation-token": made["token"]})
        kinds = [event["event"] for event in heard if "event" in event]
        assert kinds == ["progress", "deleted"], "what has not changed is not told again"


async def test_many_follow_the_same_one(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings, database_pool_size=2)
    async with (
        listening("validation", settings) as port,
        Client(
            base_url=f"http://127.0.0.1:{port}", timeout=60, limits=httpx.Limits(max_connections=200)
        ) as client,
    ):
        made = (await client.post(PATH, json={"filename": "l.csv", "schema": SMALL})).json()
        address = f"{PATH}/{made['id']}"
        listening_now = 0

        async def listen() -> list[str]:
            nonlocal listening_now
            async with client.stream("GET", f"{address}/events") as stream:
                kinds: list[str] = []
                async for event in events(stream):
                    if "event" in event:
                        listening_now += not kinds
                        kinds.append(event["event"])
                return kinds

        followers = [asyncio.create_task(listen()) for _ in range(100)]
        async with asyncio.timeout(30):
            while listening_now < 100:
                await asyncio.sleep(0.02)
        await client.post(f"{address}/cancel", headers={"x-validation-token": made["token"]})
        assert [await follower for follower in followers] == [["progress", "end"]] * 100


async def test_following_what_does_not_exist_is_refused(common_settings: dict[str, Any]) -> None:
    async with api("validation", settings_of("validation", common_settings)) as client:
        answer = await client.get(f"{PATH}/01a2053e-729f-7187-a573-7fa7d6caffff/events")
        assert_problem(answer, 404, "validation-not-found")


async def test_a_server_that_stops_ends_the_streams(common_settings: dict[str, Any]) -> None:
    """Well before the time left to answers that go on: the client comes back, to another process."""
    settings = settings_of("validation", common_settings)
    async with Client(timeout=60) as client:
        async with asyncio.timeout(serving.DRAIN_SECONDS - 5):
            async with listening("validation", settings) as port:
                client.base_url = f"http://127.0.0.1:{port}"
                made = (await client.post(PATH, json={"filename": "l.csv", "schema": SMALL})).json()
                address = f"{PATH}/{made['id']}/events"
                head = await client.head(address)
                assert (head.status_code, head.content) == (200, b""), "nothing to wait for"
                stream = await client.send(client.build_request("GET", address), stream=True)
                following = events(stream)
                assert (await anext(following))["retry"] == "1000"
                assert (await anext(following))["event"] == "progress"
            assert [event async for event in following] == []
        await stream.aclose()


async def make(client: Client, key: dict[str, str], cell: str, schema: Any = SMALL) -> str:
    """Validate one cell and return the id."""
    answer = await client.post(
        PATH, json={"rows": [["a"], [cell]], "schema": schema}, headers={**key, **WAIT}
    )
    assert answer.status_code == 201, answer.text
    identifier: str = answer.json()["id"]
    return identifier


async def test_the_list_holds_ones_own_page_after_page(
    common_settings: dict[str, Any], database_url: str
) -> None:
    settings = settings_of("validation", common_settings)
    mine, colleague = [
        {"x-api-key": await create_key(database_url, owner_siren="217500016")} for _ in range(2)
    ]
    other = {"x-api-key": await create_key(database_url)}
    wrong = {"fields": [{"name": "a", "type": "integer"}]}
    async with api("validation", settings) as client, at_work("validation", settings):
        made = [await make(client, key, "1") for key in (mine, colleague, mine)]
        made.append(await make(client, mine, "x", wrong))
        made.append(await make(client, mine, "x", "scdl/deliberations@2.1.5"))
        await make(client, {}, "1")
        await make(client, other, "1")

        async def listed(**query: Any) -> list[str]:
            answer = await client.get(PATH, params=query, headers=mine)
            assert answer.status_code == 200, answer.text
            return [item["id"] for item in answer.json()["items"]]

        assert await listed() == made[::-1]
        assert await listed(outcome="valid") == made[2::-1]
        assert await listed(schema="inline") == made[3::-1]
        assert await listed(schema="scdl/deliberations") == [made[4]]
        assert await listed(schema="scdl/deliberations@2.1.5", state="done") == [made[4]]
        assert await listed(schema="scdl/deliberations@1.0.0") == []
        assert await listed(schema="%' OR 1=1 --") == []
        assert await listed(state="queued") == []
        pages, address = [], f"{PATH}?limit=2&state=done"
        while address:
            page = await client.get(address, headers=mine)
            pages.append([item["id"] for item in page.json()["items"]])
            address = page.links.get("next", {}).get("url", "")
        assert pages == [made[:2:-1], made[2:0:-1], made[:1]]
        one = (await client.get(f"{PATH}/{made[3]}")).json()
        assert (await client.get(PATH, params={"limit": 2}, headers=mine)).json()["items"][1] == one


LIST_REFUSED = [
    {"state": "unknown"},
    {"outcome": "error"},
    {"limit": "0"},
    {"limit": "201"},
    {"cursor": "abc"},
    {"schema": ""},
    {"owner": "key:x"},
    {"page": "-1"},
]


@pytest.mark.parametrize("query", LIST_REFUSED, ids=str)
async def test_a_list_asked_for_wrongly_is_refused(
    query: dict[str, str], common_settings: dict[str, Any], database_url: str
) -> None:
    key = await create_key(database_url)
    async with api("validation", settings_of("validation", common_settings)) as client:
        answer = await client.get(PATH, params=query, headers={"x-api-key": key})
        assert_problem(answer, 422, "invalid-request")
        assert_problem(await client.get(PATH), 401, "unauthenticated")
