"""Uploads that must be refused: each answers a clear problem, and leaves neither a row nor a file."""

import asyncio
import re
from typing import Any

import pytest

from tests.api.conftest import Client, api, at_work, settings_of
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

PATH = "/validation/v1/validations"
SCHEMA = ("schema", None, b"scdl/deliberations")
FILE = ("file", "a.csv", b"COLL_NOM\nBesan\xc3\xa7on\n")
HEADER = (
    b"COLL_NOM,COLL_SIRET,DELIB_ID,DELIB_DATE,DELIB_MATIERE_CODE,DELIB_MATIERE_NOM,DELIB_OBJET,BUDGET_ANNEE,"
    b"BUDGET_NOM,PREF_ID,PREF_DATE,VOTE_EFFECTIF,VOTE_REEL,VOTE_POUR,VOTE_CONTRE,VOTE_ABSTENTION,DELIB_URL\n"
)


async def post(client: Client, body: bytes, **headers: str) -> Any:
    """Send a form as it is."""
    return await client.post(PATH, content=body, headers={"content-type": FORM, **headers})


REFUSED = {
    "no file": ((SCHEMA,), 422, "missing-file"),
    "file sent as a plain field": ((("file", None, b"A;B"), SCHEMA), 422, "missing-file"),
    "two files": ((FILE, FILE, SCHEMA), 422, "invalid-request"),
    "file under another name": ((FILE, ("fichier", "b.csv", b"x"), SCHEMA), 422, "invalid-request"),
    "unknown field": ((FILE, SCHEMA, ("state", None, b"done")), 422, "invalid-request"),
    "unknown field, hostile name": ((FILE, ("a~/\x01'--", None, b"x"), SCHEMA), 422, "invalid-request"),
    "schema given twice": ((FILE, SCHEMA, ("schema", None, b"scdl/subventions")), 422, "invalid-request"),
    "no schema": ((FILE,), 422, "invalid-request"),
    "blank schema": ((FILE, ("schema", None, b"  ")), 422, "invalid-request"),
    "unknown schema": ((FILE, ("schema", None, b"scdl/deliberation")), 422, "unknown-schema"),
    "unknown version": ((FILE, ("schema", None, b"scdl/deliberations@99")), 422, "unknown-schema"),
    "schema as a path": ((FILE, ("schema", None, b"../../etc/passwd")), 422, "unknown-schema"),
    "schema as a file's address": ((FILE, ("schema", None, b"file:///etc/passwd")), 422, "url-not-allowed"),
    "schema as a hostile address": (
        (FILE, ("schema", None, b"http://u:p@e.fr/s.json")),
        422,
        "url-not-allowed",
    ),
    "schema not JSON": ((FILE, ("schema", None, b"{")), 422, "unusable-schema"),
    "schema not JSON, as a file": (
        (FILE, ("schema", "s.json", b"scdl/deliberations")),
        422,
        "unusable-schema",
    ),
    "schema of 3 MB": ((FILE, ("schema", "s.json", b"[" * 3_000_000)), 422, "unusable-schema"),
    "schema twice, as a file": ((FILE, SCHEMA, ("schema", "s.json", b"{}")), 422, "invalid-request"),
    "schema with SQL": ((FILE, ("schema", None, b"'; DROP TABLE validation; --")), 422, "unknown-schema"),
    "NUL in a field": ((FILE, ("schema", None, b"scdl\x00")), 400, "malformed-request"),
    "schema not in UTF-8": ((FILE, ("schema", None, b"scdl/d\xe9lib")), 400, "malformed-request"),
    "huge field": ((FILE, ("schema", None, b"x" * 1_000_001)), 422, "invalid-request"),
    "many fields": ((FILE, *((("schema", None, b"x"),) * 60)), None, None),
    "empty file": ((("file", "vide.csv", b""), SCHEMA), 422, "empty-file"),
    "no file chosen in a browser": ((("file", "", b""), SCHEMA), 422, "empty-file"),
    "too large": ((("file", "gros.csv", b"a" * 3000), SCHEMA), 413, "upload-too-large"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_form_that_does_not_fit_is_refused_and_leaves_nothing(
    case: str, common_settings: dict[str, Any]
) -> None:
    parts, status, slug = REFUSED[case]
    settings = settings_of("validation", common_settings, validation_max_upload_bytes=2000)
    async with api("validation", settings) as client:
        answer = await post(client, multipart(*parts))
    if status is None:
        assert 400 <= answer.status_code < 500
    else:
        assert slug is not None
        assert_problem(answer, status, slug)
    await assert_nothing_kept(settings)


async def test_the_nearest_schemas_are_given(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client:
        answer = await post(client, multipart(FILE, ("schema", None, b"scdl/deliberation")))
    body = assert_problem(answer, 422, "unknown-schema")
    assert "scdl/deliberations" in body["close"]
    assert "scdl/deliberations" in body["detail"]
    assert "scdl/deliberations" in body["detail_en"]


BROKEN = {
    "no end": (FORM, multipart(FILE, SCHEMA, end=False), 400),
    "cut in a header": (FORM, b"--limite\r\nContent-Dispo", 400),
    "another boundary": (FORM, multipart(FILE, SCHEMA).replace(b"limite", b"autre"), 400),
    "no boundary": ("multipart/form-data", multipart(FILE), 400),
    "huge boundary": (f"multipart/form-data; boundary={'x' * 300}", b"--x", 400),
    "empty body": (FORM, b"", 400),
    "not a form": (FORM, b"\x00\xff" * 500, 400),
    "header without a colon": (FORM, b"--limite\r\nnonsense\r\n\r\nx\r\n--limite--\r\n", 400),
    "endless header": (FORM, b"--limite\r\nX: " + b"y" * 20_000, 400),
    "countless headers": (FORM, b"--limite\r\n" + b"X: y\r\n" * 5000, 400),
    "countless parts": (FORM, multipart(*[("schema", None, b"")] * 1000), 422),
    "a part without a name": (FORM, b"--limite\r\nContent-Type: x\r\n\r\nabc\r\n--limite--\r\n", 422),
    "url-encoded": ("application/x-www-form-urlencoded", b"file=a&schema=b", 415),
    "plain text": ("text/plain", b"COLL_NOM", 415),
    "CSV as it is": ("text/csv", b"COLL_NOM", 415),
    "no content type": ("", b"COLL_NOM", 415),
    "XML": ("application/xml", b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>", 415),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_what_is_not_a_form_is_refused_and_leaves_nothing(
    case: str, common_settings: dict[str, Any]
) -> None:
    content_type, body, status = BROKEN[case]
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client:
        answer = await client.post(
            PATH, content=body, headers={"content-type": content_type} if content_type else {}
        )
    slug = {400: "malformed-request", 415: "unsupported-media-type", 422: "invalid-request"}[status]
    assert_problem(answer, status, slug)
    await assert_nothing_kept(settings)


async def test_a_header_alone_is_a_valid_file_of_no_rows(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client, at_work("validation", settings):
        answer = await post(client, multipart(("file", "a.csv", HEADER), SCHEMA), prefer="wait=30")
        assert answer.status_code == 201, answer.text
        body = answer.json()
    assert (body["outcome"], body["stats"]) == ("valid", {"rows": 0, "errors": 0, "warnings": 0})


LABELS = {
    "../../../../etc/passwd": "passwd",
    "C:\\\\Users\\\\maire\\\\budget.csv": "budget.csv",
    "/": "fichier",
    "..": "..",
    "a\tb\x1b[31m.csv": "ab[31m.csv",
    "facture\u202evsc.exe": "facturevsc.exe",
    "x" * 4000 + ".csv": "x" * 255,
    "délibérations 2024 ✓.csv": "délibérations 2024 ✓.csv",
    "<img src=x onerror=alert(1)>.csv": "<img src=x onerror=alert(1)>.csv",
    "%00%2e%2e.csv": "%00%2e%2e.csv",
    "a;b='c'.csv": "a;b='c'.csv",
}


@pytest.mark.parametrize("name", LABELS)
async def test_a_file_name_is_a_mere_label(name: str, common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client:
        answer = await post(client, multipart(("file", name, b"A\n1\n"), SCHEMA))
        assert answer.status_code == 202, answer.text
    assert answer.json()["source"]["filename"] == LABELS[name]
    [kept] = kept_files(settings)
    assert re.fullmatch(r"objects/validation/uploads/[0-9a-f-]{36}", kept), "no name of a client's"


async def test_a_file_name_of_ten_thousand_characters_is_refused_or_cut(
    common_settings: dict[str, Any],
) -> None:
    """The part's header is longer than accepted."""
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client:
        answer = await post(client, multipart(("file", "x" * 10_000, b"A\n1\n"), SCHEMA))
    assert_problem(answer, 400, "malformed-request")
    await assert_nothing_kept(settings)


async def test_an_upload_over_the_limit_is_refused_from_its_declared_length(
    common_settings: dict[str, Any],
) -> None:
    """Before the body is sent: a client that waits for `100 Continue` sends nothing at all."""
    settings = settings_of("validation", common_settings, validation_max_upload_bytes=1_000_000)
    async with listening("validation", settings) as port, connected(port) as (reader, writer):
        writer.write(
            head("POST", PATH, content_type=FORM, content_length=10**12, expect="100-continue"),
        )
        await writer.drain()
        body = assert_problem(await read_answer(reader), 413, "upload-too-large")
    assert body["limit_bytes"] == 1_000_000
    await assert_nothing_kept(settings)


async def test_a_chunked_upload_over_the_limit_is_refused_where_it_passes_it(
    common_settings: dict[str, Any],
) -> None:
    settings = settings_of("validation", common_settings, validation_max_upload_bytes=100_000)
    async with listening("validation", settings) as port, connected(port) as (reader, writer):
        writer.write(head("POST", PATH, content_type=FORM, transfer_encoding="chunked"))
        writer.write(chunked(multipart(("file", "a.csv", b""), end=False)[:-2]))
        for _ in range(10):
            writer.write(chunked(b"x" * 30_000))
        await writer.drain()
        assert_problem(await read_answer(reader), 413, "upload-too-large")
    await assert_nothing_kept(settings)


@pytest.mark.parametrize("way", ["declared", "chunked"])
async def test_a_client_that_goes_away_leaves_nothing(way: str, common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    start = multipart(FILE, end=False)[:-2]
    async with listening("validation", settings) as port:
        async with connected(port) as (_, writer):
            if way == "declared":
                writer.write(head("POST", PATH, content_type=FORM, content_length=50_000) + start)
            else:
                writer.write(head("POST", PATH, content_type=FORM, transfer_encoding="chunked"))
                writer.write(chunked(start))
            await writer.drain()
            await asyncio.sleep(0.3)
            assert [name.partition("/")[0] for name in kept_files(settings)] == ["drafts"]
        async with asyncio.timeout(10):
            while kept_files(settings):
                await asyncio.sleep(0.02)
    await assert_nothing_kept(settings)


async def test_a_client_that_goes_away_after_the_file_leaves_nothing(common_settings: dict[str, Any]) -> None:
    """The file is whole, and the form is not."""
    settings = settings_of("validation", common_settings)
    async with listening("validation", settings) as port:
        async with connected(port) as (_, writer):
            writer.write(head("POST", PATH, content_type=FORM, transfer_encoding="chunked"))
            writer.write(chunked(multipart(FILE, ("schema", None, b"scdl/del"), end=False)[:-4]))
            await writer.drain()
            async with asyncio.timeout(10):
                while not any(name.startswith("objects/") for name in kept_files(settings)):
                    await asyncio.sleep(0.02)
        async with asyncio.timeout(10):
            while kept_files(settings):
                await asyncio.sleep(0.02)
    await assert_nothing_kept(settings)


async def test_a_body_that_stops_coming_is_answered_408(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings, body_timeout_seconds=0.4)
    async with listening("validation", settings) as port, connected(port) as (reader, writer):
        writer.write(head("POST", PATH, content_type=FORM, content_length=50_000) + multipart(FILE)[:50])
        await writer.drain()
        answer = await read_answer(reader)
        assert_problem(answer, 408, "request-timeout")
        assert answer.headers["connection"] == "close"
    await assert_nothing_kept(settings)


async def test_a_body_that_comes_byte_by_byte_is_answered_408(common_settings: dict[str, Any]) -> None:
    """Each byte comes in time, the whole never would."""
    settings = settings_of("validation", common_settings, body_timeout_seconds=0.5)
    async with listening("validation", settings) as port, connected(port) as (reader, writer):

        async def drip() -> None:
            writer.write(head("POST", PATH, content_type=FORM, content_length=50_000))
            for byte in multipart(FILE) + b"x" * 1000:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.1)

        dripping = asyncio.create_task(drip())
        try:
            assert_problem(await read_answer(reader), 408, "request-timeout")
        finally:
            dripping.cancel()
            await asyncio.gather(dripping, return_exceptions=True)
    await assert_nothing_kept(settings)


async def test_a_slow_json_body_is_answered_408(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings, body_timeout_seconds=0.4)
    async with listening("validation", settings) as port, connected(port) as (reader, writer):
        writer.write(head("POST", PATH, content_type="application/json", content_length=500) + b'{"url": "')
        await writer.drain()
        assert_problem(await read_answer(reader), 408, "request-timeout")
    await assert_nothing_kept(settings)


async def test_a_refused_upload_does_not_stop_the_next_one(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client:
        assert_problem(await post(client, multipart(SCHEMA)), 422, "missing-file")
        accepted = await post(client, multipart(FILE, SCHEMA))
        assert accepted.status_code == 202, accepted.text
    assert await rows(settings, "validation.validation") == 1
    assert len(kept_files(settings)) == 1
