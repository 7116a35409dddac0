"""The schema registry: found, documented, and with files to start from that validate."""

import io
from collections.abc import AsyncIterator
from typing import Any

import openpyxl
import pytest

from services.validation.engine import validate
from tests.api.conftest import Client, api, settings_of

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
