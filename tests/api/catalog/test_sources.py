"""Datasets put by their identifiers in a source, one at a time: outcomes, conditions, ownership, tombstones."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from shared.settings import Settings
from tests.api.conftest import Client, api, create_key, settings_of
from tests.support.api import assert_problem, rows

SOURCES = "/catalog/v1/sources"
REMOTE = "https://data.example.org/jeux/1?x=1#a"
PATH = f"{SOURCES}/databfc/datasets/https%3A%2F%2Fdata.example.org%2Fjeux%2F1%3Fx%3D1%23a"
DATASET: dict[str, Any] = {
    "title": "Délibérations",
    "description": "Celles de 2024.",
    "organization": {"siret": "21250056500016", "name": "Ville de Besançon", "remote_id": "besancon"},
    "license": "lov2",
    "frequency": "biannual",
    "tags": ["délibérations"],
    "themes": ["GOVE"],
    "spatial": {"zones": ["http://id.insee.fr/geo/commune/25056"], "granularity": "fr:commune"},
    "temporal_coverage": {"start": "2024-01-01", "end": "2024-12-31"},
    "contact_points": [{"name": "Service données", "email": "donnees@example.org"}],
    "extras": {"a": {"b": 1}, "validation-report:valid_resource": True},
    "uri": "https://data.example.org/jeux/1",
    "resources": [
        {
            "title": "2024",
            "url": "https://data.example.org/2024.csv?use_labels=true",
            "format": "text/csv",
            "schema": {"url": "https://schema.data.gouv.fr/schemas/scdl/deliberations/2.1.5/schema.json"},
            "extras": {"validation-report:valid_resource": True},
        },
        {"title": "Notice", "type": "documentation", "url": "https://data.example.org/notice.pdf"},
    ],
}


@pytest.fixture
async def settings(common_settings: dict[str, Any]) -> Settings:
    """The catalog's settings."""
    return settings_of("catalog", common_settings)


@asynccontextmanager
async def sending(settings: Settings, *, siren: str | None = None) -> AsyncIterator[Client]:
    """Give a client with a key of its own, which owns the source `databfc`."""
    async with api("catalog", settings) as client:
        client.headers["x-api-key"] = await create_key(
            settings.database_url, "catalog:write", owner_siren=siren
        )
        made = await client.post(SOURCES, json={"slug": "databfc", "name": "DataBFC"})
        assert made.status_code in (201, 409), made.text
        yield client


def _snapshot() -> list[str]:
    return ["dataset", "resource", "organization", "outbox", "change"]


async def state_of(settings: Settings) -> dict[str, list[tuple[str, str]]]:
    """Return the version (xmin) of each row: a row written again, even with the same values, has another."""
    connection = await asyncpg.connect(settings.database_url)
    try:
        return {
            table: [
                (str(row["id"]), str(row["xmin"]))
                for row in await connection.fetch(f"SELECT id, xmin FROM catalog.{table} ORDER BY id")
            ]
            for table in _snapshot()
        }
    finally:
        await connection.close()


async def test_created_then_unchanged_then_updated(settings: Settings) -> None:
    async with sending(settings) as client:
        created = await client.put(PATH, json=DATASET)
        assert created.status_code == 201, created.text
        assert created.json()["outcome"] == "created"
        before = await state_of(settings)
        again = await client.put(PATH, json=DATASET)
        assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")
        assert await state_of(settings) == before, "nothing is written when nothing changed"
        updated = await client.put(PATH, json={**DATASET, "title": "Les délibérations"})
        assert updated.json() == {**again.json(), "outcome": "updated"}
        shown = (await client.get(PATH)).json()
    assert shown == {**shown, "source": "databfc", "remote_id": REMOTE, "title": "Les délibérations"}
    assert shown["frequency"] == "semiannual"
    assert shown["spatial"]["zones"] == ["fr:commune:25056"]
    assert shown["organization"]["siren"] == "212500565"
    assert (shown["extras"], shown["claims"]) == (
        {"a": {"b": 1}},
        {"validation-report:valid_resource": True},
    )
    first, second = shown["resources"]
    assert first["schema"] == {"name": "scdl/deliberations", "version": "2.1.5", "url": None}
    assert (first["format"], first["conformity"]["status"]) == ("csv", "queued")
    assert first["claims"], "somebody else's verdict is a claim"
    assert (second["type"], second["conformity"]["status"]) == ("documentation", "not_validated")
    assert shown["conformity"] == "queued"


async def test_a_resource_keeps_its_id_and_its_verdict_while_its_file_and_schema_are_the_same(
    settings: Settings,
) -> None:
    async with sending(settings) as client:
        await client.put(PATH, json=DATASET)
        before = (await client.get(PATH)).json()["resources"]
        first = DATASET["resources"][0]
        # Another title, and a parameter of the export that does not change the file.
        same = {**first, "title": "Année 2024", "url": first["url"].replace("true", "false")}
        await client.put(PATH, json={**DATASET, "resources": [same]})
        after = (await client.get(PATH)).json()["resources"]
        assert [item["id"] for item in after] == [before[0]["id"]], "the notice is gone"
        assert after[0]["title"] == "Année 2024"
        assert await _registered(settings) == 1, "one validation asked for"
        other = {**same, "schema": {"name": "scdl/deliberations", "version": "2.1.4"}}
        await client.put(PATH, json={**DATASET, "resources": [other]})
        assert await _registered(settings) == 2, "another version of the schema: another verdict"
        changed = {**other, "checksum": {"type": "sha256", "value": "AB" * 32}}
        await client.put(PATH, json={**DATASET, "resources": [changed]})
        assert await _registered(settings) == 3
        again = await client.put(PATH, json=DATASET)
        assert again.json()["outcome"] == "updated"
        back = (await client.get(PATH)).json()["resources"]
    assert [item["id"] for item in back] == [item["id"] for item in before], "the notice is back under its id"


async def _registered(settings: Settings) -> int:
    connection = await asyncpg.connect(settings.database_url)
    try:
        return int(
            await connection.fetchval(
                "SELECT count(*) FROM catalog.outbox WHERE type = 'catalog.resource.registered.v1'"
            )
        )
    finally:
        await connection.close()


async def test_conditions(settings: Settings) -> None:
    async with sending(settings) as client:
        early = await client.put(PATH, json=DATASET, headers={"if-match": '"x"'})
        assert_problem(early, 412, "precondition-failed")
        made = await client.put(PATH, json=DATASET, headers={"if-none-match": "*"})
        assert made.status_code == 201
        assert_problem(
            await client.put(PATH, json=DATASET, headers={"if-none-match": "*"}), 412, "precondition-failed"
        )
        etag = (await client.get(PATH)).headers["etag"]
        body = {**DATASET, "title": "Autre"}
        assert (await client.put(PATH, json=body, headers={"if-match": etag})).json()["outcome"] == "updated"
        assert_problem(
            await client.put(PATH, json=DATASET, headers={"if-match": etag}), 412, "precondition-failed"
        )
        assert (await client.get(PATH)).json()["title"] == "Autre"


async def test_anothers_source_is_as_unknown_as_one_that_is_not(settings: Settings) -> None:
    async with sending(settings) as client:
        await client.put(PATH, json=DATASET)
        shown = (await client.get(PATH)).json()
        client.headers["x-api-key"] = await create_key(settings.database_url, "catalog:write")
        said = set()
        for path in (PATH, PATH.replace("databfc", "inconnue")):
            problem = assert_problem(await client.put(path, json=DATASET), 404, "source-not-found")
            said.add(problem["detail"].replace("inconnue", "databfc"))
        for method in ("PATCH", "DELETE"):
            answer = await client.request(method, shown["self"], json={} if method == "PATCH" else None)
            assert_problem(answer, 404, "dataset-not-found")
        assert_problem(await client.post(f"{shown['self']}/restore"), 404, "dataset-not-found")
        assert_problem(await client.delete(PATH), 404, "dataset-not-found")
        bulk = await client.post(
            f"{SOURCES}/databfc/bulk", content=b"{}", headers={"content-type": "application/x-ndjson"}
        )
        assert_problem(bulk, 404, "source-not-found")
        taken = await client.post(SOURCES, json={"slug": "databfc", "name": "Moi"})
        assert_problem(taken, 409, "source-exists")
        assert (await client.get(PATH)).json() == shown
    assert len(said) == 1


async def test_keys_of_the_same_body_share_their_sources(settings: Settings) -> None:
    async with sending(settings, siren="212500565") as client:
        assert (await client.put(PATH, json=DATASET)).status_code == 201
        client.headers["x-api-key"] = await create_key(
            settings.database_url, "catalog:write", owner_siren="212500565"
        )
        assert (await client.put(PATH, json={**DATASET, "title": "t"})).json()["outcome"] == "updated"


async def test_a_merge_patch_changes_what_it_names(settings: Settings) -> None:
    merge = {"content-type": "application/merge-patch+json"}
    async with sending(settings) as client:
        await client.put(PATH, json=DATASET)
        shown = (await client.get(PATH)).json()
        patch = {
            "title": "Nouveau",
            "acronym": "NV",
            "extras": {"a": None, "c": 2},
            "temporal_coverage": None,
        }
        answer = await client.patch(shown["self"], json=patch, headers=merge)
        assert answer.status_code == 200, answer.text
        after = answer.json()
        assert (after["title"], after["acronym"], after["extras"]) == ("Nouveau", "NV", {"c": 2})
        assert after["temporal_coverage"] is None
        unchanged = (
            "license",
            "spatial",
            "contact_points",
            "claims",
            "organization",
            "remote_id",
            "themes",
            "uri",
        )
        assert {name: after[name] for name in unchanged} == {name: shown[name] for name in unchanged}
        assert [item["id"] for item in after["resources"]] == [item["id"] for item in shown["resources"]]
        before = await state_of(settings)
        same = await client.patch(shown["self"], json={"title": "Nouveau"}, headers=merge)
        assert same.json() == after
        assert await state_of(settings) == before
        refused = await client.patch(shown["self"], json={"title": None}, headers=merge)
        assert assert_problem(refused, 422, "invalid-request")["errors"][0]["pointer"] == "/body/title"
        foreign = {"resources": [{**DATASET["resources"][0], "id": "01a20000-0000-7000-8000-000000000000"}]}
        assert_problem(
            await client.patch(shown["self"], json=foreign, headers=merge), 404, "resource-not-found"
        )
        for member in ("owner", "id", "conformity", "source", "deleted"):
            refused = await client.patch(shown["self"], json={member: "x"}, headers=merge)
            assert (
                assert_problem(refused, 422, "invalid-request")["errors"][0]["pointer"] == f"/body/{member}"
            )
        stale = await client.patch(shown["self"], json={"title": "z"}, headers={**merge, "if-match": '"x"'})
        assert_problem(stale, 412, "precondition-failed")


async def test_deleted_restored_and_sent_again(settings: Settings) -> None:
    async with sending(settings) as client:
        await client.put(PATH, json=DATASET)
        shown = (await client.get(PATH)).json()
        key = client.headers.pop("x-api-key")
        anybody = await client.get(shown["self"])
        assert anybody.status_code == 200
        client.headers["x-api-key"] = key
        assert (await client.delete(PATH)).status_code == 204
        assert (await client.delete(shown["self"])).status_code == 204, "again, it changes nothing"
        assert (await client.get("/catalog/v1/datasets")).json()["items"] == []
        assert (await client.get(shown["self"])).json()["deleted"] is not None, "its owner sees it"
        del client.headers["x-api-key"]
        assert_problem(await client.get(shown["self"]), 410, "dataset-deleted")
        client.headers["x-api-key"] = key
        restored = await client.post(f"{shown['self']}/restore")
        assert restored.json()["deleted"] is None
        await client.delete(PATH)
        again = await client.put(PATH, json=DATASET)
        assert again.json() == {"outcome": "updated", "id": shown["id"], "self": shown["self"]}
        changes = (await client.get("/catalog/v1/changes")).json()["items"]
    types = [change["type"] for change in changes]
    assert types == [f"dataset.{what}" for what in ("created", "deleted", "created", "deleted", "created")]


async def test_a_private_dataset_is_its_owners_alone(settings: Settings) -> None:
    async with sending(settings) as client:
        await client.put(PATH, json={**DATASET, "private": True})
        shown = (await client.get(PATH)).json()
        assert shown["private"]
        del client.headers["x-api-key"]
        assert_problem(await client.get(shown["self"]), 404, "dataset-not-found")
        assert_problem(await client.get(PATH), 404, "dataset-not-found")
        assert (await client.get("/catalog/v1/datasets")).json()["items"] == []
        assert (await client.get("/catalog/api/1/datasets/")).json()["total"] == 0
        assert (await client.get("/catalog/v1/changes")).json()["items"] == []


async def test_two_puts_at_once_make_one_dataset(settings: Settings) -> None:
    async with sending(settings) as client:
        answers = await asyncio.gather(*(client.put(PATH, json=DATASET) for _ in range(6)))
    outcomes = sorted(answer.json()["outcome"] for answer in answers)
    assert outcomes == ["created", *["unchanged"] * 5]
    assert await rows(settings, "catalog.dataset") == 1
    assert await rows(settings, "catalog.resource") == 2


async def test_the_same_uri_links_datasets_of_two_sources_and_merges_nothing(settings: Settings) -> None:
    async with sending(settings) as client:
        await client.post(SOURCES, json={"slug": "opendata56", "name": "56"})
        await client.put(PATH, json=DATASET)
        await client.put(f"{SOURCES}/opendata56/datasets/9", json=DATASET)
        one = (await client.get(PATH)).json()
        other = (await client.get(f"{SOURCES}/opendata56/datasets/9")).json()
    assert (one["same_as"], other["same_as"]) == ([other["self"]], [one["self"]])


SCHEMAS: dict[str, tuple[dict[str, Any], str]] = {
    "a version alone": ({"version": "1.0.0"}, "/body/resources/0/schema"),
    "an unknown name": ({"name": "scdl/inconnu"}, "/body/resources/0/schema"),
    "an unknown version": ({"name": "scdl/deliberations", "version": "9.9.9"}, "/body/resources/0/schema"),
}


@pytest.mark.parametrize("case", SCHEMAS)
async def test_the_rule_of_schemas_is_strict_here(case: str, settings: Settings) -> None:
    schema, pointer = SCHEMAS[case]
    async with sending(settings) as client:
        body = {**DATASET, "resources": [{"title": "r", "url": "https://a.example/x.csv", "schema": schema}]}
        problem = assert_problem(await client.put(PATH, json=body), 422, "invalid-request")
    [error] = problem["errors"]
    assert error["pointer"] == pointer
    assert error["message"] != error["message_en"]


async def test_a_source_that_harvests_us_is_refused(settings: Settings) -> None:
    async with sending(settings) as client:
        body = {
            "slug": "moi",
            "name": "Moi",
            "kind": "dcat",
            "url": f"{settings.public_url}/catalog/v1/catalog.ttl",
        }
        assert_problem(await client.post(SOURCES, json=body), 409, "source-harvests-us")
        assert [item["slug"] for item in (await client.get(SOURCES)).json()["items"]] == ["databfc"]
