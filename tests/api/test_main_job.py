"""The main job: a vendor's file, a portal's dataset, the verdict that comes back, across services and queue."""

import asyncio
from typing import Any

from tests.api.conftest import Client, api, at_work, create_key, settings_of
from tests.support.http_servers import reply, serving

HEADER = (
    "COLL_NOM,COLL_SIRET,DELIB_ID,DELIB_DATE,DELIB_MATIERE_CODE,DELIB_MATIERE_NOM,DELIB_OBJET,BUDGET_ANNEE,"
    "BUDGET_NOM,PREF_ID,PREF_DATE,VOTE_EFFECTIF,VOTE_REEL,VOTE_POUR,VOTE_CONTRE,VOTE_ABSTENTION,DELIB_URL\n"
)
GOOD = "Ville de Besançon,21250056500016,D1,2024-03-12,7.1,finances locales/divers,Budget,,,,,,,,,,\n"
WRONG_DATE = "Ville de Besançon,21250056500016,D2,12/03/2024,7.1,finances locales/divers,Budget,,,,,,,,,,\n"
SCHEMA = "scdl/deliberations"


async def send(client: Client, content: str, *, wait: int = 30, schema: str = SCHEMA, **headers: str) -> Any:
    """Send a file to validate and return the answer."""
    return await client.post(
        "/validation/v1/validations",
        files={"file": ("délibérations.csv", content.encode())},
        data={"schema": schema},
        headers={"Prefer": f"wait={wait}", **headers},
    )


async def test_a_vendor_gets_the_exact_cells_in_error_within_the_request(
    common_settings: dict[str, Any],
) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client, at_work("validation", settings):
        answer = await send(client, HEADER + GOOD + WRONG_DATE)
        assert answer.status_code == 201, answer.text
        body = answer.json()
        assert (body["state"], body["outcome"]) == ("done", "invalid")
        assert (body["schema"]["name"], body["schema"]["version"]) == (SCHEMA, "2.1.5")
        assert body["source"]["filename"] == "délibérations.csv"
        [error] = body["report"]["errors"]
        assert (error["type"], error["rowNumber"], error["lineNumber"]) == ("type-error", 3, 3)
        assert (error["fieldName"], error["cell"]) == ("DELIB_DATE", "12/03/2024")
        assert "2024-03-12" in str(error)
        report = await client.get(body["links"]["report"])
        assert report.json() == body["report"]
        again = await client.get(body["links"]["report"], headers={"If-None-Match": report.headers["etag"]})
        assert again.status_code == 304


async def test_without_a_worker_the_answer_is_202_and_the_verdict_comes_later(
    common_settings: dict[str, Any],
) -> None:
    settings = settings_of("validation", common_settings)
    async with api("validation", settings) as client:
        answer = await send(client, HEADER + GOOD, wait=0)
        assert answer.status_code == 202
        location = answer.headers["location"]
        early = await client.get(f"{location}/report")
        assert (early.status_code, early.json()["type"]) == (409, "urn:socle:problem:report-not-ready")
        async with at_work("validation", settings):
            body = await _ended(client, location)
    assert (body["outcome"], body["stats"]) == ("valid", {"rows": 1, "errors": 0, "warnings": 0})


async def _ended(client: Client, location: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while (body := (await client.get(location)).json())["state"] in ("queued", "running"):
            await asyncio.sleep(0.05)
    return dict(body)


async def _conformities(client: Client, location: str) -> list[dict[str, Any]]:
    dataset = (await client.get(location)).json()
    return [resource["conformity"] for resource in dataset["resources"]]


async def test_a_portal_sees_the_conformity_of_each_resource(
    common_settings: dict[str, Any], database_url: str
) -> None:
    key = await create_key(database_url, "catalog:write")
    catalog, validation = settings_of("catalog", common_settings), settings_of("validation", common_settings)
    async with (
        serving(reply((HEADER + GOOD).encode())) as portal,
        api("catalog", catalog) as client,
        at_work("catalog", catalog),
        at_work("validation", validation),
    ):
        client.headers["Authorization"] = f"Bearer {key}"
        answer = await client.post(
            "/catalog/v1/datasets",
            json={
                "title": "Délibérations de Besançon",
                "description": "Les délibérations du conseil municipal.",
                "organization": {"siren": "212 500 565", "name": "Ville de Besançon"},
                "license": "lov2",
                "resources": [
                    {"title": "2024", "url": portal.url("/2024.csv"), "schema": {"name": SCHEMA}},
                    {"title": "2023", "schema": {"name": SCHEMA, "version": "2.1.5"}},
                ],
            },
        )
        assert answer.status_code == 201, answer.text
        location = answer.headers["location"]
        uploaded = answer.json()["resources"][1]
        assert uploaded["conformity"]["status"] == "not_validated"
        put = await client.put(uploaded["content"], content=(HEADER + WRONG_DATE).encode())
        assert put.status_code == 200, put.text
        async with asyncio.timeout(30):
            while {c["status"] for c in await _conformities(client, location)} != {"valid", "invalid"}:
                await asyncio.sleep(0.05)
        remote, local = await _conformities(client, location)
    assert (remote["status"], remote["errors"], remote["schema_version"]) == ("valid", 0, "2.1.5")
    assert (local["status"], local["errors"]) == ("invalid", 1)
    assert local["checksum"] != remote["checksum"]
    assert len(remote["checksum"]) == 64


async def test_the_request_id_goes_from_http_to_the_catalog_update(
    common_settings: dict[str, Any], database_url: str
) -> None:
    key = await create_key(database_url, "catalog:write")
    catalog, validation = settings_of("catalog", common_settings), settings_of("validation", common_settings)
    async with (
        api("catalog", catalog) as client,
        at_work("catalog", catalog),
        at_work("validation", validation),
    ):
        client.headers.update({"X-API-Key": key, "X-Request-Id": "portal-42"})
        body = {"title": "t", "description": "d", "resources": [{"title": "r", "schema": {"name": SCHEMA}}]}
        created = await client.post("/catalog/v1/datasets", json=body)
        assert created.headers["x-request-id"] == "portal-42"
        put = await client.put(created.json()["resources"][0]["content"], content=(HEADER + GOOD).encode())
        assert put.status_code == 200
        async with asyncio.timeout(30):
            while (await _conformities(client, created.headers["location"]))[0]["status"] == "queued":
                await asyncio.sleep(0.05)
        db = client._transport.app.state.context.db  # type: ignore[attr-defined]
        heard = await db.fetchval("SELECT request_id FROM catalog.inbox")
        worked = await db.fetchval("SELECT request_id FROM validation.validation")
    assert (heard, worked) == ("portal-42", "portal-42")
