"""Limits are told before they are met, and a flood is answered 429 with the moment to come back."""

from typing import Any, cast

import pytest

from services.validation.domain.problems import FileTooComplex
from tests.api.conftest import api, create_key, settings_of
from tests.support.api import assert_problem, connected, head, listening, read_answer


async def test_limits_are_told_to_each_caller(common_settings: dict[str, Any], database_url: str) -> None:
    key = await create_key(database_url, "validation:write")
    settings = settings_of("validation", common_settings, validation_max_upload_bytes=1234)
    async with api("validation", settings) as client:
        anonymous = (await client.get("/validation/v1/limits")).json()
        known = (await client.get("/validation/v1/limits", headers={"X-API-Key": key})).json()
    assert anonymous["max_upload_bytes"] == 1234
    assert anonymous["rate"] == anonymous["rate_anonymous"] == "60/minute"
    assert known["rate"] == known["rate_key"] == "1200/minute"
    assert anonymous["rate_per_address"] == "1200/minute"
    assert (anonymous["max_rows"], anonymous["max_json_bytes"]) == (None, 2_000_000)


async def test_each_limit_that_refuses_names_itself_and_the_way_past(common_settings: dict[str, Any]) -> None:
    settings = settings_of(
        "validation", common_settings, validation_max_upload_bytes=1_000, validation_rate_anonymous="1/hour"
    )
    async with api("validation", settings) as client:
        limits = await client.get("/validation/v1/limits")
        form = {"files": {"file": ("a.csv", b"a" * 2_000)}, "data": {"schema": "scdl/deliberations"}}
        large = await client.post("/validation/v1/validations", **cast(Any, form))
        often = await client.post("/validation/v1/validations", **cast(Any, form))
        too_large = assert_problem(large, 413, "upload-too-large")
        too_often = assert_problem(often, 429, "too-many-requests")
        assert (await client.get(too_large["limits"])).json() == limits.json()
    told = limits.json()
    assert large.headers["upload-limit"] == limits.headers["upload-limit"] == "max-size=1000"
    assert too_large["limit_bytes"] == told[too_large["limit_name"]] == 1_000
    assert "socle validate" in too_large["detail"]
    assert "socle validate" in too_large["detail_en"]
    assert (too_often["limit_name"], too_often["limit"]) == ("validations", 1)
    assert "clé d'API" in too_often["detail"]
    assert often.headers["ratelimit-policy"].startswith('"validations";q=1;')


@pytest.mark.parametrize("reason", ["memory", "cpu", "wall"])
async def test_a_file_past_a_limit_of_its_process_says_which(
    common_settings: dict[str, Any], reason: str
) -> None:
    problem = FileTooComplex.because(reason)
    async with api("validation", settings_of("validation", common_settings)) as client:
        told = (await client.get("/validation/v1/limits")).json()
    assert told[str(problem.extra["limit_name"])] > 0
    assert "socle validate" in problem.fr
    assert "socle validate" in problem.en


async def test_validations_beyond_the_rate_are_refused_and_a_key_goes_past_it(
    common_settings: dict[str, Any], database_url: str
) -> None:
    key = await create_key(database_url, "validation:write")
    settings = settings_of("validation", common_settings, validation_rate_anonymous="2/hour")
    body = {"url": "https://data.exemple.fr/a.csv", "schema": "scdl/deliberations"}
    async with api("validation", settings) as client:
        answers = [await client.post("/validation/v1/validations", json=body) for _ in range(3)]
        known = await client.post("/validation/v1/validations", json=body, headers={"X-API-Key": key})
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert '"validations";r=0' in answers[1].headers["ratelimit"]
    assert int(answers[2].headers["retry-after"]) > 0
    assert answers[2].json()["type"] == "urn:socle:problem:too-many-requests"
    assert known.status_code == 202


async def test_a_flood_from_one_address_is_refused_whatever_it_asks(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings, rate_per_address="5/hour")
    async with api("validation", settings) as client:
        statuses = [(await client.get("/validation/v1/limits")).status_code for _ in range(7)]
        live = await client.get("/health/live")
    assert statuses == [200] * 5 + [429] * 2
    assert live.status_code == 200


async def _statuses(settings: Any, *forwarded: str) -> list[int]:
    """Ask once for each address that a client claims to come from; return the statuses."""
    found = []
    async with listening("validation", settings) as port:
        for address in forwarded:
            async with connected(port) as (reader, writer):
                writer.write(head("GET", "/validation/v1/limits", x_forwarded_for=address))
                found.append((await read_answer(reader)).status_code)
    return found


async def test_an_address_is_believed_from_the_gateway_alone(common_settings: dict[str, Any]) -> None:
    """Whoever floods cannot lend the flood to others, nor change addresses by saying so."""
    settings = {**common_settings, "rate_per_address": "1/hour"}
    claims = ("192.0.2.1", "192.0.2.2", "192.0.2.2")
    stranger = settings_of("validation", settings, trusted_proxies=("198.51.100.1",))
    assert await _statuses(stranger, *claims) == [200, 429, 429]
    gateway = settings_of("validation", settings, trusted_proxies=("127.0.0.1",))
    assert await _statuses(gateway, *claims) == [200, 200, 429]
    # What a client wrote stands before what the gateway adds.
    assert await _statuses(gateway, "203.0.113.9, 192.0.2.3", "203.0.113.8, 192.0.2.3") == [200, 429]
    odd = ("\x1b[31m", "x" * 5000, "'; DROP TABLE validation; --", "::ffff:192.0.2.7", "", ",")
    assert set(await _statuses(gateway, *odd)) <= {200, 400, 429}
