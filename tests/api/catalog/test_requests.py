"""Requests to the catalog that are hostile or odd: problems, never a crash, and nothing left behind."""

import asyncio
import base64
import hashlib
import re
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from shared.pagination import encode_cursor
from tests.api.conftest import Client, api, create_key, settings_of
from tests.support.api import (
    assert_nothing_kept,
    assert_problem,
    chunked,
    connected,
    head,
    kept_files,
    listening,
    read_answer,
    rows,
)

PATH = "/catalog/v1/datasets"
DATASET: dict[str, Any] = {"title": "Délibérations", "description": "Celles de 2024."}
ONE_ID = "01a20000-0000-7000-8000-000000000000"
RESOURCE: dict[str, Any] = {"title": "2024", "schema": {"name": "scdl/deliberations"}}


@pytest.fixture
async def key(database_url: str) -> str:
    """A key that may write in the catalog."""
    return await create_key(database_url, "catalog:write")


def _organization(siren: Any) -> dict[str, Any]:
    return {**DATASET, "organization": {"siren": siren, "name": "Besançon"}}


BODIES: dict[str, tuple[Any, str]] = {
    "empty": ({}, "/body/title"),
    "empty title": ({**DATASET, "title": ""}, "/body/title"),
    "a number as title": ({**DATASET, "title": 12}, "/body/title"),
    "long title": ({**DATASET, "title": "x" * 351}, "/body/title"),
    "owner chosen by the client": ({**DATASET, "owner": "key:other"}, "/body/owner"),
    "id chosen by the client": ({**DATASET, "id": str(uuid4())}, "/body/id"),
    "conformity chosen by the client": (
        {**DATASET, "resources": [{**RESOURCE, "conformity": "valid"}]},
        "/body/resources/0/conformity",
    ),
    "storage key chosen by the client": (
        {**DATASET, "resources": [{**RESOURCE, "storage_key": "x"}]},
        "/body/resources/0/storage_key",
    ),
    "SIREN with a wrong digit": (_organization("212500566"), "/body/organization/siren"),
    "SIREN of letters": (_organization("abcdefghi"), "/body/organization/siren"),
    "SIREN as a number": (_organization(212500565), "/body/organization/siren"),
    "SIREN of a SIRET": (_organization("21250056500016"), "/body/organization/siren"),
    "SIREN with SQL": (_organization("'; DROP TABLE d; --"), "/body/organization/siren"),
    "unknown licence": ({**DATASET, "license": "wtfpl"}, "/body/license"),
    "script as landing page": ({**DATASET, "landing_page": "javascript:alert(1)"}, "/body/landing_page"),
    "file as url": (
        {**DATASET, "resources": [{**RESOURCE, "url": "file:///etc/passwd"}]},
        "/body/resources/0/url",
    ),
    "too many resources": ({**DATASET, "resources": [RESOURCE] * 501}, "/body/resources"),
    "too many tags": ({**DATASET, "tags": ["t"] * 101}, "/body/tags"),
    "a list": ([], "/body"),
    "a string": ("x", "/body"),
}


@pytest.mark.parametrize("case", BODIES)
async def test_a_body_that_does_not_fit_is_refused_where_it_does_not(
    case: str, common_settings: dict[str, Any], key: str
) -> None:
    body, pointer = BODIES[case]
    settings = settings_of("catalog", common_settings)
    async with api("catalog", settings) as client:
        answer = await client.post(PATH, json=body, headers={"x-api-key": key})
    problem = assert_problem(answer, 422, "invalid-request")
    assert pointer in [error["pointer"] for error in problem["errors"]]
    for error in problem["errors"]:
        assert error["message"] != error["message_en"]
        assert not error["message"].startswith("valeur refusée"), "said in French too"
    await assert_nothing_kept(settings)


RAW = {
    "NUL in a string": (b'{"title": "a\\u0000b", "description": "d"}', 400, "malformed-request"),
    "NUL in a name": (b'{"title": "t", "description": "d", "a\\u0000": 1}', 400, "malformed-request"),
    "lone surrogate": (b'{"title": "\\ud83d", "description": "d"}', 400, "malformed-request"),
    "NaN": (b'{"title": NaN}', 400, "malformed-request"),
    "infinite": (b'{"title": -1e400}', 400, "malformed-request"),
    "deep": (b'{"title": ' + b"[" * 900 + b"]" * 900 + b"}", 400, "malformed-request"),
    "wide and deep": (b'{"a":' * 900 + b"1" + b"}" * 900, 400, "malformed-request"),
    "cut": (b'{"title": "t', 400, "malformed-request"),
    "not JSON": (b"<title>", 400, "malformed-request"),
    "no body": (b"", 422, "invalid-request"),
    "2^63": (b'{"title": 9223372036854775808, "description": "d"}', 422, "invalid-request"),
    "ten megabytes": (b'{"title": "' + b"x" * 10_000_000 + b'"}', 413, "payload-too-large"),
}


@pytest.mark.parametrize("case", RAW)
async def test_json_that_cannot_be_read_is_refused(
    case: str, common_settings: dict[str, Any], key: str
) -> None:
    body, status, slug = RAW[case]
    settings = settings_of("catalog", common_settings)
    async with api("catalog", settings) as client:
        answer = await client.post(
            PATH, content=body, headers={"x-api-key": key, "content-type": "application/json"}
        )
    assert_problem(answer, status, slug)
    assert "xxx" not in answer.text
    await assert_nothing_kept(settings)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
async def test_another_content_type_is_refused(
    content_type: str, common_settings: dict[str, Any], key: str
) -> None:
    settings = settings_of("catalog", common_settings)
    headers = {"x-api-key": key} | ({"content-type": content_type} if content_type else {})
    async with api("catalog", settings) as client:
        answer = await client.post(PATH, content=b'{"title":"t","description":"d"}', headers=headers)
    assert_problem(answer, 415, "unsupported-media-type")
    await assert_nothing_kept(settings)


async def test_a_slow_json_body_is_answered_408(common_settings: dict[str, Any], key: str) -> None:
    settings = settings_of("catalog", common_settings, body_timeout_seconds=0.4)
    async with listening("catalog", settings) as port, connected(port) as (reader, writer):
        writer.write(
            head("POST", PATH, content_type="application/json", content_length=500, x_api_key=key) + b"{"
        )
        await writer.drain()
        assert_problem(await read_answer(reader), 408, "request-timeout")
    await assert_nothing_kept(settings)


QUERIES = {
    "limit=-1": "/query/limit",
    "limit=0": "/query/limit",
    "limit=201": "/query/limit",
    "limit=9223372036854775808": "/query/limit",
    f"limit={'9' * 5000}": "/query/limit",
    "limit=1e2": "/query/limit",
    "limit=abc": "/query/limit",
    "limit=": "/query/limit",
    "siren=123": "/query/siren",
    "siren=%27%20OR%201%3D1%20--": "/query/siren",
    "cursor=abc": "/query/cursor",
    "cursor=%C3%A9%F0%9F%98%80": "/query/cursor",
    f"cursor={'A' * 2000}": "/query/cursor",
    f"cursor={encode_cursor('collectivites', [ONE_ID])}": "/query/cursor",
    f"cursor={encode_cursor('datasets', ['no uuid'])}": "/query/cursor",
    f"cursor={encode_cursor('datasets', [5])}": "/query/cursor",
    f"cursor={encode_cursor('datasets', [None])}": "/query/cursor",
    f"cursor={encode_cursor('datasets', [])}": "/query/cursor",
    f"cursor={encode_cursor('datasets', [ONE_ID, 1])}": "/query/cursor",
    f"cursor={encode_cursor('datasets', [ONE_ID])}x": "/query/cursor",
    "page=2": "/query/page",
    "sort=title;DROP": "/query/sort",
    "siern=212500565": "/query/siern",
}


@pytest.mark.parametrize("query", QUERIES)
async def test_a_parameter_that_does_not_fit_or_is_unknown_is_refused(
    query: str, common_settings: dict[str, Any]
) -> None:
    async with api("catalog", settings_of("catalog", common_settings)) as client:
        problem = assert_problem(await client.get(f"{PATH}?{query}"), 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [QUERIES[query]]


async def test_pages_follow_one_another_and_keep_the_other_parameters(
    common_settings: dict[str, Any], key: str
) -> None:
    async with api("catalog", settings_of("catalog", common_settings)) as client:
        for number in range(5):
            body = {**_organization("212 500 565"), "title": f"n° {number}"}
            assert (await client.post(PATH, json=body, headers={"x-api-key": key})).status_code == 201
        seen: list[str] = []
        address = f"{PATH}?limit=2&siren=212500565"
        while address:
            page = await client.get(address)
            seen += [item["title"] for item in page.json()["items"]]
            address = page.headers.get("link", "").partition(">")[0].lstrip("<")
            assert bool(address) == bool(page.json()["next"])
            assert not address or "siren=212500565" in address
    assert seen == [f"n° {number}" for number in range(5)]


@pytest.mark.parametrize(
    "written", ["212 500 565", "212.500.565", "２１２５００５６５", "212\u00a0500\u00a0565"]
)
async def test_a_siren_is_kept_in_one_form(written: str, common_settings: dict[str, Any], key: str) -> None:
    async with api("catalog", settings_of("catalog", common_settings)) as client:
        made = await client.post(PATH, json=_organization(written), headers={"x-api-key": key})
        assert made.status_code == 201, made.text
        assert made.json()["organization"]["siren"] == "212500565"
        found = await client.get(PATH, params={"siren": written})
        assert len(found.json()["items"]) == 1


async def test_metacharacters_are_plain_text(common_settings: dict[str, Any], key: str) -> None:
    hostile = (
        "'; DROP TABLE catalog.dataset; -- %_\\ :* & | ! <-> \" $1 {0} %s </script><script>alert(1)</script>"
    )
    async with api("catalog", settings_of("catalog", common_settings)) as client:
        body = {"title": hostile, "description": hostile, "tags": [hostile[:90]]}
        made = await client.post(PATH, json=body, headers={"x-api-key": key})
        read = (await client.get(made.headers["location"])).json()
    assert (read["title"], read["description"], read["tags"]) == (hostile, hostile, [hostile[:90]])


async def _keys(database_url: str) -> dict[str, dict[str, str]]:
    good = await create_key(database_url, "catalog:write")
    revoked = await create_key(database_url, "catalog:write")
    expired = await create_key(database_url, "catalog:write")
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "UPDATE access.api_key SET revoked_at = now() WHERE id = $1", revoked.split("_")[1]
        )
        await connection.execute(
            "UPDATE access.api_key SET expires_at = now() WHERE id = $1", expired.split("_")[1]
        )
    finally:
        await connection.close()
    secret = good.split("_", 2)[2]
    return {
        "revoked": {"x-api-key": revoked},
        "expired": {"authorization": f"Bearer {expired}"},
        "another secret": {"x-api-key": good[:-1] + ("A" if good[-1] != "A" else "B")},
        "unknown id": {"x-api-key": f"socle_{'z' * 12}_{secret}"},
        "cut": {"x-api-key": good[:-1]},
        "longer": {"x-api-key": good + "A"},
        "blank": {"x-api-key": ""},
        "malformed": {"x-api-key": "socle__"},
        "SQL": {"x-api-key": "' OR 1=1 --"},
        "basic": {"authorization": "Basic dXNlcjpwYXNz"},
        "bearer without key": {"authorization": "Bearer"},
        "huge": {"authorization": "Bearer " + "x" * 20_000},
    }


async def test_every_key_not_in_force_is_refused_in_the_same_words(
    common_settings: dict[str, Any], database_url: str
) -> None:
    settings = settings_of("catalog", common_settings)
    said = set()
    async with api("catalog", settings) as client:
        for case, headers in (await _keys(database_url)).items():
            answer = await client.post(PATH, json=DATASET, headers=headers)
            assert answer.status_code == 401, case
            problem = assert_problem(answer, 401, "unauthenticated")
            assert answer.headers["www-authenticate"] == "Bearer"
            said.add((problem["detail"], problem["detail_en"], problem["title"]))
        assert len(said) == 1
        assert_problem(await client.post(PATH, json=DATASET), 401, "unauthenticated")
        other = await create_key(database_url, "validation:write")
        assert_problem(await client.post(PATH, json=DATASET, headers={"x-api-key": other}), 403, "forbidden")
    await assert_nothing_kept(settings)


async def test_a_key_is_asked_for_before_the_body_is_judged(common_settings: dict[str, Any]) -> None:
    """Nobody without a key learns what a body should be, nor makes us read one."""
    async with (
        listening("catalog", settings_of("catalog", common_settings)) as port,
        connected(port) as (reader, writer),
    ):
        path = f"{PATH}/{uuid4()}/resources/{uuid4()}/content"
        writer.write(head("PUT", path, content_length=10**9, expect="100-continue"))
        assert_problem(await read_answer(reader), 401, "unauthenticated")


async def _with_resource(client: Client, key: str) -> dict[str, Any]:
    body = {**DATASET, "resources": [RESOURCE]}
    made = await client.post(PATH, json=body, headers={"x-api-key": key})
    assert made.status_code == 201, made.text
    dataset: dict[str, Any] = made.json()
    return dataset


async def test_another_owners_dataset_is_as_unknown_as_one_that_is_not(
    common_settings: dict[str, Any], database_url: str, key: str
) -> None:
    settings = settings_of("catalog", common_settings)
    other = await create_key(database_url, "catalog:write")
    async with api("catalog", settings) as client:
        dataset = await _with_resource(client, key)
        theirs = dataset["resources"][0]["content"]
        resource = dataset["resources"][0]["id"]
        unknown = f"{PATH}/{uuid4()}/resources/{resource}/content"
        answers = [
            await client.put(address, content=b"A\n1\n", headers={"x-api-key": other})
            for address in (theirs, unknown)
        ]
    details = [assert_problem(answer, 404, "resource-not-found")["detail"] for answer in answers]
    assert details[0] == details[1]
    assert kept_files(settings) == []


async def test_content_that_cannot_be_kept_is_refused_and_the_resource_stays_as_it_was(
    common_settings: dict[str, Any], key: str
) -> None:
    settings = settings_of("catalog", common_settings, catalog_max_upload_bytes=1000)
    async with api("catalog", settings) as client:
        dataset = await _with_resource(client, key)
        address = dataset["resources"][0]["content"]
        client.headers["x-api-key"] = key
        assert_problem(await client.put(address, content=b""), 422, "empty-content")
        too_large = assert_problem(await client.put(address, content=b"x" * 1001), 413, "content-too-large")
        assert too_large["limit_bytes"] == 1000
        assert kept_files(settings) == []
        assert (await client.get(dataset["self"])).json() == dataset


@pytest.mark.parametrize("way", ["declared", "chunked"])
async def test_content_over_the_limit_is_refused_on_a_real_connection(
    way: str, common_settings: dict[str, Any], key: str
) -> None:
    settings = settings_of("catalog", common_settings, catalog_max_upload_bytes=1000)
    async with api("catalog", settings) as client:
        address = (await _with_resource(client, key))["resources"][0]["content"].partition("/catalog/")
    path = f"/catalog/{address[2]}"
    async with listening("catalog", settings) as port, connected(port) as (reader, writer):
        if way == "declared":
            writer.write(head("PUT", path, x_api_key=key, content_length=10**12, expect="100-continue"))
        else:
            writer.write(head("PUT", path, x_api_key=key, transfer_encoding="chunked"))
            writer.write(chunked(b"x" * 600) + chunked(b"x" * 600))
        await writer.drain()
        assert_problem(await read_answer(reader), 413, "content-too-large")
    assert kept_files(settings) == []


async def test_a_client_that_goes_away_leaves_no_content(
    common_settings: dict[str, Any], key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_of("catalog", common_settings)
    async with api("catalog", settings) as client:
        dataset = await _with_resource(client, key)
    path = "/catalog/" + dataset["resources"][0]["content"].partition("/catalog/")[2]
    async with listening("catalog", settings) as port:
        async with connected(port) as (_, writer):
            writer.write(head("PUT", path, x_api_key=key, content_length=50_000) + b"A;B\n")
            await writer.drain()
            async with asyncio.timeout(10):
                while not kept_files(settings):
                    await asyncio.sleep(0.02)
        async with asyncio.timeout(10):
            while kept_files(settings):
                await asyncio.sleep(0.02)
        async with connected(port) as (reader, writer):
            writer.write(head("GET", path.partition("/resources")[0]))
            assert (await read_answer(reader)).json() == dataset
    assert "request crashed" not in capsys.readouterr().err


async def test_a_hostile_label_is_a_mere_label(common_settings: dict[str, Any], key: str) -> None:
    settings = settings_of("catalog", common_settings)
    async with api("catalog", settings) as client:
        dataset = await _with_resource(client, key)
        address = dataset["resources"][0]["content"]
        client.headers["x-api-key"] = key
        put = await client.put(address, params={"filename": "../../x\u202e\n.csv"}, content=b"A\n1\n")
        assert put.status_code == 200, put.text
        long = await client.put(address, params={"filename": "x" * 10_000}, content=b"A\n1\n")
        assert_problem(long, 422, "invalid-request")
    [kept] = kept_files(settings)
    assert kept.startswith(f"objects/catalog/contents/{dataset['resources'][0]['id']}/")


async def test_content_of_a_resource_published_elsewhere_is_refused(
    common_settings: dict[str, Any], key: str
) -> None:
    settings = settings_of("catalog", common_settings)
    async with api("catalog", settings) as client:
        body = {**DATASET, "resources": [{"title": "r", "url": "https://example.org/a.csv"}]}
        made = (await client.post(PATH, json=body, headers={"x-api-key": key})).json()
        answer = await client.put(made["resources"][0]["content"], content=b"x", headers={"x-api-key": key})
    assert_problem(answer, 409, "resource-is-remote")
    assert kept_files(settings) == []


async def test_the_same_registration_again_gives_the_same_dataset(
    common_settings: dict[str, Any], database_url: str, key: str
) -> None:
    settings = settings_of("catalog", common_settings)
    other = await create_key(database_url, "catalog:write")

    async with api("catalog", settings) as client:

        async def register(who: str, title: str = "t", idempotency_key: str = "k") -> Any:
            body = {
                **DATASET,
                "title": title,
                "resources": [{**RESOURCE, "url": "https://example.org/a.csv"}],
            }
            headers = {"x-api-key": who, "idempotency-key": idempotency_key}
            return await client.post(PATH, json=body, headers=headers)

        twins = await asyncio.gather(*(register(key) for _ in range(6)))
        assert {twin.status_code for twin in twins} == {201}
        assert len({twin.json()["id"] for twin in twins}) == 1
        assert_problem(await register(key, title="u"), 422, "idempotency-key-reused")
        assert_problem(await register(key, idempotency_key="x" * 300), 422, "invalid-request")
        independent = await register(other, title="u")
        assert independent.json()["id"] != twins[0].json()["id"]
    assert await rows(settings, "catalog.dataset") == 2
    assert await rows(settings, "catalog.outbox") == 4, "for each, one validation asked and one dataset told"


async def test_methods_are_told(common_settings: dict[str, Any]) -> None:
    async with api("catalog", settings_of("catalog", common_settings)) as client:
        wrong = await client.delete(PATH)
        assert_problem(wrong, 405, "method-not-allowed")
        assert wrong.headers["allow"] == "GET, HEAD, POST, OPTIONS"
        content = f"{PATH}/{uuid4()}/resources/{uuid4()}/content"
        assert (await client.options(content)).headers["allow"] == "PUT, OPTIONS"
        listed, told = await client.get(PATH), await client.head(PATH)
        assert (told.status_code, told.content) == (200, b"")
        for name in ("etag", "content-length", "content-type"):
            assert told.headers[name] == listed.headers[name]
        preflight = await client.options(
            PATH, headers={"origin": "https://portail.fr", "access-control-request-method": "POST"}
        )
        assert preflight.status_code == 200
        assert "POST" in preflight.headers["access-control-allow-methods"]
        refused = await client.options(
            PATH, headers={"origin": "https://portail.fr", "access-control-request-method": "TRACE"}
        )
        assert_problem(refused, 400, "malformed-request")


async def test_reads_are_conditional(common_settings: dict[str, Any], key: str) -> None:
    async with api("catalog", settings_of("catalog", common_settings)) as client:
        dataset = await _with_resource(client, key)
        for address in (PATH, dataset["self"]):
            etag = (await client.get(address)).headers["etag"]
            assert (await client.get(address, headers={"if-none-match": etag})).status_code == 304
            assert (await client.get(address, headers={"if-none-match": '"x"'})).status_code == 200


async def test_the_page_that_shows_the_api_may_run_its_own_script_only(
    common_settings: dict[str, Any],
) -> None:
    async with api("catalog", settings_of("catalog", common_settings)) as client:
        page = await client.get("/catalog/docs")
        data = await client.get("/catalog/openapi.json")
        # All that the page loads comes from here.
        assert "https://" not in page.text
        loaded = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
        assert len(loaded) == 2
        for address in loaded:
            asset = await client.get(address)
            assert (asset.status_code, len(asset.content) > 50_000) == (200, True)
            assert asset.headers["content-type"].partition(";")[0] in ("text/css", "text/javascript")
    policy = page.headers["content-security-policy"]
    script = page.text.partition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy
    assert "script-src 'self' 'sha256-" in policy
    assert "'unsafe-inline'" not in policy.partition("style-src")[0]
    assert data.headers["content-security-policy"].startswith("default-src 'none'")
