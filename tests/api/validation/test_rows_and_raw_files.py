"""Rows in the request, a file as the whole body, and a file sent after it was announced."""

import asyncio
from typing import Any, cast

import pytest

from services.validation.domain.rows import cell_text
from services.validation.operations import withdrawals
from services.validation.operations.context import open_validation
from services.validation.settings import ValidationSettings
from tests.api.conftest import Client, api, at_work, create_key, settings_of
from tests.support.api import (
    assert_nothing_kept,
    assert_problem,
    connected,
    head,
    kept_files,
    listening,
    read_answer,
    rows,
)

PATH = "/validation/v1/validations"
WAIT = {"prefer": "wait=30"}
CODES = {
    "fields": [
        {"name": "code", "type": "string", "constraints": {"required": True, "pattern": "[0-9]{2}"}},
        {"name": "nombre", "type": "integer"},
    ]
}


async def validate_rows(client: Client, given: Any, schema: Any = CODES) -> dict[str, Any]:
    """Validate rows and return the validation, with its report."""
    answer = await client.post(PATH, json={"rows": given, "schema": schema}, headers=WAIT)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    assert body["state"] == "done", body
    return body


async def test_rows_are_validated_as_the_csv_that_holds_them(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    objects = [{"code": "01", "nombre": 3}, {"nombre": 4.0, "code": "1"}, {"code": None}, {"code": "02"}]
    lists = [["code", "nombre"], ["01", 3], ["1", 4.0], [None, None], ["02", ""]]
    async with api("validation", settings) as client, at_work("validation", settings):
        by_name = await validate_rows(client, objects)
        by_place = await validate_rows(client, lists)
        odd = await validate_rows(
            client,
            [["PK\x03\x04", "a\r\nb"], ["=1+1", 'guillemet " et ;'], [{"a": [1]}, True], ["seul"]],
            {"fields": [{"name": "PK\x03\x04"}, {"name": "a\r\nb"}]},
        )
    for body in (by_name, by_place):
        assert body["outcome"] == "invalid"
        assert body["source"]["filename"] == "lignes.csv"
        assert body["report"]["source"]["header"] == ["code", "nombre"]
        found = [(error["type"], error["rowNumber"], error["cell"]) for error in body["report"]["errors"]]
        assert ("constraint-error", 3, "1") in found
        assert ("blank-row", 4, None) in found or ("blank-row", 4, "") in found
        assert len(found) == 2, "4.0 is an integer, an absent member an empty cell"
    assert by_name["report"]["summary"] == by_place["report"]["summary"]
    assert odd["report"]["source"]["header"] == ["PK\x03\x04", "a\r\nb"]
    assert [error["type"] for error in odd["report"]["errors"]] == ["missing-cell"]


def test_values_become_the_text_of_a_cell() -> None:
    cells = ["021", "", None, True, False, 5, 5.0, 0.1, 1e300, -0.0, 2**63, [1, "é"], {"a": None}]
    texts = [
        "021",
        "",
        "",
        "true",
        "false",
        "5",
        "5",
        "0.1",
        "1e+300",
        "0",
        str(2**63),
        '[1,"é"]',
        '{"a":null}',
    ]
    assert [cell_text(cell) for cell in cells] == texts


ROWS_REFUSED = {
    "no row": [],
    "a text": ["a"],
    "a mixture": [{"a": 1}, ["a"]],
    "the other mixture": [["a"], {"a": 1}],
    "an empty header": [[], ["a"]],
    "no name": [{}],
    "too many columns": [[str(number) for number in range(10_001)]],
    "nothing in common": [{f"c{number}": 1} for number in range(9_000)],
}


@pytest.mark.parametrize("case", ROWS_REFUSED)
async def test_rows_that_make_no_table_are_refused(case: str, common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client:
        answer = await client.post(PATH, json={"rows": ROWS_REFUSED[case], "schema": CODES})
    problem = assert_problem(answer, 422, "invalid-request")
    assert problem["errors"][0]["pointer"].startswith("/body/rows")
    await assert_nothing_kept(settings)


SOURCES_REFUSED: dict[str, dict[str, Any]] = {
    "none": {"schema": "scdl/deliberations"},
    "two": {"schema": CODES, "rows": [["a"]], "url": "https://example.org/a.csv"},
    "no schema": {"rows": [["a"]]},
    "announced without a schema": {"filename": "a.csv"},
    "unknown schema": {"rows": [["a"]], "schema": "scdl/deliberation"},
    "a state": {"rows": [["a"]], "schema": CODES, "state": "done", "owner": "key:x"},
}


@pytest.mark.parametrize("case", SOURCES_REFUSED)
async def test_exactly_one_source_and_a_schema(case: str, common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client:
        answer = await client.post(PATH, json=SOURCES_REFUSED[case])
    assert_problem(answer, 422, "unknown-schema" if case == "unknown schema" else "invalid-request")
    await assert_nothing_kept(settings)


@pytest.mark.parametrize(
    "media_type",
    ["text/csv", "application/octet-stream", "application/x-www-form-urlencoded", "application/json", ""],
)
async def test_a_file_may_be_the_whole_body(media_type: str, common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    headers = {"content-type": media_type} if media_type else {}
    async with api("validation", settings) as client:
        answer = await client.post(
            PATH,
            params={"schema": "scdl/deliberations", "filename": "../é.csv"},
            content=b"COLL_NOM\n",
            headers=headers,
        )
    body = answer.json()
    assert (answer.status_code, body["state"], body["source"]["filename"]) == (202, "queued", "é.csv")
    assert body["source"]["size"] == 9
    assert len(kept_files(settings)) == 1


RAW_REFUSED: dict[str, tuple[dict[str, str], bytes, int, str]] = {
    "empty": ({"schema": "scdl/deliberations"}, b"", 422, "empty-file"),
    "unknown schema": ({"schema": "scdl/deliberation"}, b"a", 422, "unknown-schema"),
    "too large": ({"schema": "scdl/deliberations"}, b"a" * 2001, 413, "upload-too-large"),
    "no schema": ({"filename": "a.csv"}, b"a", 422, "invalid-request"),
    "blank schema": ({"schema": ""}, b"a", 422, "invalid-request"),
    "unknown parameter": ({"schema": "scdl/deliberations", "wait": "5"}, b"a", 422, "invalid-request"),
    "private for nobody": ({"schema": "scdl/deliberations", "private": "true"}, b"a", 401, "unauthenticated"),
}


@pytest.mark.parametrize("case", RAW_REFUSED)
async def test_a_body_that_does_not_fit_is_refused(case: str, common_settings: dict[str, Any]) -> None:
    params, content, status, slug = RAW_REFUSED[case]
    settings = settings_of("validation", common_settings, validation_max_upload_bytes=2000)
    async with api("validation", settings) as client:
        answer = await client.post(PATH, params=params, content=content, headers={"content-type": "text/csv"})
    assert_problem(answer, status, slug)
    await assert_nothing_kept(settings)


async def announce(client: Client, **headers: str) -> dict[str, Any]:
    """Announce a file to come and return the validation."""
    answer = await client.post(PATH, json={"filename": "codes.csv", "schema": CODES}, headers=headers)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    assert (body["state"], body["links"]["content"]) == ("awaiting", body["links"]["self"] + "/content")
    return body


async def test_a_file_is_announced_then_sent(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client, at_work("validation", settings):
        body = await announce(client)
        token = {"x-validation-token": body["token"]}
        for wrong in ({}, {"x-validation-token": "x"}, {"x-validation-token": ""}):
            refused = await client.put(body["links"]["content"], content=b"code\n01\n", headers=wrong)
            assert_problem(refused, 404, "validation-not-found")
        assert_problem(
            await client.put(body["links"]["content"], content=b"", headers=token), 422, "empty-file"
        )
        assert kept_files(settings) == []
        sent = await client.put(body["links"]["content"], content=b"code\n1\n", headers={**token, **WAIT})
        assert sent.status_code == 201, sent.text
        assert (sent.json()["outcome"], sent.json()["links"]["content"]) == ("invalid", None)
        assert "token" not in sent.json()
        again = await client.put(body["links"]["content"], content=b"code\n1\n", headers=token)
        assert (again.status_code, again.json()["id"]) == (201, body["id"])
        other = await client.put(body["links"]["content"], content=b"code\n2\n", headers=token)
        assert_problem(other, 409, "content-already-sent")
    assert len(kept_files(settings)) == 1


async def test_contents_sent_at_the_same_time_make_one(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client:
        body = await announce(client)
        answers = await asyncio.gather(
            *(
                client.put(
                    body["links"]["content"],
                    content=f"code\n0{number}\n".encode(),
                    headers={"x-validation-token": body["token"]},
                )
                for number in range(6)
            )
        )
        kept = (await client.get(body["links"]["self"])).json()
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409, 409]
    assert kept["state"] == "queued"
    assert len(kept_files(settings)) == 1
    [winner] = [answer.json() for answer in answers if answer.status_code == 202]
    assert winner["source"]["sha256"] == kept["source"]["sha256"]


async def test_a_key_sends_its_content_and_no_other(
    common_settings: dict[str, Any], database_url: str
) -> None:
    settings = settings_of("validation", common_settings)
    mine, colleague = [await create_key(database_url, owner_siren="217500016") for _ in range(2)]
    stranger = await create_key(database_url, owner_siren="213105554")
    async with api("validation", settings) as client:
        body = await announce(client, **{"x-api-key": mine})
        assert "token" not in body
        refused = await client.put(
            body["links"]["content"], content=b"code\n", headers={"x-api-key": stranger}
        )
        assert_problem(refused, 404, "validation-not-found")
        sent = await client.put(body["links"]["content"], content=b"code\n", headers={"x-api-key": colleague})
        assert sent.status_code == 202, sent.text


async def test_what_never_comes_ends(common_settings: dict[str, Any]) -> None:
    settings = cast(ValidationSettings, settings_of("validation", common_settings))
    async with api("validation", settings) as client, open_validation(settings) as context:
        old, recent = await announce(client), await announce(client)
        await context.db.execute(
            "UPDATE validation SET created_at = created_at - interval '25 hours' WHERE id = $1::text::uuid",
            old["id"],
        )
        await withdrawals.expire(context)
        body = (await client.get(old["links"]["self"])).json()
        assert (body["state"], body["problem"]["type"]) == ("failed", "urn:socle:problem:content-never-sent")
        late = await client.put(
            old["links"]["content"], content=b"code\n", headers={"x-validation-token": old["token"]}
        )
        assert_problem(late, 409, "content-already-sent")
        assert (await client.get(recent["links"]["self"])).json()["state"] == "awaiting"
    assert kept_files(settings) == []


async def test_an_announcement_repeated_gives_the_same_and_a_token_that_works(
    common_settings: dict[str, Any],
) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client:
        first, again = [await announce(client, **{"idempotency-key": "k"}) for _ in range(2)]
        assert first["id"] == again["id"]
        assert first["token"] != again["token"]
        sent = await client.put(
            first["links"]["content"], content=b"code\n", headers={"x-validation-token": first["token"]}
        )
        assert sent.status_code == 202, "a twin takes no right away"
        gone = await client.delete(first["links"]["self"], headers={"x-validation-token": again["token"]})
        assert gone.status_code == 204


@pytest.mark.parametrize("way", ["content", "raw"])
async def test_a_client_that_goes_away_leaves_no_file(way: str, common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    async with (
        listening("validation", settings) as port,
        Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        body = await announce(client) if way == "content" else None
        address = f"{PATH}/{body['id']}/content" if body else f"{PATH}?schema=scdl/deliberations"
        token = {"x_validation_token": body["token"]} if body else {}
        async with connected(port) as (_, writer):
            writer.write(head("PUT" if body else "POST", address, content_length=5_000_000, **token))
            writer.write(b"a" * 2_000_000)
            await writer.drain()
            async with asyncio.timeout(20):
                while not kept_files(settings):
                    await asyncio.sleep(0.02)
        async with asyncio.timeout(20):
            while kept_files(settings):
                await asyncio.sleep(0.02)
        if body is not None:
            assert (await client.get(f"{PATH}/{body['id']}")).json()["state"] == "awaiting"
    assert await rows(settings, "validation.validation") == (1 if body else 0)


async def test_a_content_over_the_limit_is_refused_from_its_declared_length(
    common_settings: dict[str, Any],
) -> None:
    settings = settings_of("validation", common_settings, validation_max_upload_bytes=1000)
    async with listening("validation", settings) as port, connected(port) as (reader, writer):
        writer.write(
            head(
                "POST", f"{PATH}?schema=scdl/deliberations", content_length=10_000_000, expect="100-continue"
            )
        )
        await writer.drain()
        assert_problem(await read_answer(reader), 413, "upload-too-large")
    await assert_nothing_kept(settings)
