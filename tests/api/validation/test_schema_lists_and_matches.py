"""The schemas as a user looks for them: listed page by page, compared, guessed from a file."""

import gzip
import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import openpyxl
import pytest

from services.validation.operations.context import open_validation
from services.validation.operations.schema_sync import synchronise
from services.validation.settings import ValidationSettings
from shared.clock import now
from tests.api.conftest import Client, api, settings_of
from tests.api.test_main_job import GOOD, HEADER
from tests.support.api import assert_problem, kept_files
from tests.support.schema_registry import schema_registry, table_schema

HOME = "/validation/v1/schemas"
MATCH = f"{HOME}/match"
DELIBERATIONS = HEADER.strip().split(",")


@pytest.fixture
async def client(common_settings: dict[str, Any]) -> AsyncIterator[Client]:
    settings = settings_of("validation", common_settings, validation_max_upload_bytes=5_000_000)
    async with api("validation", settings) as client:
        yield client


async def sent(client: Client, name: str, content: bytes) -> Any:
    answer = await client.post(MATCH, files={"file": (name, content)})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_list_is_read_page_by_page_and_narrowed_to_an_owner(client: Client) -> None:
    seen: list[str] = []
    url = f"{HOME}?owner=etalab&limit=4"
    while url:
        page = await client.get(url)
        seen += [item["name"] for item in page.json()["items"]]
        url = page.links["next"]["url"] if "next" in page.links else ""
    assert len(seen) > 8
    assert seen == sorted(set(seen))
    assert {name.split("/")[0] for name in seen} == {"etalab"}
    first = await client.get(f"{HOME}?limit=4")
    again = await client.get(f"{HOME}?limit=4", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert_problem(await client.get(f"{HOME}?cursor=bm9uc2Vucw"), 422, "invalid-request")


async def test_what_was_synchronised_is_served_and_says_where_it_comes_from(
    common_settings: dict[str, Any], client: Client
) -> None:
    settings = cast(ValidationSettings, settings_of("validation", common_settings))
    async with schema_registry() as site, open_validation(settings) as context:
        site.publish("essai/arbres", "1.0.0", table_schema("essence", "hauteur_cm"))
        await synchronise(context.db, context.http, site.url, now())
    transport = cast(Any, client)._transport
    await transport.app.state.context.schemas.refresh()
    summary = (await client.get(f"{HOME}/essai/arbres")).json()
    assert (summary["source"], summary["latest"], summary["title"]) == (
        "registry",
        "1.0.0",
        "Titre de essai/arbres",
    )
    for link in summary["links"].values():
        assert (await client.get(link)).status_code == 200, link
    [best] = (await client.post(MATCH, json={"header": ["essence", "hauteur_cm"]})).json()["items"]
    assert (best["schema"], best["score"]) == ("essai/arbres", 1.0)
    assert (await client.get(f"{HOME}/scdl/deliberations")).json()["source"] == "bundle"


async def test_two_versions_are_compared(client: Client) -> None:
    compared = await client.get(f"{HOME}/scdl/subventions/versions/compare?from=2.0.2&to=2.1.1")
    body = compared.json()
    assert (body["from"], body["to"]) == ("2.0.2", "2.1.1")
    before, after = [
        {
            field["name"]: field
            for field in (await client.get(f"{HOME}/scdl/subventions/{version}/schema.json")).json()["fields"]
        }
        for version in ("2.0.2", "2.1.1")
    ]
    assert {field["name"] for field in body["fields_added"]} == after.keys() - before.keys()
    assert {field["name"] for field in body["fields_removed"]} == before.keys() - after.keys()
    for field in body["fields_changed"]:
        for change in field["changes"]:
            part, _, key = change["property"].rpartition(".")
            sides = [side[field["name"]] for side in (before, after)]
            values = [(side.get(part, {}) if part else side).get(key) for side in sides]
            assert [change["before"], change["after"]] == values
    same = (await client.get(f"{HOME}/scdl/subventions/versions/compare?from=2.1.1")).json()
    assert same["stricter"] is False
    assert not any(
        same[part] for part in ("fields_added", "fields_removed", "fields_changed", "rules_changed")
    )
    unknown = await client.get(f"{HOME}/scdl/subventions/versions/compare?from=0.0.1")
    assert_problem(unknown, 422, "unknown-schema")
    assert_problem(await client.get(f"{HOME}/scdl/subventions/versions/compare"), 422, "invalid-request")


async def test_a_header_finds_its_schema_with_the_reasons(client: Client) -> None:
    header = [*DELIBERATIONS[:10], "PREF_DATES", "couleur"]
    body = (await client.post(MATCH, json={"header": header})).json()
    best = body["items"][0]
    assert (best["schema"], best["version"]) == ("scdl/deliberations", "2.1.5")
    assert best["found"] == DELIBERATIONS[:10]
    assert [(pair["column"], pair["field"]) for pair in best["renamed"]] == [("PREF_DATES", "PREF_DATE")]
    assert best["extra"] == ["couleur"]
    assert not set(best["missing_required"]) & set(header)
    assert set(best["missing_required"]) | set(best["missing_optional"]) == set(DELIBERATIONS[11:])
    scores = [item["score"] for item in body["items"]]
    assert scores == sorted(scores, reverse=True)
    assert 0.7 < scores[0] < 1
    assert (await client.post(MATCH, json={"header": ["zzz"]})).json() == {"header": ["zzz"], "items": []}


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(DELIBERATIONS)
    sheet.append(GOOD.strip().split(","))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


TEXT = HEADER + GOOD
FILES = {
    "virgules.csv": TEXT.encode(),
    "accents.csv": (TEXT + GOOD).encode("cp1252"),
    "points-virgules.csv": TEXT.replace(",", ";").encode(),
    "utf16.csv": b"\xff\xfe" + TEXT.encode("utf-16-le"),
    "compresse.csv.gz": gzip.compress(TEXT.encode()),
    "archive.zip": zipped("deliberations.csv", TEXT.encode()),
    "classeur.xlsx": workbook(),
}


async def test_a_file_of_each_format_finds_its_schema_and_nothing_is_kept(
    client: Client, common_settings: dict[str, Any]
) -> None:
    for name, content in FILES.items():
        body = await sent(client, name, content)
        assert body["header"] == DELIBERATIONS, name
        assert (body["items"][0]["schema"], body["items"][0]["score"]) == ("scdl/deliberations", 1.0), name
    assert kept_files(settings_of("validation", common_settings)) == []


async def test_only_the_beginning_of_a_long_text_is_looked_at(client: Client) -> None:
    long = (HEADER + GOOD * 20_000).encode()
    assert len(long) > 1_500_000
    whole = await sent(client, "long.csv", long)
    assert whole["header"] == DELIBERATIONS
    utf16 = b"\xff\xfe" + (HEADER + GOOD * 8_000).encode("utf-16-le")
    assert (await sent(client, "long16.csv", utf16))["header"] == DELIBERATIONS
    damaged_further_on = long[:1_200_000] + b"\xff\x00\xff" * 1000
    assert await sent(client, "long.csv", damaged_further_on) == whole


async def test_every_real_schema_finds_itself_from_its_own_columns(client: Client) -> None:
    listed = (await client.get(f"{HOME}?limit=200")).json()["items"]
    for item in listed:
        fields = (await client.get(item["links"]["schema"])).json()["fields"]
        names = [field["name"] for field in fields]
        items = (await client.post(MATCH, json={"header": names})).json()["items"]
        best = [found["schema"] for found in items if found["score"] == items[0]["score"]]
        assert item["name"] in best, (item["name"], items[0]["schema"])


@pytest.mark.parametrize(
    ("content", "status", "slug"),
    [
        (b"", 422, "empty-file"),
        (b"%PDF-1.7 ...", 422, "unreadable-file"),
        (b"<!doctype html><html>", 422, "unreadable-file"),
        (b"PK\x03\x04" + b"\x00" * 500, 422, "unreadable-file"),
        (b"\x1f\x8b\x08" + b"\xff" * 500, 422, "unreadable-file"),
        (b"a" * 6_000_000, 413, "upload-too-large"),
        (b"\x1f\x8b" + b"a" * 6_000_000, 413, "upload-too-large"),
    ],
    ids=["empty", "pdf", "page", "zip", "gzip", "large text", "large gzip"],
)
async def test_what_is_no_table_is_told(client: Client, content: bytes, status: int, slug: str) -> None:
    answer = await client.post(MATCH, files={"file": ("x.csv", content)})
    assert_problem(answer, status, slug)


async def test_a_bomb_ends_within_the_limits(client: Client) -> None:
    bomb = zipped("x.csv", b"a;" * 150_000_000)
    assert len(bomb) < 1_000_000
    answer = await client.post(MATCH, files={"file": ("x.zip", bomb)})
    assert answer.status_code == 422, answer.text
    assert (await sent(client, "après.csv", TEXT.encode()))["header"] == DELIBERATIONS


@pytest.mark.parametrize(
    "body",
    [
        {"header": []},
        {"header": ["x" * 501]},
        {"header": ["x"] * 2001},
        {"header": [1]},
        {"header": ["a"], "more": 1},
        {},
        [],
    ],
    ids=range(7),
)
async def test_a_bad_header_is_refused(client: Client, body: Any) -> None:
    assert_problem(await client.post(MATCH, json=body), 422, "invalid-request")


async def test_a_bad_form_is_refused(client: Client) -> None:
    assert_problem(await client.post(MATCH, files={"fichier": b"a"}), 422, "invalid-request")
    double = [("file", b"a\n1\n"), ("file", b"a\n1\n")]
    assert_problem(await client.post(MATCH, files=double), 422, "invalid-request")
    assert_problem(await client.post(MATCH, files={"file": b"a\n"}, data={"x": "1"}), 422, "invalid-request")


async def test_a_hostile_header_is_soon_judged(client: Client) -> None:
    header = [f"DELIB_DAT{number}" * 50 for number in range(1_500)]
    body = json.dumps({"header": [name[:500] for name in header] + DELIBERATIONS})
    answer = await client.post(MATCH, content=body, headers={"content-type": "application/json"})
    assert answer.json()["items"][0]["schema"] == "scdl/deliberations"


async def test_real_files_find_the_schema_they_were_published_with(
    client: Client, working_material: Path
) -> None:
    """Files of the corpus of schemas that are bundled under the same short name."""
    names = {item["name"] for item in (await client.get(f"{HOME}?limit=200")).json()["items"]}
    short = {name.split("/")[1]: name for name in names}
    right, wrong = 0, []
    for folder in sorted((working_material / "data/corpus/files").iterdir()):
        if folder.name not in short:
            continue
        for path in sorted(folder.glob("*exemple-valide*"))[:2]:
            items = (await sent(client, path.name, path.read_bytes()))["items"]
            if items and folder.name in {item["schema"].split("/")[1] for item in items[:2]}:
                right += 1
            else:
                wrong.append(path.name)
    assert right >= 10
    assert len(wrong) <= right // 10, wrong
