"""Figures over the catalogue: quality by both measures, statistics, and what several portals have."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.catalog.domain.quality import HIGHEST
from shared.settings import Settings
from tests.api.conftest import Client, api, create_key, settings_of
from tests.support.api import assert_problem

V1 = "/catalog/v1"
BARE = {"title": "Nu", "description": "Court."}
FULL: dict[str, Any] = {
    "title": "Arbres",
    "description": "Les arbres de la ville, leur espèce et leur âge. " * 3,
    "organization": {"siren": "212500565", "name": "Besançon"},
    "license": "lov2",
    "frequency": "never",
    "tags": ["arbres"],
    "themes": ["ENVI"],
    "temporal_coverage": {"start": "2024-01-01"},
    "spatial": {"zones": ["fr:commune:25056"]},
    "contact_points": [{"email": "data@besancon.fr"}],
    "issued": "2024-02-01T10:00:00Z",
    "modified": "2024-03-01T10:00:00Z",
    "resources": [
        {"title": "a", "url": "https://exemple.fr/a.csv", "format": "csv", "filesize": 1},
        {
            "title": "b",
            "url": "https://exemple.fr/b.csv",
            "format": "csv",
            "schema": {"name": "scdl/equipements"},
        },
    ],
}


@pytest.fixture
def settings(common_settings: dict[str, Any]) -> Settings:
    return settings_of("catalog", common_settings)


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Client]:
    async with api("catalog", settings) as client:
        yield client


@pytest.fixture
async def key(database_url: str) -> dict[str, str]:
    return {"x-api-key": await create_key(database_url, "catalog:write")}


async def register(client: Client, key: dict[str, str], body: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = await client.post(f"{V1}/datasets", json={**body, **more}, headers=key)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def quality(client: Client, dataset: dict[str, Any]) -> dict[str, Any]:
    answer = await client.get(f"{V1}/datasets/{dataset['id']}/quality")
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def test_quality_tells_what_lacks(client: Client, key: dict[str, str]) -> None:
    bare = await quality(client, await register(client, key, BARE))
    full = await quality(client, await register(client, key, FULL))
    assert HIGHEST == 405
    assert len(bare["flags"]) == 9
    assert set(bare["missing"]) == {
        "license",
        "temporal_coverage",
        "spatial",
        "update_frequency",
        "dataset_description_quality",
        "has_resources",
        "has_open_format",
    }
    assert full["missing"] == []
    # Nobody has asked for the files yet: nothing is said of them.
    assert (full["flags"]["all_resources_available"], bare["flags"]["update_fulfilled_in_time"]) == (
        None,
        None,
    )
    for measured in (bare["mqa"], full["mqa"]):
        lost = sum(metric["points"] for metric in measured["missing"])
        assert measured["score"] == sum(measured["dimensions"].values()) == 405 - lost
    assert (bare["mqa"]["rating"], bare["mqa"]["score"]) == ("bad", 45)
    assert [metric["name"] for metric in full["mqa"]["missing"]] == [
        "dcat:accessURL status",
        "dcat:downloadURL status",
    ]
    private = await register(client, key, BARE, private=True)
    assert_problem(await client.get(f"{V1}/datasets/{private['id']}/quality"), 404, "dataset-not-found")


async def test_figures_in_both_forms(client: Client, key: dict[str, str]) -> None:
    await register(client, key, FULL)
    await register(client, key, FULL, organization=None, themes=["ENVI", "REGI"])
    await register(client, key, FULL, private=True)
    lines = (await client.get(f"{V1}/statistics.json?by=theme")).json()["items"]
    assert lines[0] == {
        "value": "ENVI",
        "label": "Environnement",
        "datasets": 2,
        "organizations": 1,
        "resources": 4,
        "valid": 0,
        "invalid": 0,
    }
    by_schema = (await client.get(f"{V1}/statistics.json?by=schema")).json()["items"]
    assert [(line["value"], line["datasets"], line["resources"]) for line in by_schema] == [
        ("scdl/equipements", 2, 2)
    ]
    answer = await client.get(f"{V1}/statistics.csv?by=zone")
    assert answer.headers["content-type"].startswith("text/csv")
    [line] = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert (line["value"], line["label"], line["datasets"]) == ("fr:commune:25056", "Besançon", "2")
    assert_problem(await client.get(f"{V1}/statistics.json?by=owner"), 422, "invalid-request")


async def test_what_several_portals_have_is_linked(client: Client, key: dict[str, str]) -> None:
    made = [
        await register(client, key, BARE, uri=f"https://exemple.fr/{name}")
        for name in ("a", "b", "a", "b", "c")
    ]
    await register(client, key, BARE, uri="https://exemple.fr/c", private=True)
    first = (await client.get(f"{V1}/same-as?limit=1")).json()
    assert first["items"] == [{"uri": "https://exemple.fr/a", "datasets": [made[0]["self"], made[2]["self"]]}]
    second = (await client.get(f"{V1}/same-as?cursor={first['next']}")).json()
    assert [item["uri"] for item in second["items"]] == ["https://exemple.fr/b"]
    assert second["next"] is None
