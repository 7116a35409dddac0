"""What directories like this one are known to get wrong, from their own issue trackers: a test for each.

next link drops query parameters      test_a_next_link_keeps_every_parameter (and test_walks)
duplicate key gives 500               test_progiciels.test_the_same_entry_twice_is_a_conflict_that_names_the_first
non-atomic alternate-id check         test_progiciels.test_twins_sent_at_once_give_one_entry
whole list sent to the browser        test_no_list_is_sent_whole
no ETag                               test_every_list_has_an_etag (and test_screens)
no facet counts                       test_search.test_facets_show_what_another_choice_would_give
adding a record is hard               test_a_record_takes_one_call_and_two_values
editing rights unclear                test_ownership
vendor listed but not shown           test_screens.test_a_vendor_that_is_listed_is_shown
SIREN with spaces refused             test_a_siren_is_taken_as_people_write_it
hyphen in place of an apostrophe      test_a_hyphen_is_as_good_as_an_apostrophe
webhooks (one secret, no timeout)     the tests of the webhooks, which every service shares
"""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from tests.support.directory import API, Keys, new_siren, send

pytestmark = pytest.mark.asyncio(loop_scope="module")

LISTS = ("/collectivites", "/editeurs", "/progiciels", "/usages", "/search")


async def test_a_next_link_keeps_every_parameter(client: httpx.AsyncClient) -> None:
    asked: list[tuple[str, Any]] = [
        ("q", "saint"),
        ("departement", "21"),
        ("departement", "2A"),
        ("type", "COM"),
        ("limit", "2"),
    ]
    for path in ("/collectivites", "/search"):
        answer = await client.get(API + path, params=asked)
        following = dict.fromkeys(parse_qsl(urlsplit(answer.links["next"]["url"]).query))
        assert [pair for pair in following if pair[0] != "cursor"] == asked
        second = await client.get(answer.links["next"]["url"])
        assert {
            item["collectivite"]["code_departement"] if "kind" in item else item["code_departement"]
            for item in second.json()["items"]
        } <= {"21", "2A"}


async def test_no_list_is_sent_whole(client: httpx.AsyncClient) -> None:
    for path in LISTS:
        assert len((await client.get(API + path)).json()["items"]) <= 50
        assert (await client.get(API + path, params={"limit": 201})).status_code == 422


async def test_every_list_has_an_etag(client: httpx.AsyncClient) -> None:
    for path in LISTS:
        answer = await client.get(API + path)
        again = await client.get(API + path, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_a_record_takes_one_call_and_two_values(client: httpx.AsyncClient, keys: Keys) -> None:
    vendor = new_siren()
    made = await send(client, "/editeurs", {"siren": vendor, "nom": "Facile à lister"}, await keys())
    assert made["siren"] == vendor
    found = (await client.get(f"{API}/search", params={"q": "facile a lister"})).json()
    assert found["items"][0]["id"] == vendor


@pytest.mark.parametrize(
    "written", ["212 102 313", "212.102.313", "212\u00a0102\u00a0313", "\u200e212102313"]
)
async def test_a_siren_is_taken_as_people_write_it(client: httpx.AsyncClient, written: str) -> None:
    assert (await client.get(f"{API}/collectivites/{written}")).json()["nom"] == "Dijon"
    assert (await client.get(f"{API}/search", params={"q": written})).json()["items"][0]["id"] == "212102313"
    assert (await client.get(f"{API}/screens/collectivites/{written}")).status_code == 200


@pytest.mark.parametrize(
    "written", ["l-hay-les-roses", "L’Haÿ-les-Roses", "l hay les roses", "L`Hay les Roses"]
)
async def test_a_hyphen_is_as_good_as_an_apostrophe(client: httpx.AsyncClient, written: str) -> None:
    found = (await client.get(f"{API}/search", params={"q": written})).json()
    assert found["items"][0]["nom"] == "L'Haÿ-les-Roses"
