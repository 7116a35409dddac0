"""Limits are told before they are met, and a flood is answered 429 with the moment to come back."""

from typing import Any

from tests.api.conftest import api, create_key, settings_of


async def test_limits_are_told_to_each_caller(common_settings: dict[str, Any], database_url: str) -> None:
    key = await create_key(database_url, "validation:write")
    settings = settings_of("validation", common_settings, validation_max_upload_bytes=1234)
    async with api("validation", settings) as client:
        anonymous = (await client.get("/validation/v1/limits")).json()
        known = (await client.get("/validation/v1/limits", headers={"X-API-Key": key})).json()
    assert anonymous["max_upload_bytes"] == 1234
    assert anonymous["rate"] == anonymous["rate_anonymous"] == "60/minute"
    assert known["rate"] == known["rate_key"] == "1200/minute"


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
