"""The API of the collectivités, from outside, on the whole reference."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIST = "/directory/v1/collectivites"


async def page(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get(LIST, params=query)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def refusal(client: httpx.AsyncClient, url: str, status: int = 422) -> dict[str, Any]:
    answer = await client.get(url)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["detail"]
    assert document["detail_en"]
    return document


async def test_the_first_item_is_the_one_meant(client: httpx.AsyncClient) -> None:
    found = await page(client, q="besancon", limit=5)
    first = found["items"][0]
    assert first["siren"] == "212500565"
    assert first["label"] == "Besançon · Commune · Doubs (25) · 25056"
    assert first["population"] == {"value": 118489, "base": "municipale", "year": 2026, "class": "100000-"}
    assert first["epci"] == {"siren": "242500361", "nom": "CU Grand Besançon Métropole"}
    assert first["self"] == f"http://test{LIST}/212500565"
    assert found["total"] == len(found["items"])
    assert found["edition"].startswith("2026.")


@pytest.mark.parametrize(
    "query", ["st etienne", "saint-étienne", "214 202 186", "42218", "Saint‑Etienne", "saint-etinne"]
)
async def test_people_find_it_as_they_type_it(client: httpx.AsyncClient, query: str) -> None:
    found = await page(client, q=query)
    assert found["items"][0]["siren"] == "214202186"


async def test_a_former_name_says_that_it_matched(client: httpx.AsyncClient) -> None:
    first = (await page(client, q="Arbignieu"))["items"][0]
    assert first["nom"] == "Arboys en Bugey"
    assert first["matched"] == {"code": "01015", "nom": "Arbignieu", "nature": "commune déléguée"}
    assert (await page(client, q="Dijon"))["items"][0]["matched"] is None


@pytest.mark.parametrize(
    ("code", "siren"),
    [("21231", "212102313"), ("21 231", "212102313"), ("2a004", "212000046"), ("01126", "200083863")],
)
async def test_by_insee_code(client: httpx.AsyncClient, code: str, siren: str) -> None:
    found = await page(client, code_insee=code)
    assert [item["siren"] for item in found["items"]] == [siren]


async def test_filters_and_facets_in_one_answer(client: httpx.AsyncClient) -> None:
    found = await page(client, q="saint", type=["COM"], departement=["21", "2a"], limit=200)
    assert {item["code_departement"] for item in found["items"]} == {"21", "2A"}
    counts = {value["value"]: value for value in found["facets"]["departement"]}
    assert sum(counts[code]["count"] for code in ("21", "2A") if code in counts) == found["total"]
    assert counts["21"]["label"] == "Côte-d'Or"
    assert counts["42"]["count"] > 0
    assert {value["value"] for value in found["facets"]["type"]} >= {"COM"}
    assert sum(value["count"] for value in found["facets"]["population"]) == found["total"]


async def test_every_page_of_a_filtered_list_keeps_its_parameters(client: httpx.AsyncClient) -> None:
    whole = await page(client, departement="90", type="COM", limit=200)
    url = f"{LIST}?departement=90&type=COM&limit=40"
    seen: list[str] = []
    while True:
        answer = await client.get(url)
        assert answer.status_code == 200
        seen += [item["siren"] for item in answer.json()["items"]]
        if answer.json()["next"] is None:
            assert "link" not in answer.headers
            break
        url = answer.headers["link"].split(">")[0][1:]
        query = parse_qs(urlsplit(url).query)
        assert (query["departement"], query["type"], query["limit"]) == (["90"], ["COM"], ["40"])
        assert query["cursor"] == [answer.json()["next"]]
    assert seen == [item["siren"] for item in whole["items"]]
    assert len(seen) == whole["total"] > 80


async def test_without_a_query_all_are_listed_the_largest_first(client: httpx.AsyncClient) -> None:
    found = await page(client, limit=200)
    assert found["total"] == 36_253
    populations = [item["population"]["value"] for item in found["items"]]
    assert populations == sorted(populations, reverse=True)


async def test_one_body_with_all_that_is_known(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{LIST}/200083863")
    assert answer.status_code == 200
    body = answer.json()
    assert body["nom"] == "Valserhône"
    assert body["codes_postaux"] == ["01200"]
    assert {"01126", "01205"} <= {alias["code"] for alias in body["aliases"]}
    assert body["epci"]["siren"] == "240100891"
    assert body["removed_at"] is None


async def test_a_grouping_links_to_its_members(client: httpx.AsyncClient) -> None:
    body = (await client.get(f"{LIST}/242100410")).json()
    members = (await client.get(body["links"]["members"])).json()
    assert members["total"] == 23
    assert {item["siren_epci"] for item in members["items"]} == {"242100410"}


@pytest.mark.parametrize("typed", ["212 102 313", "%E2%80%8E212102313", "212.102.313", "21210231300013"])
async def test_a_siren_is_understood_however_it_is_typed(client: httpx.AsyncClient, typed: str) -> None:
    answer = await client.get(f"{LIST}/{typed}")
    assert answer.status_code == 200
    assert answer.json()["siren"] == "212102313"


@pytest.mark.parametrize(
    ("typed", "cause"),
    [
        ("212102314", "clé de contrôle"),
        ("21210231", "8 chiffres"),
        ("dijon", "chiffres"),
        ("'%20OR%201=1", "chiffres"),
    ],
)
async def test_a_wrong_siren_is_refused_with_its_cause(
    client: httpx.AsyncClient, typed: str, cause: str
) -> None:
    problem = await refusal(client, f"{LIST}/{typed}")
    assert problem["errors"][0]["pointer"] == "/path/siren"
    assert cause in problem["detail"]


async def test_an_unknown_siren_is_not_found(client: httpx.AsyncClient) -> None:
    problem = await refusal(client, f"{LIST}/552100554", 404)
    assert problem["type"] == "urn:socle:problem:collectivite-not-found"
    assert "552100554" in problem["detail"]


@pytest.mark.parametrize("url", [f"{LIST}?q=besancon", f"{LIST}/212500565", f"{LIST}?q=zzzzzz"])
async def test_what_the_client_holds_is_not_sent_again(client: httpx.AsyncClient, url: str) -> None:
    first = await client.get(url)
    etag = first.headers["etag"]
    assert not etag.startswith("W/")
    again = await client.get(url, headers={"if-none-match": etag})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == etag
    other = await client.get(url, headers={"if-none-match": '"another"'})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("nom=dijon", "/query/nom"),
        ("q=dijon&offset=3", "/query/offset"),
        ("type=VILLE", "/query/type/0"),
        ("type=COM&type=", "/query/type/1"),
        ("departement=20", "/query/departement/0"),
        ("departement=21'%20OR%20'1'='1", "/query/departement/0"),
        ("region=99", "/query/region/0"),
        ("epci=123456789", "/query/epci/0"),
        ("population=3500", "/query/population/0"),
        ("code_insee=2123", "/query/code_insee"),
        ("limit=0", "/query/limit"),
        ("limit=-1", "/query/limit"),
        ("limit=201", "/query/limit"),
        ("limit=9223372036854775808", "/query/limit"),
        ("limit=1e400", "/query/limit"),
        ("limit=NaN", "/query/limit"),
        ("limit=dix", "/query/limit"),
        ("q=" + "a" * 10_000, "/query/q"),
        ("cursor=abcd", "/query/cursor"),
        ("cursor=" + "A" * 5_000, "/query/cursor"),
        ("cursor=%C3%A9", "/query/cursor"),
        ("&".join(["departement=21"] * 1_000), "/query/departement"),
    ],
)
async def test_what_is_not_understood_is_refused_by_name(
    client: httpx.AsyncClient, query: str, pointer: str
) -> None:
    problem = await refusal(client, f"{LIST}?{query}")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert problem["errors"][0]["message"]
    assert problem["errors"][0]["message_en"]
    assert len(str(problem)) < 5_000


async def test_a_cursor_of_another_search_is_refused(client: httpx.AsyncClient) -> None:
    cursor = (await page(client, q="saint", limit=1))["next"]
    problem = await refusal(client, f"{LIST}?q=sainte&limit=1&cursor={cursor}")
    assert problem["errors"][0]["pointer"] == "/query/cursor"
    altered = cursor[:-4] + ("AAAA" if not cursor.endswith("AAAA") else "BBBB")
    await refusal(client, f"{LIST}?q=saint&limit=1&cursor={altered}")


@pytest.mark.parametrize(
    "query",
    [
        "%25",
        "_",
        "%5C",
        "'%3B%20DROP%20TABLE%20directory.collectivite%3B--",
        "%F0%9F%99%82",
        "*",
        "%26%7C!",
        "%E2%80%8E",
    ],
)
async def test_characters_of_query_languages_are_plain_text(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"{LIST}?q={query}")
    assert answer.status_code == 200
    assert answer.json()["items"] == []
    assert (await page(client))["total"] == 36_253


@pytest.mark.parametrize("query", ["q=%00", "q=dijon%00", "departement=%00", "q=%FF%FE", "q=%ED%A0%80"])
async def test_bytes_that_are_no_text_are_refused(client: httpx.AsyncClient, query: str) -> None:
    await refusal(client, f"{LIST}?{query}", 400)


async def test_a_siren_with_nul_is_refused(client: httpx.AsyncClient) -> None:
    await refusal(client, f"{LIST}/212102313%00", 400)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_the_reference_cannot_be_written(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, LIST)
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_answers_are_those_that_are_documented(client: httpx.AsyncClient) -> None:
    from services.directory.schemas.collectivites import CollectivitePage, CollectiviteView

    for query in ({"q": "saint"}, {"q": "arbignieu"}, {"type": "REG"}, {"code_insee": "75101"}, {"q": "%"}):
        document = await page(client, **query)
        shown = CollectivitePage.model_validate(document, strict=True)
        assert shown.model_dump(by_alias=True) == document
    for siren in ("212102313", "200046977", "233500016", "200094332", "200057867"):
        body = (await client.get(f"{LIST}/{siren}")).json()
        described = CollectiviteView.model_validate_json((await client.get(f"{LIST}/{siren}")).content)
        assert set(described.model_dump(by_alias=True)) == set(body)
