"""Webhooks from outside: who may have them, what is sent, what happens when it does not arrive."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from standardwebhooks.webhooks import Webhook

from shared.clock import now
from shared.db import Database
from shared.settings import Settings
from shared.webhooks import store
from shared.webhooks.retries import MAX_ATTEMPTS
from tests.api.conftest import Client, api, at_work, create_key, settings_of
from tests.support.api import assert_problem
from tests.support.http_servers import Asked, Server, reply, serving

HOOKS = "/catalog/v1/webhooks"
DATASETS = "/catalog/v1/datasets"
DATASET: dict[str, Any] = {"title": "Délibérations", "description": "Celles de 2024."}
ELSEWHERE = "https://exemple.fr/hook"
Json = dict[str, Any]


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


@pytest.fixture
async def key(database_url: str) -> dict[str, str]:
    return {"x-api-key": await create_key(database_url, "catalog:write")}


async def subscribe(client: Client, key: dict[str, str], url: str, **more: Any) -> Json:
    body = {"url": url, "events": ["dataset.created"], **more}
    answer = await client.post(HOOKS, json=body, headers=key)
    assert answer.status_code == 201, answer.text
    document: Json = answer.json()
    return document


async def register(client: Client, key: dict[str, str], **more: Any) -> str:
    answer = await client.post(DATASETS, json={**DATASET, **more}, headers=key)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def until(condition: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(30):
        while not (found := await condition()):
            await asyncio.sleep(0.02)
    return found


async def deliveries(client: Client, key: dict[str, str], hook: Json, **query: Any) -> list[Json]:
    answer = await client.get(f"{HOOKS}/{hook['id']}/deliveries", params=query, headers=key)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_a_message_arrives_signed(client: Client, settings: Settings, key: dict[str, str]) -> None:
    async with serving(reply(b"merci\x00", status=200)) as receiver, at_work("catalog", settings):
        hook = await subscribe(client, key, receiver.url("/recu"))
        dataset = await register(client, key)
        [done] = await until(lambda: deliveries(client, key, hook, state="done"))
    [asked] = receiver.asked
    assert (asked.method, asked.target, asked.headers["content-type"]) == (
        "POST",
        "/recu",
        "application/json",
    )
    # The library of the standard, as a receiver would use it.
    message = Webhook(hook["secret"]).verify(asked.body, asked.headers)
    assert (message["type"], message["subject"], message["sequence"]) == ("dataset.created", dataset, 1)
    assert message["data"] == {"title": "Délibérations", "siren": None}
    assert asked.headers["webhook-id"] == message["id"] == done["event"]["id"]
    [attempt] = done["log"]
    assert (attempt["status"], attempt["response"], attempt["error"]) == (200, "merci", None)
    assert done["next_attempt_at"] is None
    assert done["finished_at"] is not None


async def test_the_secret_is_shown_once(client: Client, key: dict[str, str], caplog: Any) -> None:
    key = {**key, "idempotency-key": "un"}
    hook = await subscribe(client, key, ELSEWHERE)
    secret = hook.pop("secret")
    again = await subscribe(client, key, ELSEWHERE)
    assert again.pop("secret") is None
    assert again == hook
    shown = await client.get(f"{HOOKS}/{hook['id']}", headers=key)
    listed = await client.get(HOOKS, headers=key)
    assert shown.json() == hook
    assert listed.json() == {"items": [hook], "next": None}
    for text in (shown.text, listed.text, caplog.text):
        assert secret not in text
        assert secret.removeprefix("whsec_") not in text


async def test_both_secrets_sign_while_one_replaces_the_other(
    client: Client, settings: Settings, key: dict[str, str], db: Database
) -> None:
    async with serving(reply()) as receiver, at_work("catalog", settings):
        hook = await subscribe(client, key, receiver.url())
        rotated = (await client.post(f"{HOOKS}/{hook['id']}/rotate-secret", headers=key)).json()
        await register(client, key)
        await until(lambda: _asked(receiver, 1))
        for secret in (hook["secret"], rotated["secret"]):
            Webhook(secret).verify(receiver.asked[0].body, receiver.asked[0].headers)
        await db.execute("UPDATE webhook_subscription SET previous_secret_until = $1", now())
        await register(client, key)
        await until(lambda: _asked(receiver, 2))
    Webhook(rotated["secret"]).verify(receiver.asked[1].body, receiver.asked[1].headers)
    assert " " not in receiver.asked[1].headers["webhook-signature"]


async def _asked(receiver: Server, count: int) -> bool:
    return len(receiver.asked) >= count


async def test_what_fails_is_sent_again_later(
    client: Client, settings: Settings, key: dict[str, str], db: Database
) -> None:
    async with (
        serving(reply(b"occupe", status=503, retry_after="3600")) as receiver,
        at_work("catalog", settings),
    ):
        hook = await subscribe(client, key, receiver.url())
        await register(client, key)
        [waiting] = await until(lambda: _tried(client, key, hook, 1))
        assert (waiting["state"], waiting["log"][0]["status"], waiting["log"][0]["response"]) == (
            "queued",
            503,
            "occupe",
        )
        wait = await db.fetchval("SELECT next_attempt_at - now() FROM webhook_delivery")
        assert timedelta(minutes=55) < wait <= timedelta(hours=1)
        assert (await _read(client, key, hook))["failing_since"] is not None
        # The days go by.
        last = "UPDATE webhook_delivery SET attempt = $1, next_attempt_at = now()"
        await db.execute(last, MAX_ATTEMPTS - 1)
        [tried] = await until(lambda: _tried(client, key, hook, 2))
    assert tried["state"] == "failed"
    assert [entry["attempt"] for entry in tried["log"]] == [1, MAX_ATTEMPTS]
    first, second = receiver.asked
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


async def _tried(client: Client, key: dict[str, str], hook: Json, attempts: int) -> list[Json]:
    found = await deliveries(client, key, hook)
    return [item for item in found if len(item["log"]) == attempts and item["state"] != "running"]


async def _read(client: Client, key: dict[str, str], hook: Json) -> Json:
    document: Json = (await client.get(f"{HOOKS}/{hook['id']}", headers=key)).json()
    return document


async def test_an_answer_410_disables_until_revived(
    client: Client, settings: Settings, key: dict[str, str]
) -> None:
    async with serving(reply(status=410)) as receiver, at_work("catalog", settings):
        hook = await subscribe(client, key, receiver.url())
        await register(client, key)
        await until(lambda: deliveries(client, key, hook, state="failed"))
        disabled = await _read(client, key, hook)
        assert (disabled["state"], disabled["disabled_reason"]) == ("disabled", "gone")
        assert_problem(await client.post(f"{HOOKS}/{hook['id']}/ping", headers=key), 409, "webhook-inactive")
        await register(client, key)
        revived = (await client.patch(f"{HOOKS}/{hook['id']}", json={"state": "active"}, headers=key)).json()
        assert (revived["state"], revived["disabled_reason"], revived["failing_since"]) == (
            "active",
            None,
            None,
        )
        assert len(receiver.asked) == 1


async def test_five_days_of_failure_disable(
    client: Client, settings: Settings, key: dict[str, str], db: Database
) -> None:
    async with serving(reply(status=500)) as receiver, at_work("catalog", settings):
        hook = await subscribe(client, key, receiver.url())
        await db.execute("UPDATE webhook_subscription SET failing_since = $1", now() - timedelta(days=6))
        await register(client, key)
        await until(lambda: _tried(client, key, hook, 1))
    found = await _read(client, key, hook)
    assert (found["state"], found["disabled_reason"]) == ("disabled", "failing")


async def test_a_name_that_leads_inside_is_never_reached(
    client: Client, common_settings: dict[str, Any], key: dict[str, str], db: Database
) -> None:
    guarded = settings_of("catalog", {**common_settings, "http_allowed_hosts": ()})
    async with api("catalog", guarded) as strict:
        for url in ("http://10.0.0.1/", "http://localhost/", "ftp://exemple.fr/", "http://[::1]/", "rien"):
            body = {"url": url, "events": ["*"]}
            assert_problem(await strict.post(HOOKS, json=body, headers=key), 422, "url-not-allowed")
        assert (await strict.get(HOOKS, headers=key)).json()["items"] == []
    async with serving(reply()) as receiver, at_work("catalog", guarded):
        # Allowed when it was made, no more when it is sent.
        hook = await subscribe(client, key, receiver.url())
        await register(client, key)
        [refused] = await until(lambda: _tried(client, key, hook, 1))
    assert (refused["log"][0]["error"], receiver.asked) == ("url-not-allowed", [])


async def test_a_slow_receiver_delays_nobody(client: Client, settings: Settings, key: dict[str, str]) -> None:
    stuck = asyncio.Event()
    busy = most = 0

    async def never(asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await stuck.wait()
        busy -= 1
        await reply()(asked, writer)

    async with serving(never) as slow, serving(reply()) as quick, at_work("catalog", settings):
        late = await subscribe(client, key, slow.url())
        soon = await subscribe(client, key, quick.url())
        for _ in range(20):
            await register(client, key)
        await until(lambda: _asked(quick, 20))
        assert most == 2
        assert len(await until(lambda: _all_done(client, key, soon, 20))) == 20
        stuck.set()
        await until(lambda: _all_done(client, key, late, 20))
    assert most == 2
    assert len({asked.headers["webhook-id"] for asked in slow.asked}) == len(slow.asked) == 20


async def _all_done(client: Client, key: dict[str, str], hook: Json, count: int) -> list[Json]:
    found = await deliveries(client, key, hook, state="done")
    return found if len(found) == count else []


async def test_two_workers_send_each_message_once(
    client: Client, settings: Settings, key: dict[str, str]
) -> None:
    async with serving(reply()) as receiver:
        hook = await subscribe(client, key, receiver.url())
        for _ in range(15):
            await register(client, key)
        async with at_work("catalog", settings), at_work("catalog", settings):
            await until(lambda: _all_done(client, key, hook, 15))
    assert len({asked.headers["webhook-id"] for asked in receiver.asked}) == len(receiver.asked) == 15


async def test_messages_are_sent_again_on_demand(
    client: Client, settings: Settings, key: dict[str, str]
) -> None:
    begun = now().isoformat()
    async with serving(reply()) as receiver, at_work("catalog", settings):
        before = await register(client, key)
        hook = await subscribe(client, key, receiver.url())
        await register(client, key)
        [done] = await until(lambda: _all_done(client, key, hook, 1))
        again = await client.post(f"{done['self']}/redeliver", headers=key)
        assert (again.status_code, again.headers["location"]) == (202, done["self"])
        await until(lambda: _asked(receiver, 2))
        assert receiver.asked[0].body == receiver.asked[1].body
        # What came before the webhook was made is among what happened since.
        since = await client.post(f"{HOOKS}/{hook['id']}/redeliver", json={"since": begun}, headers=key)
        assert (since.status_code, since.json()) == (202, {"queued": 2})
        await until(lambda: _asked(receiver, 4))
        subjects = [orjson.loads(asked.body)["subject"] for asked in receiver.asked]
        assert subjects.count(before) == 1
        await until(lambda: _all_done(client, key, hook, 2))


async def test_a_ping_reaches_its_webhook_alone(
    client: Client, settings: Settings, key: dict[str, str]
) -> None:
    async with serving(reply()) as receiver, serving(reply()) as other, at_work("catalog", settings):
        hook = await subscribe(client, key, receiver.url())
        await subscribe(client, key, other.url(), events=["*"])
        answer = await client.post(f"{HOOKS}/{hook['id']}/ping", headers=key)
        assert (answer.status_code, answer.json()["event"]["type"]) == (202, "webhook.ping")
        await until(lambda: _asked(receiver, 1))
        done = await until(lambda: deliveries(client, key, hook, state="done"))
        assert done[0]["self"] == answer.headers["location"]
    assert other.asked == []
    # And it is nobody's news.
    assert (await client.get("/catalog/v1/changes")).json()["items"] == []


async def test_a_subject_a_pause_and_other_events_are_respected(
    client: Client, settings: Settings, key: dict[str, str]
) -> None:
    async with serving(reply()) as receiver, at_work("catalog", settings):
        await subscribe(client, key, receiver.url("/pause"), state="paused")
        await subscribe(client, key, receiver.url("/autre"), subject="un autre")
        await subscribe(client, key, receiver.url("/type"), events=["dataset.deleted"])
        await subscribe(client, key, receiver.url("/tout"), events=["*"])
        await register(client, key)
        await until(lambda: _asked(receiver, 1))
    assert [asked.target for asked in receiver.asked] == ["/tout"]


async def test_another_keys_webhook_is_unknown(
    client: Client, key: dict[str, str], database_url: str
) -> None:
    hook = await subscribe(client, key, ELSEWHERE)
    other = {"x-api-key": await create_key(database_url, "catalog:write", "admin")}
    path = f"{HOOKS}/{hook['id']}"
    for method, at in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/ping"),
        ("POST", "/rotate-secret"),
        ("POST", "/redeliver"),
        ("GET", "/deliveries"),
        ("POST", "/deliveries/00000000-0000-7000-8000-000000000000/redeliver"),
    ):
        body = None if method in ("GET", "DELETE") else {"since": "2026-01-01"} if at == "/redeliver" else {}
        answer = await client.request(method, path + at, json=body, headers=other)
        assert_problem(answer, 404, "webhook-not-found")
        assert_problem(await client.request(method, path + at, json=body), 401, "unauthenticated")
    assert (await client.get(HOOKS, headers=other)).json()["items"] == []


async def test_what_a_webhook_may_not_be(client: Client, key: dict[str, str]) -> None:
    good: Json = {"url": ELSEWHERE, "events": ["dataset.created"]}
    for body, pointer in (
        ({**good, "events": []}, "/body/events"),
        ({**good, "events": ["dataset.created", "validation.completed"]}, "/body/events/1"),
        ({**good, "secret": "whsec_AAAA"}, "/body/secret"),
        ({**good, "state": "disabled"}, "/body/state"),
        ({**good, "owner": "key:autre"}, "/body/owner"),
        ({**good, "url": ""}, "/body/url"),
        ({**good, "description": "x" * 501}, "/body/description"),
    ):
        problem = assert_problem(await client.post(HOOKS, json=body, headers=key), 422, "invalid-request")
        assert problem["errors"][0]["pointer"] == pointer
    hook = await subscribe(client, key, ELSEWHERE)
    since = {"since": "0001-01-01T00:00:00+14:00"}
    again = await client.post(f"{HOOKS}/{hook['id']}/redeliver", json=since, headers=key)
    assert_problem(again, 422, "invalid-request")
    forged = await client.get(f"{HOOKS}/{hook['id']}/deliveries?cursor=AAAA", headers=key)
    assert_problem(forged, 422, "invalid-request")


async def test_a_key_has_so_many_webhooks(client: Client, key: dict[str, str]) -> None:
    answers = await asyncio.gather(
        *(client.post(HOOKS, json={"url": ELSEWHERE, "events": ["*"]}, headers=key) for _ in range(54))
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 50 + [409] * 4


async def test_changing_and_deleting_respect_the_version_read(client: Client, key: dict[str, str]) -> None:
    hook = await subscribe(client, key, ELSEWHERE)
    path = f"{HOOKS}/{hook['id']}"
    etag = (await client.get(path, headers=key)).headers["etag"]
    seen = {**key, "if-match": etag}
    changed = await client.patch(path, json={"description": "à jour"}, headers=seen)
    assert (changed.status_code, changed.json()["description"], changed.json()["url"]) == (
        200,
        "à jour",
        ELSEWHERE,
    )
    assert_problem(
        await client.patch(path, json={"state": "paused"}, headers=seen), 412, "precondition-failed"
    )
    assert_problem(await client.delete(path, headers=seen), 412, "precondition-failed")
    assert (
        await client.delete(path, headers={**key, "if-match": changed.headers["etag"]})
    ).status_code == 204
    assert_problem(await client.get(path, headers=key), 404, "webhook-not-found")


async def test_deliveries_are_paged_newest_first(client: Client, key: dict[str, str]) -> None:
    hook = await subscribe(client, key, ELSEWHERE)
    made = [await register(client, key) for _ in range(5)]
    await client.get("/catalog/v1/changes")
    seen: list[str] = []
    url = f"{HOOKS}/{hook['id']}/deliveries?limit=2"
    while url:
        answer = await client.get(url, headers=key)
        seen += [item["event"]["subject"] for item in answer.json()["items"]]
        url = answer.links["next"]["url"] if "next" in answer.links else ""
    assert sorted(seen) == sorted(made)


async def test_a_worker_that_dies_at_the_last_attempt_leaves_a_failure(
    client: Client, settings: Settings, key: dict[str, str], db: Database
) -> None:
    hook = await subscribe(client, key, ELSEWHERE)
    await register(client, key)
    await client.get("/catalog/v1/changes")
    dead = "UPDATE webhook_delivery SET state = 'running', attempt = $1, lease_until = now() - interval '1 second'"
    await db.execute(dead, MAX_ATTEMPTS)
    async with at_work("catalog", settings):
        [failed] = await until(lambda: deliveries(client, key, hook, state="failed"))
    assert [entry["error"] for entry in failed["log"]] == ["worker-lost"]
    assert failed["finished_at"] is not None


async def test_old_deliveries_are_forgotten_and_open_ones_are_not(
    client: Client, key: dict[str, str], db: Database
) -> None:
    hook = await subscribe(client, key, ELSEWHERE)
    for _ in range(2):
        await register(client, key)
    await client.get("/catalog/v1/changes")
    waiting, old = await deliveries(client, key, hook)
    long_ago = now() - timedelta(days=31)
    await db.execute(
        "UPDATE webhook_delivery SET state = 'done', finished_at = $2 WHERE id = $1", old["id"], long_ago
    )
    await store.prune(db, now() - timedelta(days=30))
    assert [item["id"] for item in await deliveries(client, key, hook)] == [waiting["id"]]
