"""The search: French words in any writing, facets with their counts, territories, order, pages, hostile text."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.settings import Settings
from tests.api.conftest import Client, api, create_key, settings_of
from tests.support.api import assert_problem

V1 = "/catalog/v1"


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


async def register(client: Client, key: dict[str, str], title: str, **more: Any) -> str:
    body = {"title": title, "description": "Sans autre précision.", **more}
    answer = await client.post(f"{V1}/datasets", json=body, headers=key)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


async def found(client: Client, query: str = "", **params: Any) -> list[str]:
    answer = await client.get(f"{V1}/search", params={"q": query, **params})
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["next"] is not None or len(document["items"]) <= document["total"]
    return [item["title"] for item in document["items"]]


@pytest.mark.parametrize(
    "query",
    [
        "délibérations",
        "deliberation",
        "DÉLIBÉRATIONS",
        "de\u0301libe\u0301ration",
        "les délibérations du conseil",
        "conseil-municipal",
        "l'œuvre",
        "oeuvres",
    ],
)
async def test_words_are_found_in_any_writing(client: Client, key: dict[str, str], query: str) -> None:
    await register(client, key, "Délibérations du conseil municipal, une œuvre")
    await register(client, key, "Arbres remarquables")
    assert await found(client, query) == ["Délibérations du conseil municipal, une œuvre"]


async def test_the_title_counts_before_keywords_and_description(client: Client, key: dict[str, str]) -> None:
    await register(client, key, "Autre chose", description="On y parle du budget primitif.")
    await register(client, key, "Comptes", tags=["budget primitif"])
    await register(client, key, "Budget primitif")
    assert await found(client, "budget primitif") == [
        "Budget primitif",
        "Comptes",
        "Autre chose",
    ]


async def test_other_names_and_some_of_the_words(client: Client, key: dict[str, str]) -> None:
    await register(client, key, "Stationnement cyclable")
    await register(client, key, "Restauration scolaire : menus")
    assert await found(client, "vélos") == ["Stationnement cyclable"]
    assert await found(client, "cantines") == ["Restauration scolaire : menus"]
    # No dataset has both words: any of them is enough.
    assert await found(client, "cyclable introuvable") == ["Stationnement cyclable"]
    assert await found(client, "introuvable") == []


async def test_a_misspelt_word_is_found_and_told(client: Client, key: dict[str, str]) -> None:
    await register(client, key, "Subventions aux associations")
    await register(client, key, "Secrets inavouables", private=True)
    answer = (await client.get(f"{V1}/search", params={"q": "subvension asociation"})).json()
    assert [item["title"] for item in answer["items"]] == ["Subventions aux associations"]
    assert answer["respelt"] == "subventions associations"
    exact = (await client.get(f"{V1}/search", params={"q": "subventions"})).json()
    assert (exact["total"], exact["respelt"]) == (1, None)
    # What is private is not told by what a word is taken for.
    hidden = (await client.get(f"{V1}/search", params={"q": "secrats"})).json()
    assert (hidden["total"], hidden["respelt"]) == (0, None)


async def test_two_words_may_be_written_as_one(client: Client, key: dict[str, str]) -> None:
    await register(client, key, "Open DAMIR : dépenses")
    await register(client, key, "OpenRadiation")
    await register(client, key, "La base des codes postaux")
    assert await found(client, "opendamir") == ["Open DAMIR : dépenses"]
    assert await found(client, "open radiation") == ["OpenRadiation"]
    assert await found(client, "la base des codes postaux") == ["La base des codes postaux"]


async def test_who_has_more_of_the_words_comes_first(client: Client, key: dict[str, str]) -> None:
    await register(client, key, "Prénoms, prénoms, prénoms", tags=["prénoms"])
    await register(client, key, "Relevé", description="Prénoms des nouveau-nés d'Antibes.")
    assert await found(client, "prénoms antibes introuvable") == ["Relevé", "Prénoms, prénoms, prénoms"]


async def test_what_many_follow_comes_first_and_writes_nothing(client: Client, key: dict[str, str]) -> None:
    source = {"slug": "portail", "name": "Portail", "kind": "push"}
    assert (await client.post(f"{V1}/sources", json=source, headers=key)).status_code == 201
    for name, metrics in (
        ("a", {}),
        ("b", {"followers": 40, "reuses": 10}),
        ("c", {"followers": 2**63 - 1, "reuses": "x"}),
    ):
        said = {"id": name, "title": f"Arbres {name}", "metrics": metrics}
        place = f"{V1}/sources/portail/datasets/{name}?profile=udata"
        assert (await client.put(place, json=said, headers=key)).status_code == 201
    assert await found(client, "arbres") == ["Arbres c", "Arbres b", "Arbres a"]
    more = {"id": "a", "title": "Arbres a", "metrics": {"followers": 1000}}
    again = await client.put(f"{V1}/sources/portail/datasets/a?profile=udata", json=more, headers=key)
    assert again.json()["outcome"] == "unchanged"


async def test_what_changes_is_found_anew(client: Client, key: dict[str, str]) -> None:
    made = await register(client, key, "Fontaines")
    answer = await client.patch(
        f"{V1}/datasets/{made}",
        json={"title": "Défibrillateurs"},
        headers={**key, "content-type": "application/merge-patch+json"},
    )
    assert answer.status_code == 200, answer.text
    assert (await found(client, "fontaine"), await found(client, "defibrillateur")) == (
        [],
        ["Défibrillateurs"],
    )
    await client.delete(f"{V1}/datasets/{made}", headers=key)
    await register(client, key, "Défibrillateurs privés", private=True)
    assert await found(client, "defibrillateur") == []


async def test_facets_count_what_is_found(client: Client, key: dict[str, str]) -> None:
    besancon = {"siren": "212500565", "name": "Besançon"}
    csv = {
        "title": "a",
        "url": "https://exemple.fr/a.csv",
        "format": "csv",
        "schema": {"name": "scdl/deliberations"},
    }
    await register(
        client,
        key,
        "Actes 1",
        organization=besancon,
        themes=["GOVE"],
        tags=["actes"],
        license="lov2",
        resources=[csv, csv],
    )
    await register(client, key, "Actes 2", themes=["GOVE", "ENVI"], tags=["actes", "eau"], license="odc-odbl")
    await register(client, key, "Sans rapport", themes=["TRAN"])
    document = (await client.get(f"{V1}/search", params={"q": "actes"})).json()
    facets = {
        name: {one["value"]: one["count"] for one in values} for name, values in document["facets"].items()
    }
    assert document["total"] == 2
    assert facets["theme"] == {"GOVE": 2, "ENVI": 1}
    assert facets["tag"] == {"actes": 2, "eau": 1}
    assert facets["license"] == {"lov2": 1, "odc-odbl": 1}
    assert facets["organization"] == {"212500565": 1}
    assert (facets["format"], facets["schema"]) == ({"csv": 1}, {"scdl/deliberations": 1})
    assert facets["conformity"] == {"queued": 1}
    assert document["facets"]["theme"][0]["label"] == "Gouvernement et secteur public"
    assert await found(client, "actes", theme="ENVI") == ["Actes 2"]
    assert await found(client, organization="212500565", schema="scdl/deliberations") == ["Actes 1"]
    assert await found(client, conformity="queued", format="CSV", license="lov2") == ["Actes 1"]
    assert sorted(await found(client, theme=["ENVI", "TRAN"])) == ["Actes 2", "Sans rapport"]


async def test_facets_follow_every_change(client: Client, key: dict[str, str]) -> None:
    async def counted() -> dict[str, dict[str, int]]:
        facets = (await client.get(f"{V1}/search", params={"q": "horaires"})).json()["facets"]
        return {name: {one["value"]: one["count"] for one in values} for name, values in facets.items()}

    file = {"title": "a.csv", "url": "https://exemple.fr/a.csv", "format": "csv"}
    one = await register(client, key, "Horaires", license="lov2", resources=[file])
    assert (await counted())["format"] == {"csv": 1}
    address = f"{V1}/datasets/{one}"
    read = await client.get(address)
    change = {"license": "odc-odbl", "resources": [{**file, "format": "json"}]}
    patched = await client.patch(address, json=change, headers={**key, "if-match": read.headers["etag"]})
    assert patched.status_code == 200, patched.text
    assert (await counted())["license"] == {"odc-odbl": 1}
    assert (await counted())["format"] == {"json": 1}
    deleted = await client.delete(address, headers={**key, "if-match": patched.headers["etag"]})
    assert deleted.status_code in (200, 204)
    assert not any((await counted()).values())


async def test_a_page_shows_the_first_files_of_a_dataset_and_judges_them_all(
    client: Client, key: dict[str, str]
) -> None:
    files: list[dict[str, Any]] = [
        {"title": f"{number}.csv", "url": f"https://exemple.fr/{number}.csv"} for number in range(25)
    ]
    files.append({"title": "fin.csv", "url": "https://exemple.fr/fin.csv", "schema": {"name": "scdl/budget"}})
    await register(client, key, "Budgets réunis", resources=files)
    item = (await client.get(f"{V1}/search", params={"q": "budgets réunis"})).json()["items"][0]
    assert [one["title"] for one in item["resources"]] == [f"{number}.csv" for number in range(20)]
    assert item["resources_total"] == 26
    whole = (await client.get(item["self"])).json()
    assert len(whole["resources"]) == 26
    assert item["conformity"] == whole["conformity"] == "queued"


async def test_a_territory_holds_what_lies_in_it(client: Client, key: dict[str, str]) -> None:
    await register(client, key, "Commune", spatial={"zones": ["fr:commune:25056"]})
    await register(client, key, "Intercommunalité", spatial={"zones": ["fr:epci:242500361"]})
    await register(client, key, "Département", spatial={"zones": ["fr:departement:25"]})
    await register(client, key, "Ailleurs", spatial={"zones": ["fr:commune:35238"]})
    assert await found(client, zone="fr:commune:25056") == ["Commune"]
    assert sorted(await found(client, zone="fr:epci:242500361")) == ["Commune", "Intercommunalité"]
    assert len(await found(client, zone="fr:departement:25")) == 3
    assert len(await found(client, zone="fr:region:27")) == 3
    assert len(await found(client, zone="country:fr")) == 4


async def test_a_period_and_an_order(client: Client, key: dict[str, str]) -> None:
    for year in (2021, 2023, 2022):
        await register(
            client,
            key,
            f"Budget {year}",
            temporal_coverage={"start": f"{year}-01-01", "end": f"{year}-12-31"},
            modified=f"{year}-06-01T00:00:00Z",
        )
    assert await found(client, "budget", sort="date") == ["Budget 2023", "Budget 2022", "Budget 2021"]
    assert await found(client, start="2022-06-01", end="2022-07-01") == ["Budget 2022"]
    assert len(await found(client, start="2022-06-01")) == 2


async def test_pages_give_each_once(client: Client, key: dict[str, str]) -> None:
    made = {await register(client, key, "Le même titre") for _ in range(5)}
    ids: list[str] = []
    address: str | None = f"{V1}/search?q=titre&limit=2"
    while address:
        answer = await client.get(address)
        document = answer.json()
        assert document["total"] == 5
        ids += [item["id"] for item in document["items"]]
        address = answer.links["next"]["url"] if "next" in answer.links else None
    assert (len(ids), set(ids)) == (5, made)


@pytest.mark.parametrize(
    "query",
    [
        "' OR 1=1 --",
        "a & | ! <-> :*",
        "((((",
        "%_%",
        "\\",
        "'",
        "le la les",
        "!!!",
        "é" * 200,
        "\u202e",
        "a:*&b",
        "-x",
    ],
)
async def test_what_means_something_to_the_database_is_plain_text(
    client: Client, key: dict[str, str], query: str
) -> None:
    await register(client, key, "Rien de tel")
    answer = await client.get(f"{V1}/search", params={"q": query})
    assert answer.status_code == 200, answer.text


async def test_what_is_no_search_is_refused(client: Client) -> None:
    for query in (
        "q=%00",
        "theme=XXXX",
        "zone=DROP",
        "conformity=oui",
        "start=hier",
        "cursor=faux",
        "limit=0",
        "inconnu=1",
        "q=" + "a" * 201,
        "organization=1",
    ):
        answer = await client.get(f"{V1}/search?{query}")
        if query != "q=%00":
            assert_problem(answer, 422, "invalid-request")
        assert answer.status_code < 500
