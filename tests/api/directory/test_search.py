"""One search over everything: the body meant comes first, facets in the same call, homonyms told apart."""

import random
import string
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.directory.domain.collectivites import Collectivite
from services.directory.domain.folding import words
from services.directory.domain.search import SearchIndex
from services.directory.operations.reference_files import shipped_collectivites
from shared.db import Database
from tests.api.directory import software

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/directory/v1/search"
DIJON, BESANCON, LYON, SAINT_ETIENNE = "212102313", "212500565", "200046977", "214202186"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(loaded_database: str) -> AsyncIterator[dict[str, Any]]:
    """Two vendors and three applications, one of them labelled for décisions."""
    db = await Database.open(loaded_database, schema="directory", pool_size=2)
    one = await software.add_vendor(db, software.vendor_siren(1), "Éditions Bourguignonnes")
    two = await software.add_vendor(db, software.vendor_siren(2), "Saint-Étienne Logiciels")
    acts = await software.add_software(db, one, "Actes & Séances")
    grants = await software.add_software(db, one, "Subvenio")
    meals = await software.add_software(db, two, "Cantinea")
    module = await software.add_module(db, acts, "deliberations")
    await software.add_label(db, acts, module)
    await software.add_module(db, grants, "subventions")
    await software.add_usages(db, acts, "deliberations", [DIJON, BESANCON])
    await software.add_usages(db, grants, "subventions", [DIJON, LYON])
    await software.add_usages(db, meals, "menus-cantines", [BESANCON], status="conteste")
    yield {"db": db, "acts": str(acts), "grants": str(grants), "vendors": (one, two)}
    await software.empty(db)
    await db.close()


async def find(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def counts(found: dict[str, Any], facet: str) -> dict[str, int]:
    return {one["value"]: one["count"] for one in found["facets"][facet]}


@pytest.mark.parametrize(
    ("query", "siren"),
    [
        ("st etienne", SAINT_ETIENNE),
        ("saint-étienne", SAINT_ETIENNE),
        ("l'hay les roses", "219400389"),
        ("lhay", "219400389"),
        ("CA PAYS BASQUE", "200067106"),
        ("besancon", BESANCON),
        ("21 231", DIJON),
        ("212 102 313", DIJON),
        ("21210231300012", DIJON),
        ("Arbignieu", "200083863"),
        ("dijjon", DIJON),
    ],
)
async def test_the_body_meant_comes_first(
    client: httpx.AsyncClient, made: dict[str, Any], query: str, siren: str
) -> None:
    found = await find(client, q=query)
    first = found["items"][0]
    if query == "Arbignieu":
        assert first["collectivite"]["matched"]["nom"] == "Arbignieu"
    else:
        assert first["id"] == siren
    assert first["self"].endswith(f"/collectivites/{first['id']}")


async def test_every_kind_in_one_call(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    found = await find(client, q="saint-étienne", limit=200)
    assert found["items"][0]["kind"] == "collectivite"
    assert "Saint-Étienne Logiciels" in [item["nom"] for item in found["items"]]
    assert counts(found, "kind")["editeur"] == 1
    assert (await find(client, q="délibérations"))["items"][0]["id"] == "deliberations"
    assert (await find(client, q="IRVE"))["items"][0]["id"] == "bornes-recharge"
    software_found = (await find(client, q="actes et seances"))["items"]
    assert software_found[0]["kind"] == "progiciel" or software_found == []
    assert (await find(client, q="actes & séances"))["items"][0]["id"] == made["acts"]
    assert (await find(client, q="subvennio"))["items"][0]["id"] == made["grants"]
    spaced = f"{made['vendors'][0][:3]} {made['vendors'][0][3:6]} {made['vendors'][0][6:]}"
    assert {item["kind"] for item in (await find(client, q=spaced))["items"]} == {"editeur", "progiciel"}
    only = await find(client, q="saint-étienne", kind="editeur")
    assert {item["kind"] for item in only["items"]} == {"editeur"}
    assert only["total"] == 1


async def test_filters_by_software(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    users = await find(client, progiciel=made["grants"])
    assert {item["id"] for item in users["items"]} == {DIJON, LYON}
    assert counts(users, "domaine") == {"deliberations": 1, "subventions": 2}
    assert {item["id"] for item in (await find(client, domaine="deliberations"))["items"]} == {
        DIJON,
        BESANCON,
    }
    labelled = await find(client, label="valide")
    assert {item["id"] for item in labelled["items"]} == {DIJON, BESANCON}
    assert counts(labelled, "label") == {"valide": 2, "sans_label": 2}
    assert {item["id"] for item in (await find(client, label="sans_label"))["items"]} == {DIJON, LYON}
    both = await find(client, label="valide", domaine="subventions", departement="21")
    assert [item["id"] for item in both["items"]] == [DIJON]
    # A contested usage is not counted as one.
    assert (await find(client, domaine="menus-cantines"))["items"] == []


async def test_facets_show_what_another_choice_would_give(
    client: httpx.AsyncClient, made: dict[str, Any]
) -> None:
    found = await find(client, q="saint", departement="42", type="COM", limit=5)
    assert counts(found, "departement")["42"] == found["total"]
    assert counts(found, "departement")["21"] > 0
    assert found["facets"]["region"][0]["label"]


async def test_homonyms_are_told_apart(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    found = await find(client, q="sainte-colombe", type="COM", limit=20)
    same = [item for item in found["items"] if item["nom"] == "Sainte-Colombe"]
    assert len(same) > 5
    assert len({item["label"] for item in same}) == len(same)
    assert all(item["collectivite"]["code_insee"] in item["label"] for item in same)


async def test_a_walk_meets_every_result_once(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    met, url, total = [], f"{PATH}?q=saint-etienne&limit=3", None
    while url:
        answer = await client.get(url)
        document = answer.json()
        met += [(item["kind"], item["id"]) for item in document["items"]]
        total = document["total"]
        url = answer.links["next"]["url"] if "next" in answer.links else ""
        assert bool(url) == (document["next"] is not None)
    assert len(met) == len(set(met)) == total
    assert ("editeur", made["vendors"][1]) in met


async def test_near_a_point(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    db = made["db"]
    import_id = "00000000-0000-7000-8000-0000000000aa"
    await db.execute(
        "INSERT INTO observatoire_import VALUES ($1, 'organismes', 2022, 'x', 'x', '1', 2, '{}', true, now())",
        import_id,
    )
    for number, siren, place in ((2, DIJON, (47.32, 5.04)), (3, BESANCON, (47.24, 6.02))):
        await db.execute(
            "INSERT INTO observatoire_ligne (import_id, number, content, outcome, reason, reason_en, siren, nom, "
            "type, code_departement, code_region, datasets, latitude, longitude) "
            "VALUES ($1, $2, '{}', 'siren', '', '', $3, '', 'COM', '', '', 1, $4, $5)",
            import_id,
            number,
            siren,
            *place,
        )
    try:
        near = await find(client, near="47.30,5.05", radius=100)
        assert [item["id"] for item in near["items"]] == [DIJON, BESANCON]
        assert near["items"][0]["distance_km"] < 3
        assert 70 < near["items"][1]["distance_km"] < 77
        assert [item["id"] for item in (await find(client, near="47.30,5.05", radius=10))["items"]] == [DIJON]
        first = await client.get(PATH, params={"near": "47.30,5.05", "radius": 100, "limit": 1})
        second = await client.get(first.links["next"]["url"])
        assert [item["id"] for item in second.json()["items"]] == [BESANCON]
        assert (await find(client, near="47.30,5.05", radius=100, q="besancon"))["total"] == 1
    finally:
        await db.execute("DELETE FROM observatoire_ligne")
        await db.execute("DELETE FROM observatoire_import")


@pytest.mark.parametrize(
    "query",
    [
        {"near": "abc"},
        {"near": "91,0"},
        {"near": "nan,0"},
        {"near": "1,2,3"},
        {"radius": "0"},
        {"radius": "nan"},
        {"label": "or"},
        {"progiciel": "x"},
        {"kind": "tout"},
        {"q": "x" * 500},
        {"cursor": "abc"},
        {"limit": "0"},
        {"page": "2"},
    ],
)
async def test_what_is_asked_wrongly_is_refused(client: httpx.AsyncClient, query: dict[str, str]) -> None:
    answer = await client.get(PATH, params=query)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail_en"]


@pytest.mark.parametrize(
    "query", ["%", "_", "' OR 1=1 --", "\\", "*:*", "\u200e", "🙂", "a" * 200, "1" * 200, "-"]
)
async def test_any_text_is_only_text(client: httpx.AsyncClient, made: dict[str, Any], query: str) -> None:
    assert (await find(client, q=query))["total"] >= 0


async def test_a_cursor_of_another_search_is_refused(client: httpx.AsyncClient, made: dict[str, Any]) -> None:
    first = await find(client, q="saint", limit=2)
    answer = await client.get(PATH, params={"q": "sainte", "limit": 2, "cursor": first["next"]})
    assert answer.status_code == 422


def mistyped(name: str, dice: random.Random) -> str:
    """Return a name with one typing error: a letter left out, doubled, replaced, or two swapped."""
    place = dice.randrange(1, len(name) - 1)
    letter = dice.choice(string.ascii_lowercase)
    match dice.randrange(4):
        case 0:
            return name[:place] + name[place + 1 :]
        case 1:
            return name[:place] + letter + name[place:]
        case 2:
            return name[:place] + letter + name[place + 1 :]
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]


async def test_a_thousand_mistyped_names_are_found_among_the_first_ten() -> None:
    dice = random.Random(20261122)
    bodies: list[Collectivite] = list(shipped_collectivites())
    index = SearchIndex("test", bodies)
    wanted = dice.sample([body for body in bodies if len("".join(words(body.nom))) > 4], 1000)
    found = 0
    for body in wanted:
        answers = index.search(mistyped(body.nom, dice), limit=10).items
        # A homonym as well typed is as good an answer: they are told apart by their label.
        found += any(answer.nom == body.nom for answer in answers)
    assert found >= 950, found
