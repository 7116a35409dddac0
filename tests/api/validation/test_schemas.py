"""The schema registry: found, documented, and with files to start from that validate."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import openpyxl
import orjson
import pytest

from services.validation.engine import validate
from tests.api.conftest import Client, api, settings_of
from tests.support.api import assert_problem

HOME = "/validation/v1/schemas"


@pytest.fixture
async def client(common_settings: dict[str, Any]) -> AsyncIterator[Client]:
    async with api("validation", settings_of("validation", common_settings)) as client:
        yield client


async def _names(client: Client, q: str) -> list[str]:
    answer = await client.get(HOME, params={"q": q, "limit": 200})
    assert answer.status_code == 200
    return [item["name"] for item in answer.json()["items"]]


async def test_schemas_are_found_by_words_without_accents(client: Client) -> None:
    assert await _names(client, "deliberations") == ["scdl/deliberations"]
    assert "scdl/deliberations" in await _names(client, "DÉLIBÉRATIONS scdl")
    assert "scdl/subventions" in await _names(client, "idBeneficiaire")
    assert await _names(client, "rien de tel'; --") == []
    assert len(await _names(client, "")) >= 20


async def test_a_schema_tells_its_versions_and_links_that_answer(client: Client) -> None:
    summary = (await client.get(f"{HOME}/scdl/deliberations")).json()
    assert summary["latest"] == summary["versions"][-1] == "2.1.5"
    for link in summary["links"].values():
        assert (await client.get(link)).status_code == 200, link
    descriptor = (await client.get(summary["links"]["schema"])).json()
    assert [field["name"] for field in descriptor["fields"]][:2] == ["COLL_NOM", "COLL_SIRET"]


async def test_unknown_schemas_and_versions_are_problems_with_what_exists(client: Client) -> None:
    answer = await client.get(f"{HOME}/scdl/deliberation")
    assert (answer.status_code, answer.json()["close"]) == (422, ["scdl/deliberations"])
    answer = await client.get(f"{HOME}/xx/zzzzz")
    assert all([(await client.get(f"{HOME}/{name}")).status_code == 200 for name in answer.json()["close"]])
    assert "scdl/subventions" in answer.json()["close"]
    answer = await client.get(f"{HOME}/scdl/deliberations/9.9/schema.json")
    assert answer.status_code == 422
    assert "2.1.5" in answer.json()["detail"]


async def test_every_template_opens_and_its_header_is_that_of_the_schema(client: Client) -> None:
    for name in await _names(client, ""):
        descriptor = (await client.get(f"{HOME}/{name}/latest/schema.json")).json()
        names = [field["name"] for field in descriptor["fields"]]
        template = await client.get(f"{HOME}/{name}/latest/template.csv")
        assert template.text.strip().split(",") == names
        workbook = openpyxl.load_workbook(
            io.BytesIO((await client.get(f"{HOME}/{name}/latest/template.xlsx")).content)
        )
        assert [cell.value for cell in workbook["Données"][1]] == names


async def test_the_workbook_offers_the_allowed_values(client: Client) -> None:
    content = (await client.get(f"{HOME}/scdl/subventions/latest/template.xlsx")).content
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Données"]
    offered = {str(item.sqref).split(":")[0]: item.formula1 for item in sheet.data_validations.dataValidation}
    column = next(cell for cell in sheet[1] if cell.value == "notificationUE").column_letter
    assert offered[f"{column}2"] == '"oui,non"'


async def test_the_example_of_a_sound_schema_validates(client: Client) -> None:
    content = (await client.get(f"{HOME}/scdl/subventions/latest/example.csv")).content
    report = validate(content, "scdl/subventions")
    assert report.table.rows == 1
    assert [entry.code for entry in report.errors if entry.code != "siret"] == []


async def test_the_documentation_is_a_page_with_every_column(client: Client) -> None:
    page = await client.get(f"{HOME}/scdl/deliberations/latest/documentation.html")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.text.count("<th scope=row>") == 17
    etag = {"If-None-Match": page.headers["etag"]}
    again = await client.get(f"{HOME}/scdl/deliberations/latest/documentation.html", headers=etag)
    assert again.status_code == 304


async def test_the_linter_names_the_place_and_the_cause(client: Client) -> None:
    field = {"name": "a", "type": "string", "constraints": {"pattern": "("}}
    answer = await client.post(f"{HOME}/lint", json={"fields": [field]})
    body = answer.json()
    assert answer.status_code == 200
    assert body["valid"] is False
    assert all(finding["message"] and finding["message_en"] for finding in body["findings"])
    assert [finding["pointer"] for finding in body["findings"]] == ["/fields/0/constraints/pattern"]
    good = await client.post(f"{HOME}/lint", json={"fields": [{"name": "a", "type": "string"}]})
    assert good.json() == {"valid": True, "findings": []}


async def test_the_linter_tells_all_at_once(client: Client) -> None:
    """A mistake of shape hides no other; what no validation could do is an error, what none will satisfy a warning."""
    schema = {
        "fields": [
            {"title": "sans nom"},
            {"name": "a", "type": "strnig", "constraints": {"pattern": "("}},
            {"name": "b", "type": "string", "constraints": {"pattern": "("}},
            {"name": "b", "type": "integer", "constraints": {"minimum": 10, "maximum": 3}},
            {"name": "c", "constraints": {"minLength": "long"}, "custom_checks": [{"name": "sorcery"}]},
            {"name": "d", "type": "string", "constraints": {"minLength": 9, "maxLength": 3}},
        ],
        "primaryKey": "z",
        "custom_checks": [
            {"name": "compare-columns-value", "params": {"column": "a"}},
            {"name": "compare-columns-value", "params": {"column": "a", "column2": "b", "op": "=>"}},
            {"name": "siret", "params": {"column": "absente"}},
        ],
    }
    body = (await client.post(f"{HOME}/lint", json=schema)).json()
    assert body["valid"] is False
    told = {(finding["pointer"], finding["key"]): finding["level"] for finding in body["findings"]}
    assert told == {
        ("/fields/0", "schema-field-name"): "error",
        ("/fields/1/type", "schema-field-type"): "error",
        ("/fields", "schema-duplicate-field"): "error",
        ("/primaryKey", "schema-unknown-key-field"): "error",
        ("/fields/2/constraints/pattern", "schema-pattern-invalid"): "error",
        ("/fields/3/constraints/minimum", "schema-bounds-crossed"): "warning",
        ("/fields/4/constraints/minLength", "schema-constraint-unsupported"): "error",
        ("/fields/5/constraints/minLength", "schema-bounds-crossed"): "warning",
        ("/fields/4/custom_checks/0", "check-unknown"): "error",
        ("/custom_checks/0", "check-param-missing"): "error",
        ("/custom_checks/1", "check-operator"): "error",
        ("/custom_checks/2", "check-column"): "warning",
    }
    for finding in body["findings"]:
        assert "{" not in finding["message"] + finding["message_en"], finding


HOSTILE = {
    "10 MB": b'{"fields": [{"name": "' + b"x" * 10_000_000 + b'"}]}',
    "100,000 fields": orjson.dumps({"fields": [{"name": "a"}] * 100_000}),
    "deep": b'{"x": ' + b"[" * 900 + b"]" * 900 + b"}",
    "recursive": b'{"fields": [{"name": "a", "arrayItem": {"$ref": "#"}}]}',
    "no JSON": b"name;type",
    "a list": b"[]",
    "not UTF-8": b'{"fields": [{"name": "\xe9"}]}',
    "nothing": b"",
}


@pytest.mark.parametrize("case", HOSTILE)
async def test_what_no_request_may_give_is_not_judged(case: str, client: Client) -> None:
    answer = await client.post(f"{HOME}/lint", content=HOSTILE[case])
    assert_problem(answer, 422, "unusable-schema")


async def test_a_schema_that_is_long_to_judge_holds_up_nobody(client: Client) -> None:
    """Thousands of patterns, each of them costly: the process answers others meanwhile."""
    fields = [
        {"name": f"a{number}", "type": "string", "constraints": {"pattern": f"(a{{1,50}}|b){{1,9}}c{number}"}}
        for number in range(3000)
    ]
    judging = asyncio.create_task(client.post(f"{HOME}/lint", json={"fields": fields}, timeout=120))
    others = 0
    while not judging.done():
        assert (await client.get("/validation/health/live")).status_code == 200
        others += 1
        await asyncio.sleep(0.01)
    answer = await judging
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"valid": True, "findings": []}
    assert others > 10, "they were answered while it was judged"
