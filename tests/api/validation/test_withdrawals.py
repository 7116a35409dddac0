"""Validations cancelled and deleted, by those who may, whatever happens at the same moment."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.api.conftest import Client, api, at_work, create_key, settings_of
from tests.support.api import assert_problem, kept_files, rows

PATH = "/validation/v1/validations"
SMALL = {"fields": [{"name": "a"}]}
# Each value is checked by itself, for far longer than a test lasts.
ENDLESS = b"tel\n" + b"".join(b"0381%06d\n" % number for number in range(900_000))
PHONES = {
    "fields": [{"name": "tel", "type": "string"}],
    "custom_checks": [{"name": "phone-number-value", "params": {"column": "tel"}}],
}


async def queued(client: Client, **headers: str) -> dict[str, Any]:
    """Send a file that nobody validates yet."""
    answer = await client.post(PATH, json={"rows": [["a"], ["1"]], "schema": SMALL}, headers=headers)
    assert answer.status_code in (201, 202), answer.text
    body: dict[str, Any] = answer.json()
    return body


def token_of(body: dict[str, Any]) -> dict[str, str]:
    """Return the header that proves who made a validation."""
    return {"x-validation-token": body["token"]}


async def test_a_queued_validation_is_cancelled_once_and_for_all(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client:
        body = await queued(client)
        waiting = asyncio.create_task(
            client.post(
                PATH,
                json={"rows": [["a"], ["1"]], "schema": SMALL},
                headers={"prefer": "wait=30", "idempotency-key": "waits"},
            )
        )
        for _ in range(2):
            answer = await client.post(body["links"]["self"] + "/cancel", headers=token_of(body))
            assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
            assert answer.json()["problem"]["type"] == "urn:socle:problem:validation-cancelled"
        async with at_work("validation", settings):
            ended = (await waiting).json()
        assert ended["outcome"] == "valid"
        assert (await client.get(body["links"]["self"])).json()["state"] == "cancelled"
        report = await client.get(body["links"]["self"] + "/report")
        assert_problem(report, 409, "report-not-ready")
        late = await client.post(ended["links"]["self"] + "/cancel", headers=token_of(ended))
        assert_problem(late, 409, "validation-ended")
    assert await rows(settings, "validation.outbox") == 2


async def running(client: Client, address: str) -> None:
    """Wait until a validation runs."""
    async with asyncio.timeout(30):
        while (await client.get(address)).json()["state"] != "running":
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("way", ["cancel", "delete"])
async def test_work_that_runs_is_stopped_at_once(way: str, common_settings: dict[str, Any]) -> None:
    """The only process of the worker is free for another file well before the lease of the first is looked at."""
    settings = settings_of(
        "validation", common_settings, validation_processes=1, validation_lease_seconds=300
    )
    async with api("validation", settings) as client, at_work("validation", settings):
        answer = await client.post(PATH, json={"filename": "a.csv", "schema": PHONES})
        body = answer.json()
        await client.put(body["links"]["content"], content=ENDLESS, headers=token_of(body))
        await running(client, body["links"]["self"])
        if way == "cancel":
            stopped = await client.post(body["links"]["self"] + "/cancel", headers=token_of(body))
            assert stopped.json()["state"] == "cancelled"
        else:
            stopped = await client.delete(body["links"]["self"], headers=token_of(body))
            assert stopped.status_code == 204
        after = await queued(client, prefer="wait=30")
        assert after["outcome"] == "valid"
        found = await client.get(body["links"]["self"])
        if way == "cancel":
            assert (found.json()["state"], found.json()["outcome"]) == ("cancelled", None)
        else:
            assert_problem(found, 404, "validation-not-found")
    assert len(kept_files(settings)) == (2 if way == "cancel" else 1)
    assert await rows(settings, "validation.report") == 1, "nothing is written of what was stopped"


async def test_what_is_deleted_is_gone(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client, at_work("validation", settings):
        body = await queued(client, prefer="wait=30", **{"idempotency-key": "k"})
        kept = await queued(client)
        address = body["links"]["self"]
        assert (await client.get(f"{address}/report")).status_code == 200
        answer = await client.delete(address, headers=token_of(body))
        assert (answer.status_code, answer.content) == (204, b"")
        for tail in ("", "/report", "/schema", "/events"):
            assert_problem(await client.get(address + tail), 404, "validation-not-found")
        for again in (
            await client.delete(address, headers=token_of(body)),
            await client.post(address + "/cancel", headers=token_of(body)),
        ):
            assert_problem(again, 404, "validation-not-found")
        anew = await queued(client, **{"idempotency-key": "k"})
        assert anew["id"] != body["id"], "the key is free again"
        assert (await client.get(kept["links"]["self"])).status_code == 200
    assert len(kept_files(settings)) == 2


async def test_nobody_else_may_change_it_nor_learn_that_it_exists(
    common_settings: dict[str, Any], database_url: str
) -> None:
    settings = settings_of("validation", common_settings)
    mine = {"x-api-key": await create_key(database_url, "validation:write", owner_siren="217500016")}
    stranger = {"x-api-key": await create_key(database_url, "validation:write", owner_siren="213105554")}
    lonely = {"x-api-key": await create_key(database_url, "validation:write")}
    operator = {"x-api-key": await create_key(database_url, "admin")}
    async with api("validation", settings) as client:
        anonymous = await queued(client)
        owned = await queued(client, **mine)
        other = await queued(client)
        attempts = [
            (owned, {}),
            (owned, stranger),
            (owned, lonely),
            (owned, token_of(anonymous)),
            (anonymous, {}),
            (anonymous, mine),
            (anonymous, token_of(other)),
            (anonymous, {"x-validation-token": ""}),
        ]
        for body, headers in attempts:
            for answer in (
                await client.delete(body["links"]["self"], headers=headers),
                await client.post(body["links"]["self"] + "/cancel", headers=headers),
            ):
                problem = assert_problem(answer, 404, "validation-not-found")
                unknown = uuid4()
                same = (await client.delete(f"{PATH}/{unknown}", headers=headers)).json()
                assert problem["detail"] == same["detail"].replace(str(unknown), body["id"])
        assert (await client.post(owned["links"]["self"] + "/cancel", headers=mine)).status_code == 200
        assert (await client.delete(owned["links"]["self"], headers=mine)).status_code == 204
        assert (await client.delete(anonymous["links"]["self"], headers=operator)).status_code == 204
    assert await rows(settings, "validation.validation") == 1


async def test_a_private_validation_is_read_by_its_owner_alone(
    common_settings: dict[str, Any], database_url: str
) -> None:
    settings = settings_of("validation", common_settings)
    mine, colleague = [
        {"x-api-key": await create_key(database_url, owner_siren="217500016")} for _ in range(2)
    ]
    stranger = {"x-api-key": await create_key(database_url, owner_siren="213105554")}
    async with api("validation", settings) as client, at_work("validation", settings):
        request = {"rows": [["a"], ["1"]], "schema": SMALL}
        wait = {"prefer": "wait=30"}
        secret = (
            await client.post(PATH, params={"private": "true"}, json=request, headers=mine | wait)
        ).json()
        public = (await client.post(PATH, json=request, headers=mine | wait)).json()
        assert (secret["private"], public["private"]) == (True, False)
        for tail in ("", "/report", "/schema", "/events"):
            for headers in ({}, stranger):
                refused = await client.get(secret["links"]["self"] + tail, headers=headers)
                assert_problem(refused, 404, "validation-not-found")
                shown = await client.get(public["links"]["self"] + tail, headers=headers)
                assert shown.status_code == 200, "a link is public"
            for headers in (mine, colleague):
                seen = await client.get(secret["links"]["self"] + tail, headers=headers)
                assert seen.status_code == 200, tail


async def test_everything_at_once_leaves_one_clean_end(common_settings: dict[str, Any]) -> None:
    """Cancelled, deleted and validated at the same moment: no crash, no file, no report of what is gone."""
    settings = settings_of("validation", common_settings, database_pool_size=8)
    async with api("validation", settings) as client, at_work("validation", settings):

        async def one() -> None:
            body = await queued(client)
            answers = await asyncio.gather(
                *(client.post(body["links"]["self"] + "/cancel", headers=token_of(body)) for _ in range(2)),
                *(client.delete(body["links"]["self"], headers=token_of(body)) for _ in range(2)),
            )
            assert {answer.status_code for answer in answers} <= {200, 204, 404, 409}
            assert [answer.status_code for answer in answers[2:]].count(204) == 1

        for _ in range(4):
            await asyncio.gather(*(one() for _ in range(5)))
    assert kept_files(settings) == []
    assert await rows(settings, "validation.validation") == 0
    assert await rows(settings, "validation.report") == 0
