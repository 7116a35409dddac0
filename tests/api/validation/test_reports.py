"""The report of a validation, in every form that it is served in."""

import asyncio
import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import jsonschema
import openpyxl
import orjson
import pytest

from tests.api.conftest import Client, api, at_work, create_key, settings_of
from tests.support.api import assert_problem, kept_files, storage_folder
from tests.support.http_servers import reply, serving

PATH = "/validation/v1/validations"
HEADER = (
    "COLL_NOM,COLL_SIRET,DELIB_ID,DELIB_DATE,DELIB_MATIERE_CODE,DELIB_MATIERE_NOM,DELIB_OBJET,BUDGET_ANNEE,"
    "BUDGET_NOM,PREF_ID,PREF_DATE,VOTE_EFFECTIF,VOTE_REEL,VOTE_POUR,VOTE_CONTRE,VOTE_ABSTENTION,DELIB_URL"
)
HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"
FILENAME = "</title><script>alert(2)</script>.csv"


def line(number: int, date: str = "2024-03-12", name: str = "Besançon") -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    return f"{quoted},21250056500016,D{number},{date},7.1,finances locales/divers,Budget,,,,,,,,,,"


WRONG = [
    line(1, date=HOSTILE.replace('"', "").replace(",", "")),
    line(2, date="=HYPERLINK(1)"),
    line(3, name='=cmd|"/c calc"!A1'),
    "Besançon,21250056500016,D4",
]
TABLE = (
    "\n".join([HEADER, *WRONG, *(line(number, date=f"{number}/13/2024") for number in range(5, 30))]) + "\n"
)


@pytest.fixture
async def settings(common_settings: dict[str, Any]) -> Any:
    return settings_of("validation", common_settings, validation_processes=1)


@pytest.fixture
async def client(settings: Any) -> AsyncIterator[Client]:
    """A client of the API, with a worker."""
    async with api("validation", settings) as client, at_work("validation", settings):
        yield client


async def validated(client: Client, content: str = TABLE, filename: str = FILENAME) -> str:
    """Validate a file and return the address of its report."""
    answer = await client.post(
        PATH,
        files={"file": (filename, content.encode())},
        data={"schema": "scdl/deliberations"},
        headers={"prefer": "wait=30"},
    )
    assert answer.json()["state"] == "done", answer.text
    return f"{PATH}/{answer.json()['id']}/report"


async def test_every_form_is_served_with_its_type_and_a_strong_etag(client: Client, settings: Any) -> None:
    address = await validated(client)
    kinds = {
        "": "application/json",
        ".html": "text/html; charset=utf-8",
        ".csv": "text/csv; charset=utf-8; header=present",
        ".txt": "text/plain; charset=utf-8",
        ".sarif": "application/sarif+json",
        ".junit.xml": "application/xml",
        ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
    etags = set()
    for extension, kind in kinds.items():
        for lang in ("fr", "en"):
            url = f"{address}{extension}" + (f"?lang={lang}" if extension else "")
            answer = await client.get(url)
            assert answer.status_code == 200, (url, answer.text)
            assert answer.headers["content-type"] == kind
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert re.fullmatch(r'"[0-9a-f]{32}"', answer.headers["etag"])
            etags.add(answer.headers["etag"])
            again = await client.get(url, headers={"if-none-match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == answer.headers["etag"]
            assert (await client.get(url)).content == answer.content, f"{url} is always the same bytes"
            if extension:
                shown = "inline" if extension in (".html", ".txt") else "attachment"
                disposition = answer.headers["content-disposition"]
                assert disposition.startswith(f'{shown}; filename="rapport{extension}"')
                assert "<" not in disposition
                assert answer.headers["content-language"] == lang
    assert len(etags) == 1 + 2 * (len(kinds) - 1)


async def test_a_validation_links_to_every_form_of_its_report(client: Client, settings: Any) -> None:
    answer = await client.post(PATH, json={"filename": "a.csv", "schema": "scdl/deliberations"})
    awaited = answer.json()["links"]
    forms = [name for name in awaited if name.startswith("report")]
    assert [name for name in awaited if awaited[name] is not None] == ["self", "events", "content"]
    address = await validated(client)
    links = (await client.get(address.removesuffix("/report"))).json()["links"]
    assert len({links[name] for name in forms}) == len(forms) == 8
    for name in (*forms, "schema"):
        assert (await client.get(links[name])).status_code == 200, name
    async with serving(reply(TABLE.encode())) as server:
        answer = await client.post(
            PATH,
            json={"url": server.url("/a.csv"), "schema": "scdl/deliberations"},
            headers={"prefer": "wait=30"},
        )
    links = answer.json()["links"]
    assert [name for name in forms if links[name] is None] == ["report_xlsx"], "its file is not kept"


async def test_the_json_report_follows_the_schema_that_it_names(client: Client) -> None:
    answer = await client.get(await validated(client))
    described = re.fullmatch(
        r'<http://[^/]+(/\S+)>; rel="describedby"; type="application/schema\+json"', answer.headers["link"]
    )
    assert described is not None
    schema = await client.get(described[1])
    assert schema.headers["content-type"] == "application/schema+json"
    jsonschema.Draft202012Validator(schema.json()).validate(answer.json())
    document = (await client.get("/validation/openapi.json")).json()
    told = document["paths"][f"{PATH}/{{validation_id}}/report"]["get"]["responses"]["200"]
    assert told["content"]["application/json"]["schema"]["$ref"] == described[1]


async def test_errors_come_page_by_page_and_filtered(client: Client) -> None:
    address = await validated(client)
    every = (await client.get(address)).json()["errors"]
    assert len(every) > 25
    seen: list[Any] = []
    url: str | None = f"{address}/errors?limit=7"
    while url is not None:
        answer = await client.get(url)
        page = answer.json()
        assert len(page["items"]) <= 7
        seen += page["items"]
        assert ("link" in answer.headers) == (page["next"] is not None)
        url = answer.headers["link"].partition(">")[0][1:] if page["next"] else None
    assert seen == every
    for name, member, value in (
        ("field", "fieldName", "DELIB_DATE"),
        ("type", "type", "missing-cell"),
        ("row", "rowNumber", 5),
    ):
        found = (await client.get(f"{address}/errors", params={name: value, "limit": 200})).json()
        assert found["items"] == [error for error in every if error[member] == value]
        assert found["items"]
        assert found["next"] is None
    both = await client.get(f"{address}/errors", params={"row": 5, "field": "DELIB_DATE", "type": "x"})
    assert both.json() == {"items": [], "next": None}
    etag = both.headers["etag"]
    again = await client.get(
        f"{address}/errors",
        params={"row": 5, "field": "DELIB_DATE", "type": "x"},
        headers={"if-none-match": etag},
    )
    assert again.status_code == 304


async def test_a_page_that_cannot_be_is_refused(client: Client) -> None:
    address = await validated(client)
    for query in ("limit=0", "limit=201", "row=0", f"row={2**63}", "row=a", "cursor=AAAA", "champ=x"):
        assert_problem(await client.get(f"{address}/errors?{query}"), 422, "invalid-request")
    assert_problem(await client.get(f"{address}/errors?field=%00"), 400, "malformed-request")
    assert_problem(await client.get(f"{address}.html?lang=de"), 422, "invalid-request")
    assert_problem(await client.get(f"{address}.pdf"), 404, "not-found")


class _Reader(HTMLParser):
    """Notes the elements of a page and the addresses that it names."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.handlers: list[str] = []
        self.links: list[str] = []
        self.language: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag == "html":
            self.language = dict(attrs)["lang"]


async def test_the_page_escapes_what_the_file_holds_and_runs_nothing(client: Client) -> None:
    address = await validated(client)
    answer = await client.get(f"{address}.html")
    assert "&lt;script&gt;" in answer.text
    reader = _Reader()
    reader.feed(answer.text)
    assert not reader.elements & {"script", "img", "iframe", "object", "form", "link", "base"}
    assert reader.handlers == []
    assert all(link.startswith(("#", "http://")) for link in reader.links)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    others = [link for link in reader.links if link.startswith("http")]
    assert len(others) == 5
    for link in others:
        assert (await client.get(link)).status_code == 200, link


async def test_the_language_is_the_one_asked_for_else_the_one_preferred(client: Client) -> None:
    address = await validated(client)
    for header, lang, wanted in (
        ("", "", "fr"),
        ("en-GB,en;q=0.9,fr;q=0.8", "", "en"),
        ("fr-FR, en;q=0.5", "", "fr"),
        ("de, en;q=0.2", "", "en"),
        ("en;q=x, *", "", "fr"),
        ("en", "?lang=fr", "fr"),
        ("fr", "?lang=en", "en"),
    ):
        answer = await client.get(f"{address}.html{lang}", headers={"accept-language": header})
        reader = _Reader()
        reader.feed(answer.text)
        assert (reader.language, answer.headers["content-language"]) == (wanted, wanted), header
        assert "Accept-Language" in answer.headers["vary"]


async def test_no_form_holds_a_formula(client: Client) -> None:
    address = await validated(client)
    rows = list(csv.reader(io.StringIO((await client.get(f"{address}.csv")).text)))
    cells = [cell for row in rows for cell in row]
    assert "'=HYPERLINK(1)" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "@", "+", "-")) and len(cell) > 1]
    book = openpyxl.load_workbook(io.BytesIO((await client.get(f"{address}.xlsx")).content))
    data = book.worksheets[0]
    assert data["A4"].value == '=cmd|"/c calc"!A1' or data["A4"].data_type == "s"
    assert {cell.data_type for row in data.iter_rows() for cell in row if cell.value is not None} == {"s"}
    assert data["D3"].comment is not None
    assert data["D3"].fill.start_color.rgb == "FFFFC7CE"


async def test_machines_read_their_forms(client: Client) -> None:
    address = await validated(client)
    report = (await client.get(address)).json()
    run = json.loads((await client.get(f"{address}.sarif")).content)["runs"][0]
    assert (
        sum(result.get("occurrenceCount", 1) for result in run["results"] if result["level"] == "error")
        == (report["stats"]["errors"])
    )
    junit = ET.fromstring((await client.get(f"{address}.junit.xml")).content)
    assert junit.tag == "testsuites"
    text = (await client.get(f"{address}.txt", params={"lang": "en"})).text
    assert "missing" in text


async def test_the_workbook_goes_with_the_file_and_the_rest_stays(client: Client, settings: Any) -> None:
    address = await validated(client)
    for path in storage_folder(settings).rglob("*"):
        if path.is_file():
            path.unlink()
    assert_problem(await client.get(f"{address}.xlsx"), 410, "file-not-kept")
    for extension in ("", ".html", ".csv", "/errors"):
        assert (await client.get(f"{address}{extension}")).status_code == 200


async def test_a_file_read_at_its_address_has_no_workbook(client: Client) -> None:
    async with serving(reply(TABLE.encode())) as server:
        answer = await client.post(
            PATH,
            json={"url": server.url("/a.csv"), "schema": "scdl/deliberations"},
            headers={"prefer": "wait=30"},
        )
    problem = assert_problem(
        await client.get(f"{PATH}/{answer.json()['id']}/report.xlsx"), 410, "file-not-kept"
    )
    assert "read from its address" in problem["detail_en"]


async def test_what_is_no_table_has_a_report_and_no_workbook(client: Client) -> None:
    address = await validated(client, "%PDF-1.7 ...", "a.pdf")
    assert (await client.get(f"{address}.html")).status_code == 200
    assert_problem(await client.get(f"{address}.xlsx"), 409, "not-a-table")


async def test_without_a_report_every_form_says_so(common_settings: dict[str, Any]) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client:
        answer = await client.post(
            PATH, files={"file": ("a.csv", b"A\n1\n")}, data={"schema": "scdl/deliberations"}
        )
        waiting, unknown = f"{PATH}/{answer.json()['id']}/report", f"{PATH}/{uuid4()}/report"
        for extension in ("", ".html", ".csv", ".txt", ".sarif", ".junit.xml", ".xlsx", "/errors"):
            assert_problem(await client.get(waiting + extension), 409, "report-not-ready")
            assert_problem(await client.get(unknown + extension), 404, "validation-not-found")


async def test_a_report_of_ten_thousand_errors_holds_up_nobody(common_settings: dict[str, Any]) -> None:
    """It is rendered in a process of its own, while the others are answered, and the workbook within its limits."""
    many = HEADER + "\n" + "".join(f"{line(n, date='12/03/2024')}\n" for n in range(30_000))
    settings = settings_of("validation", common_settings, validation_samples=20_000)
    async with api("validation", settings) as client, at_work("validation", settings):
        address = await validated(client, many)
        assert len((await client.get(address)).content) > 1_000_000
        alive = 0
        asked = [asyncio.create_task(client.get(f"{address}{end}")) for end in (".html", ".csv", "/errors")]
        while not all(task.done() for task in asked):
            assert (await client.get("/validation/health/live")).status_code == 200
            alive += 1
            await asyncio.sleep(0.005)
        assert [task.result().status_code for task in asked] == [200, 200, 200]
        assert alive > 5
        assert asked[0].result().text.count("<tr>") > 10_000
    # The same workbook takes more than the one second that it has here.
    tight = settings_of("validation", common_settings, validation_wall_seconds=1)
    async with api("validation", tight) as client:
        problem = assert_problem(await client.get(f"{address}.xlsx"), 422, "file-too-complex")
        assert problem["reason"] == "wall"
    assert [name for name in kept_files(settings) if "draft" in name] == []


async def test_the_report_in_the_answer_is_the_report(client: Client) -> None:
    answer = await client.post(
        PATH,
        files={"file": ("a.csv", TABLE.encode())},
        data={"schema": "scdl/deliberations"},
        headers={"prefer": "wait=30"},
    )
    stored = await client.get(f"{PATH}/{answer.json()['id']}/report")
    assert orjson.loads(answer.content)["report"] == stored.json()


async def test_a_package_has_its_forms_too(client: Client) -> None:
    schema = {"fields": [{"name": "a", "type": "integer"}]}
    package = {
        "resources": [{"name": name, "path": f"{name}.csv", "schema": schema} for name in ("un", "deux")]
    }
    answer = await client.post(
        PATH,
        files=[("file", ("un.csv", b"a\n1\nx\n")), ("file", ("deux.csv", b"a\ny\nz\n"))],
        data={"package": json.dumps(package)},
        headers={"prefer": "wait=30"},
    )
    address = f"{PATH}/{answer.json()['id']}/report"
    for extension in ("", ".html", ".csv", ".txt", ".sarif", ".junit.xml"):
        assert (await client.get(address + extension)).status_code == 200, extension
    page = (await client.get(f"{address}.html")).text
    assert page.count("<article") == 2
    rows = list(csv.DictReader(io.StringIO((await client.get(f"{address}.csv")).text)))
    assert [(row["file"], row["row"]) for row in rows] == [("un", "3"), ("deux", "2"), ("deux", "3")]
    found = (await client.get(f"{address}/errors?resource=deux&row=3")).json()["items"]
    assert [(error["resource"], error["cell"]) for error in found] == [("deux", "z")]
    assert_problem(await client.get(f"{address}.xlsx"), 409, "not-a-table")


async def test_a_private_report_is_its_owners_alone(client: Client, settings: Any) -> None:
    key = await create_key(settings.database_url)
    mine = {"authorization": f"Bearer {key}"}
    answer = await client.post(
        f"{PATH}?private=true",
        files={"file": ("a.csv", TABLE.encode())},
        data={"schema": "scdl/deliberations"},
        headers={"prefer": "wait=30", **mine},
    )
    address = f"{PATH}/{answer.json()['id']}/report"
    for extension in ("", "/errors", ".html", ".csv", ".xlsx"):
        assert_problem(await client.get(address + extension), 404, "validation-not-found")
        assert (await client.get(address + extension, headers=mine)).status_code == 200
