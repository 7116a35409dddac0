"""Many datasets in one request: an outcome for each, in order; one bad line stops nothing; nothing is written twice."""

import asyncio
import gzip
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from shared.settings import Settings
from tests.api.catalog.test_sources import sending, state_of
from tests.api.conftest import Client, settings_of
from tests.support.api import (
    assert_problem,
    chunked,
    connected,
    head,
    listening,
    rows,
)

BULK = "/catalog/v1/sources/databfc/bulk"
LINES = "application/x-ndjson"


@pytest.fixture
def settings(common_settings: dict[str, Any]) -> Settings:
    """The catalog's settings."""
    return settings_of("catalog", common_settings)


def line(number: int, **more: Any) -> bytes:
    """Return a dataset as a line."""
    return orjson.dumps({"remote_id": f"jeu-{number}", "title": f"Jeu {number}", "description": "d", **more})


async def send(client: Client, body: bytes, media_type: str = LINES, **params: str) -> list[dict[str, Any]]:
    """Send a body and return the outcomes."""
    answer = await client.post(BULK, content=body, headers={"content-type": media_type}, params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == LINES
    return [orjson.loads(item) for item in answer.content.splitlines()]


BAD_LINES: dict[str, tuple[bytes, str | None]] = {
    "not JSON": (b'{"remote_id": ', None),
    "not UTF-8": (b'{"remote_id": "\xff"}', None),
    "a list": (b"[]", None),
    "NUL": (b'{"remote_id": "a", "title": "a\\u0000", "description": "d"}', None),
    "deep": (b'{"remote_id": "a", "extras": {"a": ' + b"[" * 300 + b"]" * 300 + b"}}", None),
    "no identifier": (b'{"title": "t", "description": "d"}', None),
    "an identifier of spaces": (b'{"remote_id": "  ", "title": "t", "description": "d"}', None),
    "no title": (b'{"remote_id": "a", "description": "d"}', "/title"),
    "an unknown member": (line(1, owner="key:x"), "/owner"),
    "2^63": (line(1, resources=[{"title": "r", "filesize": 2**63}]), "/resources/0/filesize"),
    "an address that is none": (line(1, landing_page="javascript:alert(1)"), "/landing_page"),
    "an unknown schema": (
        line(1, resources=[{"title": "r", "schema": {"name": "x"}}]),
        "/resources/0/schema",
    ),
    "too long": (line(1, description="x" * 2_100_000), None),
}


async def test_one_bad_line_stops_nothing(settings: Settings) -> None:
    body = b"\n".join(piece for bad, _ in BAD_LINES.values() for piece in (bad, b"", line(900)))
    async with sending(settings) as client:
        outcomes = await send(client, body)
    assert [item["line"] for item in outcomes] == [
        n for k in range(len(BAD_LINES)) for n in (3 * k + 1, 3 * k + 3)
    ]
    for (case, (_, pointer)), outcome in zip(BAD_LINES.items(), outcomes[::2], strict=True):
        assert outcome["outcome"] == "refused", case
        assert outcome["message"] != outcome["message_en"], case
        assert pointer is None or outcome["errors"][0]["pointer"] == pointer, case
    assert [item["outcome"] for item in outcomes[1::2]] == ["created"] + ["unchanged"] * (len(BAD_LINES) - 1)
    assert await rows(settings, "catalog.dataset") == 1


async def test_created_unchanged_updated_deleted(settings: Settings) -> None:
    count = 600
    many = b"\n".join(line(number) for number in range(count))
    async with sending(settings) as client:
        assert Counter(item["outcome"] for item in await send(client, many)) == {"created": count}
        before = await state_of(settings)
        assert Counter(item["outcome"] for item in await send(client, many + b"\n")) == {"unchanged": count}
        assert await state_of(settings) == before, "nothing is written when nothing changed"
        mixed = [
            line(1),
            line(2, title="x"),
            line(1, title="y"),
            line(5000),
            b'{"remote_id":"jeu-3","deleted":true}',
        ]
        outcomes = await send(client, b"\n".join(mixed))
        assert [item["outcome"] for item in outcomes] == [
            "unchanged",
            "updated",
            "updated",
            "created",
            "deleted",
        ]
        shown = (await client.get("/catalog/v1/sources/databfc/datasets/jeu-1")).json()
        assert shown["title"] == "y"
        source = (await client.get("/catalog/v1/sources/databfc")).json()
        assert source["datasets"] == count, "one more, one less"
        again = await send(client, line(3))
        assert [item["outcome"] for item in again] == ["updated"], "sent again, it comes back"


async def test_two_bulks_at_once_make_each_dataset_once(settings: Settings) -> None:
    many = b"\n".join(
        line(number, resources=[{"title": "r", "url": "https://a.example/r"}]) for number in range(300)
    )
    backwards = b"\n".join(reversed(many.split(b"\n")))
    async with sending(settings) as client:
        outcomes = await asyncio.gather(send(client, many), send(client, backwards), send(client, many))
    found = Counter(item["outcome"] for part in outcomes for item in part)
    assert found == {"created": 300, "unchanged": 600}
    assert await rows(settings, "catalog.dataset") == 300
    assert await rows(settings, "catalog.resource") == 300


async def test_outcomes_come_while_lines_are_still_being_sent(settings: Settings) -> None:
    async with sending(settings) as client:
        key = client.headers["x-api-key"]
    async with listening("catalog", settings) as port, connected(port) as (reader, writer):
        writer.write(head("POST", BULK, content_type=LINES, transfer_encoding="chunked", x_api_key=key))
        for number in range(0, 300, 50):
            writer.write(chunked(b"\n".join(line(number + n) for n in range(50)) + b"\n"))
        await writer.drain()
        async with asyncio.timeout(30):
            answer = await reader.readuntil(b'"line":250')
        assert b"200 OK" in answer
        writer.write(chunked(line(1000)) + b"0\r\n\r\n")
        async with asyncio.timeout(30):
            rest = await reader.readuntil(b"0\r\n\r\n")
    assert b'"line":301' in rest


async def test_a_client_that_goes_away_keeps_what_it_was_told(settings: Settings) -> None:
    async with sending(settings) as client:
        key = client.headers["x-api-key"]
    async with listening("catalog", settings) as port, connected(port) as (reader, writer):
        writer.write(head("POST", BULK, content_type=LINES, transfer_encoding="chunked", x_api_key=key))
        writer.write(
            chunked(b"\n".join(line(number) for number in range(260)) + b"\n" + b'{"remote_id": "cut')
        )
        await writer.drain()
        async with asyncio.timeout(30):
            await reader.readuntil(b'"line":250')
    assert 250 <= await rows(settings, "catalog.dataset") <= 260


async def test_a_slow_body_ends_the_answer_and_says_so(common_settings: dict[str, Any]) -> None:
    settings = settings_of("catalog", common_settings, body_timeout_seconds=0.4)
    async with sending(settings) as client:
        key = client.headers["x-api-key"]
    async with listening("catalog", settings) as port, connected(port) as (reader, writer):
        writer.write(head("POST", BULK, content_type=LINES, transfer_encoding="chunked", x_api_key=key))
        writer.write(chunked(line(1) + b"\n"))
        await writer.drain()
        async with asyncio.timeout(30):
            answer = await reader.readuntil(b"0\r\n\r\n")
    last = next(orjson.loads(piece) for piece in answer.splitlines() if b"interrompu" in piece)
    assert last["outcome"] == "refused"
    assert "interrompu" in last["message"]


async def test_another_media_type_is_refused(settings: Settings) -> None:
    async with sending(settings) as client:
        answer = await client.post(BULK, content=line(1), headers={"content-type": "text/plain"})
    assert_problem(answer, 415, "unsupported-media-type")


async def test_the_real_datasets_of_udata_are_all_accepted(
    settings: Settings, working_material: Path
) -> None:
    body = gzip.decompress((working_material / "data/harvest/udata/datasets.ndjson.gz").read_bytes())
    async with sending(settings) as client:
        outcomes = await send(client, body, profile="udata")
        assert Counter(item["outcome"] for item in outcomes) == {"created": 626}
        before = await state_of(settings)
        again = await send(client, body, profile="udata")
        assert Counter(item["outcome"] for item in again) == {"unchanged": 626}
        assert await state_of(settings) == before
        listed = (await client.get("/catalog/api/1/datasets/?page=7&page_size=100")).json()
    assert (listed["total"], len(listed["data"]), listed["next_page"]) == (626, 26, None)
    assert await rows(settings, "catalog.resource") == 3391


CATALOGUES = {
    "dcat/catalog.xml": ("application/rdf+xml", 4),
    "dcat/bnodes.xml": ("application/rdf+xml", 3),
    "dcat/geonetwork.xml": ("application/rdf+xml", 1),
    "dcat/flat.jsonld": ("application/ld+json", 3),
    "dcat/evian.json": ("application/ld+json", 8),
}


async def test_real_catalogues_are_accepted_as_they_are(settings: Settings, working_material: Path) -> None:
    async with sending(settings) as client:
        for name, (media_type, count) in CATALOGUES.items():
            body = (working_material / "data/harvest" / name).read_bytes()
            first = await send(client, body, media_type)
            assert len(first) == count, name
            assert {item["outcome"] for item in first} <= {"created", "updated"}, name
            again = await send(client, body, media_type)
            assert {item["outcome"] for item in again} == {"unchanged"}, name


async def test_a_catalogue_that_cannot_be_read_is_a_problem(settings: Settings) -> None:
    bomb = b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><r>&b;</r>'
    cases = [
        (b"<rdf:RDF>", "application/rdf+xml"),
        (bomb, "application/rdf+xml"),
        (b"<a> <b>", "text/turtle"),
        (b"{", "application/ld+json"),
        (b"A;B\n1;2\n", "text/csv"),
        (b"", "text/csv"),
    ]
    async with sending(settings) as client:
        for body, media_type in cases:
            answer = await client.post(BULK, content=body, headers={"content-type": media_type})
            assert_problem(answer, 422, "payload-unreadable")
    assert await rows(settings, "catalog.dataset") == 0


async def test_a_catalogue_too_large_is_refused(common_settings: dict[str, Any]) -> None:
    settings = settings_of("catalog", common_settings, catalog_max_payload_bytes=1000)
    async with sending(settings) as client:
        answer = await client.post(BULK, content=b"x" * 1001, headers={"content-type": "text/turtle"})
    assert assert_problem(answer, 413, "payload-too-large")["limit_bytes"] == 1000


async def test_a_dataset_put_as_turtle(settings: Settings) -> None:
    body = b"""@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
    <https://a.example/1> a dcat:Dataset ; dct:title "Titre"@fr, "Title"@en ; dct:description "d" ;
      dct:accrualPeriodicity <http://publications.europa.eu/resource/authority/frequency/ANNUAL> ;
      dct:license <https://spdx.org/licenses/etalab-2.0> ;
      dcat:theme <http://publications.europa.eu/resource/authority/data-theme/TRAN> ;
      dct:spatial <http://id.insee.fr/geo/commune/25056> ."""
    path = "/catalog/v1/sources/databfc/datasets/mon-jeu"
    async with sending(settings) as client:
        made = await client.put(path, content=body, headers={"content-type": "text/turtle"})
        assert made.status_code == 201, made.text
        shown = (await client.get(path)).json()
        two = await client.put(
            path, content=body + body.replace(b"/1>", b"/2>"), headers={"content-type": "text/turtle"}
        )
        assert_problem(two, 422, "payload-unreadable")
    told = ("title", "remote_id", "frequency", "license", "themes", "uri")
    assert [shown[name] for name in told] == [
        "Titre",
        "mon-jeu",
        "annual",
        "lov2",
        ["TRAN"],
        "https://a.example/1",
    ]
    assert shown["spatial"]["zones"] == ["fr:commune:25056"]


async def test_a_line_sent_again_undoes_what_was_changed_here_meanwhile(settings: Settings) -> None:
    """Its bytes are those that were known, the dataset is not what they said any more."""
    merge = {"content-type": "application/merge-patch+json"}
    path = "/catalog/v1/sources/databfc/datasets/jeu-1"
    async with sending(settings) as client:
        await send(client, line(1))
        shown = (await client.get(path)).json()
        await client.patch(shown["self"], json={"title": "Autre"}, headers=merge)
        assert [item["outcome"] for item in await send(client, line(1))] == ["updated"]
        assert (await client.get(path)).json()["title"] == "Jeu 1"
        gone = b'{"remote_id": "jeu-1", "deleted": true}'
        assert [item["outcome"] for item in await send(client, gone)] == ["deleted"]
        assert [item["outcome"] for item in await send(client, gone)] == ["unchanged"]
        await client.post(f"{shown['self']}/restore")
        assert [item["outcome"] for item in await send(client, gone)] == ["deleted"]
        assert [item["outcome"] for item in await send(client, line(1))] == ["updated"]
