"""udata's API: its clients create, read, change and delete here as they do there."""

from typing import Any

import pytest

from shared.settings import Settings
from tests.api.conftest import api, create_key, settings_of
from tests.support.api import assert_problem

PATH = "/catalog/api/1/datasets/"
DATASET: dict[str, Any] = {
    "title": "Subventions",
    "description": "Celles de la ville.",
    "tags": ["budget", "subventions"],
    "license": "lov2",
    "frequency": "annual",
    "organization": {"id": "besancon", "name": "Ville de Besançon", "business_number_id": "21250056500016"},
    "spatial": {"zones": ["fr:commune:25056"], "granularity": "fr:commune"},
    "extras": {"a": 1},
}
RESOURCE = {
    "title": "2024",
    "type": "main",
    "url": "https://data.example.org/2024.csv",
    "format": "csv",
    "schema": {"name": "scdl/subventions", "version": "2.1.1"},
}


@pytest.fixture
def settings(common_settings: dict[str, Any]) -> Settings:
    """The catalog's settings."""
    return settings_of("catalog", common_settings)


async def test_a_dataset_and_its_resources(settings: Settings) -> None:
    async with api("catalog", settings) as client:
        assert_problem(await client.post(PATH, json=DATASET), 401, "unauthenticated")
        client.headers["X-API-KEY"] = await create_key(settings.database_url, "catalog:write")
        made = await client.post(PATH, json=DATASET)
        assert made.status_code == 201, made.text
        dataset = made.json()
        assert {name: dataset[name] for name in ("title", "tags", "license", "frequency", "extras")} == {
            name: DATASET[name] for name in ("title", "tags", "license", "frequency", "extras")
        }
        assert dataset["organization"]["business_number_id"] == "21250056500016"
        place = f"{PATH}{dataset['id']}/"
        first = (await client.post(f"{place}resources/", json=RESOURCE)).json()
        assert first["schema"] == {**RESOURCE["schema"], "url": None}  # type: ignore[dict-item]
        second = (
            await client.post(f"{place}resources/", json={**RESOURCE, "title": "2023", "schema": None})
        ).json()
        changed = await client.put(f"{place}resources/{first['id']}/", json={"title": "Année 2024"})
        assert (changed.json()["title"], changed.json()["schema"]["name"]) == (
            "Année 2024",
            "scdl/subventions",
        )
        order = [{"id": first["id"]}, {"id": second["id"]}]
        assert [item["id"] for item in (await client.put(f"{place}resources/", json=order)).json()] == [
            first["id"],
            second["id"],
        ]
        updated = (
            await client.put(place, json={"title": "Aides", "organization": dataset["organization"]["id"]})
        ).json()
        assert (updated["title"], updated["tags"], len(updated["resources"])) == ("Aides", DATASET["tags"], 2)
        assert updated["organization"] == dataset["organization"]
        sent_back = await client.put(place, json=updated)
        assert sent_back.json() == updated, "what is read may be sent back"
        assert (await client.delete(f"{place}resources/{second['id']}/")).status_code == 204
        assert [item["id"] for item in (await client.get(place)).json()["resources"]] == [first["id"]]
        assert_problem(await client.get(f"{place}resources/{second['id']}/"), 404, "resource-not-found")
        ours = (await client.get(f"/catalog/v1/datasets/{dataset['id']}")).json()
        assert ours["resources"][0]["conformity"]["status"] == "queued"
        assert (await client.delete(place)).status_code == 204
        del client.headers["X-API-KEY"]
        assert_problem(await client.get(place), 410, "dataset-deleted")
        assert (await client.get(PATH)).json()["data"] == []


async def test_an_upload_becomes_a_resource(settings: Settings) -> None:
    async with api("catalog", settings) as client:
        client.headers["X-API-KEY"] = await create_key(settings.database_url, "catalog:write")
        place = f"{PATH}{(await client.post(PATH, json=DATASET)).json()['id']}/"
        await client.post(f"{place}upload/", files={"file": ("données.csv", b"a\n0\n")})
        made = await client.post(f"{place}upload/", files={"file": ("données.csv", b"a\n1\n")})
        assert made.status_code == 201, made.text
        resource = made.json()
        assert (resource["title"], resource["filetype"], resource["filesize"]) == ("données.csv", "file", 4)
        assert resource["checksum"]["type"] == "sha256"
        again = await client.post(
            f"{place}resources/{resource['id']}/upload/", files={"file": ("b.csv", b"a\n1\n2\n")}
        )
        assert again.json()["filesize"] == 6
        assert_problem(
            await client.post(f"{place}upload/", files={"file": ("v.csv", b"")}), 422, "empty-content"
        )
        assert_problem(
            await client.post(f"{place}upload/", data={"a": "b"}, files={}), 415, "unsupported-media-type"
        )
        assert len((await client.get(place)).json()["resources"]) == 2


async def test_pages_and_masks(settings: Settings) -> None:
    async with api("catalog", settings) as client:
        client.headers["X-API-KEY"] = await create_key(settings.database_url, "catalog:write")
        for number in range(3):
            await client.post(PATH, json={**DATASET, "title": f"n° {number}"})
        page = (await client.get(PATH, params={"page_size": 2, "tag": "budget"})).json()
        assert [page[name] for name in ("page", "page_size", "total", "previous_page")] == [1, 2, 3, None]
        following = (await client.get(page["next_page"].replace("http://127.0.0.1:8000", ""))).json()
        assert [item["title"] for item in (*page["data"], *following["data"])] == ["n° 2", "n° 1", "n° 0"]
        assert (following["next_page"], following["previous_page"] is None) == (None, False)
        masked = await client.get(PATH, headers={"X-Fields": "data{id,organization{name},x},next_page"})
        assert masked.json()["data"][0] == {
            "id": page["data"][0]["id"],
            "organization": {"name": "Ville de Besançon"},
            "x": None,
        }
        for mask in ("data{", "}", "a{b}}", "é", "{" * 50, "a" * 1999 + "{"):
            answer = await client.get(PATH, headers=[(b"X-Fields", mask.encode())])
            assert_problem(answer, 422, "invalid-request")
        for query in ("page=0", "page=9223372036854775808", "page_size=101", "q=x"):
            assert_problem(await client.get(f"{PATH}?{query}"), 422, "invalid-request")


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "no title": ({"description": "d"}, 422, "payload-unreadable"),
    "an unknown organization": ({**DATASET, "organization": "inconnue"}, 404, "organization-not-found"),
    "an unknown schema": (
        {**DATASET, "resources": [{**RESOURCE, "schema": {"name": "inconnu"}}]},
        422,
        "invalid-request",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_is_refused(case: str, settings: Settings) -> None:
    body, status, slug = REFUSED[case]
    async with api("catalog", settings) as client:
        client.headers["X-API-KEY"] = await create_key(settings.database_url, "catalog:write")
        assert_problem(await client.post(PATH, json=body), status, slug)


async def test_anothers_dataset_is_unknown(settings: Settings) -> None:
    async with api("catalog", settings) as client:
        client.headers["X-API-KEY"] = await create_key(settings.database_url, "catalog:write")
        place = f"{PATH}{(await client.post(PATH, json=DATASET)).json()['id']}/"
        client.headers["X-API-KEY"] = await create_key(settings.database_url, "catalog:write")
        for answer in (
            await client.put(place, json={"title": "à moi"}),
            await client.delete(place),
            await client.post(f"{place}resources/", json=RESOURCE),
            await client.post(f"{place}upload/", files={"file": ("a.csv", b"a")}),
            await client.put(place.replace("/1/", "/2/") + "extras/", json={"a": 2}),
        ):
            assert_problem(answer, 404, "dataset-not-found")
