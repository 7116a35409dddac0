"""Requests to the validation API that are hostile or odd: problems, never a crash, and nothing left behind."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.api.conftest import Client, api, at_work, create_key, settings_of
from tests.support.api import (
    FORM,
    assert_nothing_kept,
    assert_problem,
    chunked,
    connected,
    head,
    kept_files,
    listening,
    multipart,
    read_answer,
    rows,
)
from tests.support.http_servers import reply, serving

PATH = "/validation/v1/validations"
JSON = {"content-type": "application/json"}
FILE = ("file", "a.csv", b"COLL_NOM\nBesan\xc3\xa7on\n")
SCHEMA = ("schema", None, b"scdl/deliberations")
ADDRESS = b'"url": "https://example.org/a.csv"'

BODIES = {
    "NUL in a string": (
        b'{"url": "http://e.fr/\\u0000", "schema": "scdl/deliberations"}',
        400,
        "malformed-request",
    ),
    "lone surrogate": (b'{"url": "\\ud800", "schema": "x"}', 400, "malformed-request"),
    "surrogate bytes": (b'{"url": "\xed\xa0\x80", "schema": "x"}', 400, "malformed-request"),
    "not UTF-8": (b'{"url": "\xe9"}', 400, "malformed-request"),
    "UTF-16": ('{"url": "x"}'.encode("utf-16"), 400, "malformed-request"),
    "NaN": (b'{"url": NaN, "schema": "x"}', 400, "malformed-request"),
    "infinite": (b'{"url": 1e400, "schema": "x"}', 400, "malformed-request"),
    "huge integer": (b'{"url": 9223372036854775808, "schema": "x"}', 422, "invalid-request"),
    "deep": (b'{"url": ' + b"[" * 900 + b"]" * 900 + b"}", 400, "malformed-request"),
    "deeper than the parser": (b"[" * 100_000, 400, "malformed-request"),
    "empty": (b"", 400, "malformed-request"),
    "cut": (b'{"url": "http', 400, "malformed-request"),
    "a list": (b"[]", 422, "invalid-request"),
    "a number": (b"1", 422, "invalid-request"),
    "null": (b"null", 422, "invalid-request"),
    "no schema": (b"{" + ADDRESS + b"}", 422, "invalid-request"),
    "no url": (b'{"schema": "scdl/deliberations"}', 422, "invalid-request"),
    "unknown member": (
        b"{" + ADDRESS + b', "schema": "scdl/deliberations", "state": "done", "outcome": "valid"}',
        422,
        "invalid-request",
    ),
    "long url": (b'{"schema": "x", "url": "http://' + b"e" * 2001 + b'"}', 422, "invalid-request"),
    "unknown schema": (b"{" + ADDRESS + b', "schema": "scdl/deliberation"}', 422, "unknown-schema"),
    "too large": (b'{"url": "' + b"x" * 3000 + b'"}', 413, "payload-too-large"),
}


@pytest.mark.parametrize("case", BODIES)
async def test_a_json_body_that_does_not_fit_is_refused(case: str, common_settings: dict[str, Any]) -> None:
    body, status, slug = BODIES[case]
    limit = 2000 if case == "too large" else 2_000_000
    settings = settings_of("validation", common_settings, max_body_bytes=limit)
    async with api("validation", settings) as client:
        answer = await client.post(PATH, content=body, headers=JSON)
    problem = assert_problem(answer, status, slug)
    assert "eeeeee" not in answer.text, "the rejected value is not repeated"
    assert all(error["message"] != error["message_en"] for error in problem.get("errors", ()))
    await assert_nothing_kept(settings)


@pytest.mark.parametrize("way", ["declared", "chunked"])
async def test_a_json_body_of_ten_megabytes_is_refused_before_it_is_read(
    way: str, common_settings: dict[str, Any]
) -> None:
    settings = settings_of("validation", common_settings)
    async with listening("validation", settings) as port, connected(port) as (reader, writer):
        part = b"[" + b"1," * 1_000_000
        if way == "declared":
            writer.write(
                head("POST", PATH, content_type="application/json", content_length=10_000_000) + b"["
            )
        else:
            writer.write(head("POST", PATH, content_type="application/json", transfer_encoding="chunked"))
            writer.write(chunked(part) + chunked(part))
        await writer.drain()
        assert_problem(await read_answer(reader), 413, "payload-too-large")
    await assert_nothing_kept(settings)


FORBIDDEN = [
    "http://127.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://localhost:{port}/",
    "http://0.0.0.0:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://224.0.0.1/",
    "http://user:secret@example.org/a.csv",
    "http://example.org:8080/a.csv",
    "https://socle.exemple.fr/catalog/v1/datasets",
    "ftp://example.org/a.csv",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "data:text/csv,A",
    "//example.org/a.csv",
    "http:\\\\127.0.0.1",
    "http://ⓛocalhost/",
    "javascript:alert(1)",
    "pas une adresse",
]


async def test_an_address_that_is_not_allowed_is_refused_at_once_and_nothing_is_fetched(
    common_settings: dict[str, Any],
) -> None:
    strict = {**common_settings, "http_allowed_hosts": (), "public_url": "https://socle.exemple.fr"}
    settings = settings_of("validation", strict)
    async with serving(reply(b"A\n1\n")) as target, api("validation", settings) as client:
        for url in FORBIDDEN:
            given = {"url": url.format(port=target.port), "schema": "scdl/deliberations"}
            answer = await client.post(PATH, json=given)
            assert len(assert_problem(answer, 422, "url-not-allowed")["detail"]) > 50, url
            if "://" in url:
                resource = {"name": "a", "path": given["url"], "schema": given["schema"]}
                answer = await client.post(PATH, json={"package": {"name": "p", "resources": [resource]}})
                assert_problem(answer, 422, "url-not-allowed")
        assert target.asked == []
    await assert_nothing_kept(settings)


async def test_reads_refuse_what_is_no_id_and_tell_unknown_ones(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client:
        for bad in ("1", "x" * 5000, "%27%20OR%201=1", f"{uuid4()}0", "null", "%C3%A9", "..%2f.."):
            for tail in ("", "/report"):
                answer = await client.get(f"{PATH}/{bad}{tail}")
                assert answer.status_code in (404, 422), bad
                assert_problem(answer, answer.status_code, answer.json()["type"].rpartition(":")[2])
        for tail in ("", "/report"):
            assert_problem(await client.get(f"{PATH}/{uuid4()}{tail}"), 404, "validation-not-found")


@pytest.mark.parametrize("target", ["/validation/v1/validations/%00", "/validation/version?a=%00", "/%00"])
async def test_nul_in_an_address_is_refused(target: str, common_settings: dict[str, Any]) -> None:
    async with (
        listening("validation", settings_of("validation", common_settings)) as port,
        connected(port) as (reader, writer),
    ):
        writer.write(head("GET", target))
        assert_problem(await read_answer(reader), 400, "malformed-request")


async def test_bytes_that_are_not_utf8_in_an_address_are_refused(common_settings: dict[str, Any]) -> None:
    async with (
        listening("validation", settings_of("validation", common_settings)) as port,
        connected(port) as (reader, writer),
    ):
        writer.write(head("GET", f"{PATH}/%ff%fe"))
        assert_problem(await read_answer(reader), 400, "malformed-request")


async def test_methods_are_told(common_settings: dict[str, Any]) -> None:
    one = f"{PATH}/{uuid4()}"
    async with api("validation", settings_of("validation", common_settings)) as client:
        wrong = await client.patch(one)
        assert_problem(wrong, 405, "method-not-allowed")
        assert wrong.headers["allow"] == "GET, HEAD, DELETE, OPTIONS"
        asked = await client.options(PATH)
        assert (asked.status_code, asked.headers["allow"], asked.content) == (
            204,
            "GET, HEAD, POST, OPTIONS",
            b"",
        )
        assert_problem(await client.options("/validation/v1/nothing"), 404, "not-found")
        assert_problem(await client.get("/validation/v1/nothing"), 404, "not-found")
        assert_problem(await client.get(PATH + "/"), 404, "not-found")
        found = await client.head("/validation/health/live")
        assert (found.status_code, found.content) == (200, b"")
        absent = await client.head(one)
        assert (absent.status_code, absent.content) == (404, b"")


async def test_head_over_a_real_connection_leaves_it_usable(common_settings: dict[str, Any]) -> None:
    async with (
        listening("validation", settings_of("validation", common_settings)) as port,
        connected(port) as (reader, writer),
    ):
        writer.write(head("HEAD", "/validation/health/live"))
        first = (await reader.readuntil(b"\r\n\r\n")).decode()
        assert first.startswith("HTTP/1.1 200")
        writer.write(head("GET", "/validation/health/live"))
        assert (await read_answer(reader)).json() == {"status": "ok"}


PREFERENCES = {
    "": None,
    "respond-async": None,
    "wait": None,
    "wait=": None,
    "wait=-1": None,
    "wait=abc": None,
    "wait=1e9": None,
    "nowait=5": None,
    "wait=99999999999999999999": "wait=1",
    "wait=1;x=y, respond-async": "wait=1",
    'WAIT = "1"': "wait=1",
    "wait=0": "wait=0",
}


@pytest.mark.parametrize("prefer", PREFERENCES)
async def test_a_preference_is_applied_or_ignored(prefer: str, common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings, validation_max_wait_seconds=1)
    async with api("validation", settings) as client:
        answer = await client.post(
            PATH, content=multipart(FILE, SCHEMA), headers={"content-type": FORM, "prefer": prefer}
        )
    assert answer.status_code == 202, answer.text
    assert answer.headers.get("preference-applied") == PREFERENCES[prefer]


async def send(client: Client, key: str, *, content: bytes = b"A\n1\n", schema: bytes = SCHEMA[2]) -> Any:
    """Upload a small file with an Idempotency-Key."""
    return await client.post(
        PATH,
        content=multipart(("file", "a.csv", content), ("schema", None, schema)),
        headers={"content-type": FORM, "idempotency-key": key},
    )


async def test_the_same_request_again_gives_the_same_validation(
    common_settings: dict[str, Any], database_url: str
) -> None:
    settings = settings_of("validation", common_settings)
    other_caller = await create_key(database_url, "validation:write")
    async with api("validation", settings) as client:
        first = await send(client, "k1")
        again = await send(client, "k1")
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json()["id"] == again.json()["id"]
        assert len(kept_files(settings)) == 1, "the file of the twin is discarded"
        for other in (
            await send(client, "k1", content=b"B\n2\n"),
            await send(client, "k1", schema=b"scdl/subventions"),
        ):
            assert_problem(other, 422, "idempotency-key-reused")
        assert len(kept_files(settings)) == 1
        client.headers["x-api-key"] = other_caller
        independent = await send(client, "k1", content=b"B\n2\n")
        assert independent.status_code == 202
        assert independent.json()["id"] != first.json()["id"]
    assert await rows(settings, "validation.validation") == 2


async def test_concurrent_twins_make_one_validation(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client:
        answers = await asyncio.gather(*(send(client, "twin") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await rows(settings, "validation.validation") == 1
    assert len(kept_files(settings)) == 1


@pytest.mark.parametrize("key", ["", "x" * 300, "é", "a\tb"])
async def test_an_idempotency_key_that_cannot_be_kept_is_refused(
    key: str, common_settings: dict[str, Any]
) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client:
        answer = await client.post(
            PATH,
            content=multipart(FILE, SCHEMA),
            headers=[(b"content-type", FORM.encode()), (b"idempotency-key", key.encode("latin-1"))],
        )
    assert_problem(answer, 422, "invalid-request")
    await assert_nothing_kept(settings)


async def test_a_forged_request_id_is_replaced(common_settings: dict[str, Any]) -> None:
    async with api("validation", settings_of("validation", common_settings)) as client:
        for forged in ("a\nlevel=error", "x" * 10_000, "", "é", "../../x", "a b"):
            answer = await client.get(
                "/validation/version", headers={b"x-request-id": forged.encode("utf-8")}
            )
            assert answer.headers["x-request-id"] != forged
            assert len(answer.headers["x-request-id"]) == 32
        kept = await client.get("/validation/version", headers={"x-request-id": "portail-42"})
        assert kept.headers["x-request-id"] == "portail-42"


async def test_a_host_that_is_not_ours_is_refused(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings, trusted_hosts=("socle.test",))
    async with api("validation", settings) as client:
        assert (await client.get("/validation/version")).status_code == 200
        answer = await client.get("/validation/version", headers={"host": "evil.example"})
        assert_problem(answer, 400, "malformed-request")


async def test_reads_are_conditional(common_settings: dict[str, Any]) -> None:
    async with api("validation", settings_of("validation", common_settings)) as client:
        made = await client.post(PATH, content=multipart(FILE, SCHEMA), headers={"content-type": FORM})
        read = await client.get(made.headers["location"])
        etag = read.headers["etag"]
        for header in (etag, f'"other", {etag}', f"W/{etag}", "*"):
            again = await client.get(made.headers["location"], headers={"if-none-match": header})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
            assert again.headers["cache-control"] == read.headers["cache-control"]
        for header in ('"other"', etag[:-1], ""):
            again = await client.get(made.headers["location"], headers={"if-none-match": header})
            assert again.status_code == 200


async def test_logs_hold_no_cell_and_no_key(
    common_settings: dict[str, Any], database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Through a refused request, a valid one, a verdict, and a request whose insert fails in the database."""
    settings = settings_of("validation", {**common_settings, "log_format": "json", "log_level": "debug"})
    key = await create_key(database_url, "validation:write")
    wrong = key[:-3] + "abc"
    cell = "Mme-Dupont-secrète"
    async with api("validation", settings) as client, at_work("validation", settings):
        await client.post(
            PATH, content=multipart(FILE, SCHEMA), headers={"content-type": FORM, "x-api-key": wrong}
        )
        await client.post(PATH, content=f'{{"url": "{cell}"'.encode(), headers=JSON)
        answer = await client.post(
            PATH,
            content=multipart(("file", "a.csv", f"COLL_NOM\n{cell}\n".encode()), SCHEMA),
            headers={"content-type": FORM, "authorization": f"Bearer {key}", "prefer": "wait=30"},
        )
        assert answer.json()["state"] == "done", answer.text
    logged = capsys.readouterr().err
    assert "work started" in logged
    for secret in (cell, "Dupont", key, wrong, key.rpartition("_")[2]):
        assert secret not in logged


async def test_a_log_line_cannot_be_forged_by_a_path(
    common_settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_of("validation", {**common_settings, "log_format": "json"})
    async with api("validation", settings) as client:
        await client.get('/validation/x%0A{"event":"forged"}%1B[31m')
    logged = capsys.readouterr().err
    assert '\n{"event":"forged"' not in logged
    assert "\x1b" not in logged
    assert "forged" in logged
