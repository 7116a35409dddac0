"""A validation tells its end to the address given with it, and to the webhooks of its key."""

import base64
from typing import Any

import orjson
import pytest
from standardwebhooks.webhooks import Webhook

from shared.db import Database
from shared.settings import Settings
from tests.api.conftest import Client, api, at_work, create_key, settings_of
from tests.api.test_webhooks import _asked, until
from tests.support.api import assert_nothing_kept, assert_problem
from tests.support.http_servers import Asked, Server, reply, serving

PATH = "/validation/v1/validations"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
SCHEMA = {"fields": [{"name": "code", "type": "integer"}]}
ROWS: dict[str, Any] = {"rows": [{"code": "un"}], "schema": SCHEMA}


@pytest.fixture
def settings(common_settings: dict[str, Any]) -> Settings:
    return settings_of("validation", common_settings, validation_processes=1)


async def told(receiver: Server, count: int = 1) -> Asked:
    await until(lambda: _asked(receiver, count))
    return receiver.asked[count - 1]


async def _put_away(settings: Settings, count: int) -> bool:
    db = await Database.open(settings.database_url, schema="validation", pool_size=2)
    try:
        return bool(
            await db.fetchval("SELECT count(*) FROM webhook_subscription WHERE once AND state <> 'active'")
            == count
        )
    finally:
        await db.close()


async def created(client: Client, **request: Any) -> dict[str, Any]:
    answer = await client.post(PATH, **request)
    assert answer.status_code in (201, 202), answer.text
    document: dict[str, Any] = answer.json()
    return document


async def test_the_end_is_told_to_the_callback(settings: Settings) -> None:
    async with (
        serving(reply()) as receiver,
        api("validation", settings) as client,
        at_work("validation", settings),
    ):
        signed = await created(
            client, json={**ROWS, "callback": {"url": receiver.url("/json"), "secret": SECRET}}
        )
        first = await told(receiver)
        plain = await created(
            client,
            files={"file": ("codes.csv", b"code\n12\n"), "schema": (None, orjson.dumps(SCHEMA))},
            data={"callback": receiver.url("/formulaire")},
        )
        second = await told(receiver, 2)
        both = orjson.dumps({"url": receiver.url("/formulaire"), "secret": SECRET}).decode()
        await created(
            client,
            files={"file": ("codes.csv", b"code\n12\n"), "schema": (None, orjson.dumps(SCHEMA))},
            data={"callback": both},
        )
        third = await told(receiver, 3)
        await until(lambda: _put_away(settings, 3))
    message = Webhook(SECRET).verify(first.body, first.headers)
    assert (first.target, message["type"], message["subject"]) == (
        "/json",
        "validation.completed",
        signed["id"],
    )
    assert (message["data"]["outcome"], message["data"]["errors"], message["data"]["rows"]) == (
        "invalid",
        1,
        1,
    )
    assert "webhook-signature" not in second.headers
    body = orjson.loads(second.body)
    assert (second.target, body["subject"], body["data"]["outcome"]) == ("/formulaire", plain["id"], "valid")
    assert Webhook(SECRET).verify(third.body, third.headers)["data"]["outcome"] == "valid"


async def test_a_key_is_told_of_its_own_validations_alone(settings: Settings, database_url: str) -> None:
    mine = {"x-api-key": await create_key(database_url)}
    other = {"x-api-key": await create_key(database_url)}
    async with (
        serving(reply()) as receiver,
        api("validation", settings) as client,
        at_work("validation", settings),
    ):
        hook = {"url": receiver.url(), "events": ["validation.completed"]}
        answer = await client.post("/validation/v1/webhooks", json=hook, headers=mine)
        assert answer.status_code == 201, answer.text
        wait = {"prefer": "wait=20"}
        await created(client, json=ROWS, headers={**other, **wait})
        await created(client, json=ROWS, headers=wait)
        validation = await created(client, json=ROWS, headers={**mine, **wait})
        message = Webhook(answer.json()["secret"]).verify(
            (await told(receiver)).body, receiver.asked[0].headers
        )
        # A callback is no webhook that anybody could list.
        listed = (await client.get("/validation/v1/webhooks", headers=mine)).json()
    assert message["subject"] == validation["id"]
    assert len(receiver.asked) == len(listed["items"]) == 1


@pytest.mark.parametrize(
    ("callback", "slug"),
    [
        ({"url": "http://169.254.169.254/latest"}, "url-not-allowed"),
        ({"url": "https://exemple.fr", "secret": "whsec_trop"}, "invalid-request"),
        ({"url": "https://exemple.fr", "secret": "x" * 40}, "invalid-request"),
        ({"url": "https://exemple.fr", "autre": 1}, "invalid-request"),
        ({}, "invalid-request"),
    ],
)
async def test_a_callback_refused_leaves_nothing(
    settings: Settings, callback: dict[str, Any], slug: str
) -> None:
    async with api("validation", settings) as client:
        assert_problem(await client.post(PATH, json={**ROWS, "callback": callback}), 422, slug)
        form = await client.post(
            PATH,
            files={"file": ("codes.csv", b"code\n12\n"), "schema": (None, orjson.dumps(SCHEMA))},
            data={"callback": orjson.dumps(callback).decode()},
        )
        assert_problem(form, 422, slug)
    await assert_nothing_kept(settings)


async def test_the_secret_of_a_callback_is_never_shown(settings: Settings, caplog: Any) -> None:
    async with api("validation", settings) as client:
        callback = {"url": "https://exemple.fr", "secret": SECRET}
        document = await created(client, json={**ROWS, "callback": callback})
        shown = await client.get(f"{PATH}/{document['id']}")
    assert SECRET not in shown.text + orjson.dumps(document).decode() + caplog.text
