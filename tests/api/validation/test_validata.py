"""The endpoint for Validata's clients: the same parameters, the same forms of answer, ours the verdict."""

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.validation.engine import Options, validate
from tests.api.conftest import Client, api, at_work, settings_of
from tests.api.test_main_job import GOOD, HEADER, WRONG_DATE
from tests.support.api import assert_nothing_kept
from tests.support.http_servers import Asked, endless, reply, serving

PATH = "/validation/validata/validate"
SCHEMA = "scdl/deliberations"
MEMBERS = ["schema", "url", "options", "version", "date"]
STATS = {"errors", "warnings", "seconds", "fields", "rows", "rows_processed"}


@pytest.fixture
async def client(common_settings: dict[str, Any]) -> AsyncIterator[Client]:
    """A client of the API, with a worker."""
    settings = settings_of("validation", common_settings, validation_processes=1)
    async with api("validation", settings) as client, at_work("validation", settings):
        yield client


def reported(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert list(body) == [*MEMBERS, "report"]
    assert set(body["report"]["stats"]) == STATS
    return body


def refused(answer: httpx.Response, kind: str, status: int = 400) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    assert list(body) == [*MEMBERS, "error"]
    assert set(body["error"]) == {"message", "type"}
    assert body["error"]["type"] == kind
    assert len(body["error"]["message"]) > 20
    return body


async def test_a_file_sent_or_at_an_address_has_the_same_report(client: Client) -> None:
    data = (HEADER + GOOD + WRONG_DATE).encode()
    async with serving(reply(data)) as server:
        url = server.url("/a.csv")
        found = [
            reported(await client.get(PATH, params={"schema": SCHEMA, "url": url})),
            reported(await client.post(PATH, data={"schema": SCHEMA, "url": url})),
            reported(await client.post(PATH, params={"schema": SCHEMA, "url": url})),
            reported(await client.post(PATH, data={"schema": SCHEMA}, files={"file": ("a.csv", data)})),
        ]
    assert [body["url"] for body in found] == [url, url, url, "a.csv"]
    assert {body["schema"] for body in found} == {SCHEMA}
    for body in found:
        report = body["report"]
        assert report["valid"] is False
        assert report["stats"]["rows"] == report["stats"]["rows_processed"] == 2
        [error] = report["errors"]
        assert error == {
            "title": error["title"],
            "message": error["message"],
            "type": "type-error",
            "tags": ["#table", "#row", "#cell"],
            "rowNumber": 3,
            "fieldName": "DELIB_DATE",
            "fieldNumber": 4,
            "cell": "12/03/2024",
        }


async def test_the_report_stays_at_the_address_that_the_answer_gives(client: Client) -> None:
    answer = await client.post(PATH, data={"schema": SCHEMA}, files={"file": ("a.csv", HEADER.encode())})
    assert reported(answer)["report"]["valid"] is True
    assert (await client.get(answer.headers["location"] + "/report")).json()["valid"] is True


async def test_the_case_of_the_header_is_ignored_when_asked_in_either_way(client: Client) -> None:
    data = (HEADER.lower() + GOOD).encode()
    for options, ignored in (
        ({}, False),
        ({"ignore_header_case": "true"}, True),
        ({"ignore_header_case": "false"}, False),
        ({"header_case": "true"}, False),
        ({"header_case": "false"}, True),
        ({"header_case": "False", "unknown": "x"}, True),
    ):
        body = reported(
            await client.post(PATH, data={"schema": SCHEMA, **options}, files={"file": ("a.csv", data)})
        )
        assert body["report"]["valid"] is ignored, options
        assert body["options"] == {"ignore_header_case": ignored, "include_resource_data": False}


async def test_the_cells_come_with_the_report_when_asked(client: Client) -> None:
    data = b"a,b\n1,=1+1\n2\n"
    schema = json.dumps({"fields": [{"name": "a", "type": "integer"}, {"name": "b"}]})
    rows = [["a", "b"], ["1", "=1+1"], ["2", ""]]
    async with serving(reply(data)) as server, serving(reply(schema.encode())) as other:
        asked = {"schema": other.url("/schema.json"), "include_resource_data": "true"}
        for answer in (
            await client.get(PATH, params={**asked, "url": server.url("/a.csv")}),
            await client.post(PATH, data=asked, files={"file": ("a.csv", data)}),
        ):
            body = reported(answer)
            assert body["report"]["resource_data"] == rows
            assert body["options"]["include_resource_data"] is True
            [error] = body["report"]["errors"]
            assert (error["type"], error["cells"]) == ("missing-cell", ["2"])
    answer = await client.post(
        PATH, data={"schema": SCHEMA, "include_resource_data": "1"}, files={"file": ("a.pdf", b"%PDF-1.7")}
    )
    body = reported(answer)
    assert "resource_data" not in body["report"]
    assert "resource_data" in body["report"]["warnings"][-1]


async def test_what_has_no_report_is_refused_in_its_form(
    client: Client, common_settings: dict[str, Any]
) -> None:
    file = {"file": ("a.csv", b"A\n1\n")}
    refused(await client.get(PATH), "invalid-request")
    refused(await client.get(PATH, params={"schema": SCHEMA}), "source-error")
    refused(await client.post(PATH, files=file), "invalid-request")
    refused(await client.post(PATH, data={"schema": SCHEMA}, files={"file": ("a.csv", b"")}), "source-error")
    body = refused(await client.post(PATH, data={"schema": "scdl/deliberation"}, files=file), "schema-error")
    assert body["schema"] == "scdl/deliberation"
    refused(
        await client.post(PATH, data={"schema": SCHEMA, "url": "http://a.fr/"}, files=file), "invalid-request"
    )
    refused(
        await client.post(PATH, content=b"x", headers={"content-type": "multipart/form-data"}),
        "malformed-request",
    )
    two = [("file", ("a.csv", b"A\n")), ("file", ("b.csv", b"B\n"))]
    refused(await client.post(PATH, data={"schema": SCHEMA}, files=two), "invalid-request")
    english = await client.get(PATH, headers={"accept-language": "en"})
    assert "Give the schema" in english.json()["error"]["message"]
    await assert_nothing_kept(settings_of("validation", common_settings))


async def test_an_address_is_fetched_by_the_guarded_client(client: Client) -> None:
    for url in ("http://169.254.169.254/", "file:///etc/passwd", "/etc/passwd", "http://10.0.0.1/a.csv"):
        for more in ({}, {"include_resource_data": "true"}):
            body = refused(
                await client.get(PATH, params={"schema": SCHEMA, "url": url, **more}), "source-error"
            )
            assert body["url"] == url
        refused(
            await client.post(
                PATH,
                data={"schema": f"{url}?schema" if "://" in url else url},
                files={"file": ("a.csv", b"A\n1\n")},
            ),
            "source-error" if "://" in url else "schema-error",
        )
    async with serving(reply(b"no", 404)) as server:
        refused(await client.get(PATH, params={"schema": SCHEMA, "url": server.url()}), "source-error")


async def test_a_schema_that_is_wrong_has_a_report_that_says_so(client: Client) -> None:
    async with serving(reply(b'{"fields": [{"name": "a", "type": "nombre"}]}')) as server:
        answer = await client.post(
            PATH, data={"schema": server.url("/s.json")}, files={"file": ("a.csv", b"a\n1\n")}
        )
    assert [error["type"] for error in reported(answer)["report"]["errors"]] == ["schema-error"]
    async with serving(reply(b"not json")) as server:
        answer = await client.post(
            PATH, data={"schema": server.url("/s.json")}, files={"file": ("a.csv", b"a\n1\n")}
        )
    refused(answer, "schema-error")


async def test_what_takes_too_long_is_said_and_found_later(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings, validation_max_wait_seconds=0)
    async with api("validation", settings) as client:
        answer = await client.post(PATH, data={"schema": SCHEMA}, files={"file": ("a.csv", HEADER.encode())})
        body = refused(answer, "validation-takes-long", 503)
        assert answer.headers["location"] in body["error"]["message"]
        assert int(answer.headers["retry-after"]) > 0
        state = (await client.get(answer.headers["location"])).json()["state"]
        assert state == "queued"


async def test_limits_are_those_of_the_service(common_settings: dict[str, Any]) -> None:
    settings = settings_of(
        "validation", common_settings, validation_rate_anonymous="3/hour", validation_max_upload_bytes=5000
    )
    async with api("validation", settings) as client:
        big = {"file": ("a.csv", b"x" * 6000)}
        refused(await client.post(PATH, data={"schema": SCHEMA}, files=big), "source-error", 413)
        async with serving(endless(b"HTTP/1.1 200 x\r\n\r\n", iter(lambda: b"y" * 4096, None))) as server:
            asked = {"schema": SCHEMA, "url": server.url(), "include_resource_data": "true"}
            refused(await client.get(PATH, params=asked), "source-error")
        refused(await client.get(PATH), "invalid-request")
        answer = await client.get(PATH)
        refused(answer, "too-many-requests", 429)
        assert "retry-after" in answer.headers
    await assert_nothing_kept(settings)


# --- The corpus, through the endpoint


async def _replay(common_settings: dict[str, Any], material: Path, every: int) -> int:
    """Send the real files with their official schemas, at their addresses, and compare with the engine alone."""
    data = material / "data"
    with gzip.open(data / "corpus" / "expected.ndjson.gz", "rt", encoding="utf-8") as lines:
        pairs = [json.loads(line) for line in lines][::every]
    settings = settings_of(
        "validation",
        common_settings,
        validation_rate_anonymous="100000/minute",
        rate_per_address="100000/minute",
    )

    async def serve(asked: Asked, writer: Any) -> None:
        await reply((data / "schemas" / asked.target.lstrip("/")).read_bytes())(asked, writer)

    async with (
        serving(serve) as schemas,
        api("validation", settings) as client,
        at_work("validation", settings),
    ):
        for pair in pairs:
            source = data / "corpus" / pair["file"]
            schema = f"{pair['schema']}/schema.json"
            alone = validate(source, data / "schemas" / schema, Options(label=source.name))
            answer = await client.post(
                PATH,
                data={"schema": schemas.url(f"/{schema}")},
                files={"file": (source.name, source.read_bytes())},
            )
            report = reported(answer)["report"]
            told = (
                report["valid"],
                report["stats"]["errors"],
                report["stats"]["rows"],
                len(report["warnings"]),
            )
            assert told == (alone.valid, alone.error_count, alone.table.rows, alone.warning_count), pair
            assert [error.get("rowNumber") for error in report["errors"] if "rowNumber" in error] == [
                entry.row
                for entry in alone.errors
                if entry.row is not None and not entry.code.endswith("-label")
            ], pair
    return len(pairs)


async def test_real_files_have_the_verdict_of_the_engine(
    common_settings: dict[str, Any], working_material: Path
) -> None:
    assert await _replay(common_settings, working_material, every=12) == 15


@pytest.mark.slow
async def test_every_real_file_has_the_verdict_of_the_engine(
    common_settings: dict[str, Any], working_material: Path
) -> None:
    assert await _replay(common_settings, working_material, every=1) == 176
