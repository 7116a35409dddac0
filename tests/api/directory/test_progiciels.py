"""Vendors, applications, modules and usages: what is said, by whom, and what follows."""

import asyncio
import itertools
from datetime import date, timedelta
from uuid import uuid4

import httpx
import pytest
from pydantic import BaseModel

from tests.support.directory import (
    API,
    BESANCON,
    DIJON,
    FORM,
    LYON,
    UNLISTED,
    Json,
    Keys,
    get,
    new_siren,
    send,
    software,
    usage_of,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

SITE = "http://test"


async def test_a_vendor_is_listed_with_what_it_sells(client: httpx.AsyncClient, keys: Keys) -> None:
    vendor, progiciel = await software(client, keys)
    shown = await get(client, f"/editeurs/{vendor[:3]} {vendor[3:6]} {vendor[6:]}")
    assert shown["progiciels"] == 1
    sold = (await client.get(shown["links"]["progiciels"])).json()
    assert [item["id"] for item in sold["items"]] == [progiciel["id"]]
    assert sold["items"][0]["editeur"] == {
        "siren": vendor,
        "nom": f"Éditions {vendor}",
        "self": f"{SITE}{API}/editeurs/{vendor}",
    }
    assert [item["siren"] for item in (await get(client, f"/editeurs?q=editions {vendor}"))["items"]] == [
        vendor
    ]


async def test_writing_needs_a_key_with_the_right(client: httpx.AsyncClient, keys: Keys) -> None:
    body = {"siren": new_siren(), "nom": "Sans clé"}
    await send(client, "/editeurs", body, {}, 401)
    await send(client, "/editeurs", body, await keys(None, "catalog:write"), 403)
    for path in ("/progiciels", "/usages", f"/usages/{uuid4()}/claims", f"/modules/{uuid4()}/claims"):
        answer = await client.post(API + path, json={})
        assert answer.status_code in (401, 422)


async def test_the_same_entry_twice_is_a_conflict_that_names_the_first(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    vendor, progiciel = await software(client, keys)
    headers = await keys()
    twin = await send(client, "/editeurs", {"siren": vendor, "nom": "Autre"}, headers, 409)
    assert twin["existing"] == f"{SITE}{API}/editeurs/{vendor}"
    same = {"editeur": vendor, "nom": f"  SEANCES   {vendor} "}
    assert (await send(client, "/progiciels", same, headers, 409))["existing"] == progiciel["self"]
    first = await send(client, "/usages", usage_of(progiciel), headers)
    again = await send(client, "/usages", usage_of(progiciel), headers, 409)
    assert again["existing"] == first["self"]
    await client.post(f"{API}/progiciels/{progiciel['id']}/versions", json={"number": "5.1"}, headers=headers)
    await send(client, f"/progiciels/{progiciel['id']}/versions", {"number": "5.1"}, headers, 409)


async def test_twins_sent_at_once_give_one_entry(client: httpx.AsyncClient, keys: Keys) -> None:
    _, progiciel = await software(client, keys)
    headers = await keys()
    answers = await asyncio.gather(
        *(client.post(f"{API}/usages", json=usage_of(progiciel), headers=headers) for _ in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]


async def test_an_idempotency_key_replays(client: httpx.AsyncClient, keys: Keys) -> None:
    _, progiciel = await software(client, keys)
    headers = {**await keys(DIJON), "idempotency-key": "a-1"}
    first = await send(client, "/usages", usage_of(progiciel), headers)
    assert await send(client, "/usages", usage_of(progiciel), headers) == first
    await send(client, "/usages", usage_of(progiciel, BESANCON), headers, 422)
    claim = {"statement": "conteste", "source": FORM}
    headers["idempotency-key"] = "a-2"
    await client.post(f"{first['self']}/claims", json=claim, headers=headers)
    twice = await client.post(f"{first['self']}/claims", json=claim, headers=headers)
    assert len(twice.json()["claims"]) == 2


async def test_the_status_follows_from_who_says_what(client: httpx.AsyncClient, keys: Keys) -> None:
    vendor, progiciel = await software(client, keys)
    of_vendor, of_town, of_third = await keys(vendor), await keys(DIJON), await keys(LYON)
    usage = await send(client, "/usages", usage_of(progiciel, version="5.1"), of_vendor)
    assert (usage["status"], usage["status_label"], usage["version"]) == ("declare", "déclaré", "5.1")
    path = usage["self"].removeprefix(SITE + API) + "/claims"

    async def say(statement: str, headers: dict[str, str]) -> str:
        answer = await client.post(API + path, json={"statement": statement, "source": FORM}, headers=headers)
        assert answer.status_code == 201
        return str(answer.json()["status"])

    assert await say("confirme", of_vendor) == "declare"
    assert await say("confirme", of_town) == "confirme"
    assert await say("conteste", of_third) == "conteste"
    assert await say("confirme", of_vendor) == "conteste"
    assert await say("confirme", of_town) == "confirme"
    assert await say("retire", of_town) == "perime"
    history = (await get(client, path.removesuffix("/claims")))["claims"]
    assert [claim["statement"] for claim in history] == [
        "declare",
        "confirme",
        "confirme",
        "conteste",
        "confirme",
        "confirme",
        "retire",
    ]
    assert [claim["author_siren"] for claim in history][:3] == [vendor, vendor, DIJON]
    # Who holds a key is not shown, only the body that it speaks for.
    assert "key:" not in str(history)


async def test_what_was_last_said_long_ago_is_out_of_date(client: httpx.AsyncClient, keys: Keys) -> None:
    _, progiciel = await software(client, keys)
    old = (date.today() - timedelta(days=800)).isoformat()  # noqa: DTZ011
    headers = await keys(DIJON)
    usage = await send(client, "/usages", usage_of(progiciel, stated_on=old), headers)
    assert usage["status"] == "perime"
    listed = await get(client, f"/usages?progiciel={progiciel['id']}&status=perime")
    assert [item["id"] for item in listed["items"]] == [usage["id"]]
    assert (await get(client, f"/usages?progiciel={progiciel['id']}&status=confirme"))["items"] == []
    answer = await client.post(
        f"{usage['self']}/claims", json={"statement": "confirme", "source": FORM}, headers=headers
    )
    assert answer.json()["status"] == "confirme"


async def test_claims_made_at_once_are_all_kept(client: httpx.AsyncClient, keys: Keys) -> None:
    _, progiciel = await software(client, keys)
    usage = await send(client, "/usages", usage_of(progiciel), await keys())
    callers = [await keys(new_siren()) for _ in range(8)]
    claim = {"statement": "confirme", "source": FORM}
    answers = await asyncio.gather(
        *(client.post(f"{usage['self']}/claims", json=claim, headers=caller) for caller in callers)
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len((await client.get(usage["self"])).json()["claims"]) == 9


async def test_usages_are_filtered_and_paged(client: httpx.AsyncClient, keys: Keys) -> None:
    vendor, progiciel = await software(client, keys)
    headers = await keys()
    for siren, domaine in itertools.product((DIJON, BESANCON, LYON), ("deliberations", "subventions")):
        await send(client, "/usages", usage_of(progiciel, siren, domaine=domaine), headers)
    url, seen = f"{API}/usages?editeur={vendor}&limit=4", []
    while url:
        answer = await client.get(url)
        seen += [item["id"] for item in answer.json()["items"]]
        url = answer.headers["link"].split(">")[0][1:] if "link" in answer.headers else ""
        assert not url or f"editeur={vendor}" in url
    assert len(seen) == len(set(seen)) == 6
    doubs = await get(client, f"/usages?editeur={vendor}&departement=25&domaine=subventions")
    assert [item["collectivite"]["nom"] for item in doubs["items"]] == ["Besançon"]
    counted = (await get(client, f"/progiciels/{progiciel['id']}"))["usages"]
    assert counted == [
        {"domaine": "deliberations", "status": "declare", "count": 3},
        {"domaine": "subventions", "status": "declare", "count": 3},
    ]


async def test_an_export_module_and_its_terms(client: httpx.AsyncClient, keys: Keys) -> None:
    vendor, progiciel = await software(client, keys)
    body = {
        "domaine": "deliberations",
        "schema": {"name": "scdl/deliberations", "version": "2.1.5"},
        "policy": "option_payante",
        "price_note": "450 € par an",
        "available_since": "2025-01-15",
        "source": {"kind": "editeur", "url": "https://exemple.fr/tarifs", "note": ""},
    }
    path = f"/progiciels/{progiciel['id']}/modules"
    module = await send(client, path, body, await keys(vendor))
    assert module["status"] == "declare"
    assert module["schema"] == body["schema"]
    assert module["claims"][0]["source"] == {
        "kind": "editeur",
        "label": "Éditeur",
        "url": "https://exemple.fr/tarifs",
        "note": "",
    }
    assert (await send(client, path, body, await keys(), 409))["existing"] == module["self"]
    answer = await client.post(
        f"{module['self']}/claims",
        json={"statement": "confirme", "source": FORM},
        headers=await keys(DIJON),
    )
    assert answer.json()["status"] == "confirme"
    shown = await get(client, f"/progiciels/{progiciel['id']}")
    assert [(found["id"], found["status"]) for found in shown["modules"]] == [(module["id"], "confirme")]
    listed = await get(client, f"/progiciels?editeur={vendor}&domaine=deliberations")
    assert len(listed["items"]) == 1
    assert (await get(client, f"/progiciels?editeur={vendor}&domaine=arbres"))["items"] == []


@pytest.mark.parametrize(
    ("path", "change", "pointer"),
    [
        ("/usages", {"siren": "552100554"}, "/body/siren"),
        ("/usages", {"siren": "212102314"}, "/body/siren"),
        ("/usages", {"progiciel_id": str(uuid4())}, "/body/progiciel_id"),
        ("/usages", {"progiciel_id": "1"}, "/body/progiciel_id"),
        ("/usages", {"domaine": "astrologie"}, "/body/domaine"),
        ("/usages", {"status": "confirme"}, "/body/status"),
        ("/usages", {"author_siren": DIJON}, "/body/author_siren"),
        ("/usages", {"stated_on": "2999-01-01"}, "/body/stated_on"),
        ("/usages", {"stated_on": "1/2/2024"}, "/body/stated_on"),
        ("/usages", {"source": {"kind": "label"}}, "/body/source/kind"),
        ("/usages", {"source": {"kind": "formulaire", "url": "javascript:alert(1)"}}, "/body/source/url"),
        ("/usages", {"source": {"kind": "formulaire", "note": "a" * 501}}, "/body/source/note"),
        ("/usages", {"version": "v" * 51}, "/body/version"),
        ("/editeurs", {"siren": "12", "nom": "X"}, "/body/siren"),
        ("/editeurs", {"siren": DIJON, "nom": "***"}, "/body/nom"),
        ("/editeurs", {"siren": DIJON, "nom": "   "}, "/body/nom"),
        ("/progiciels", {"editeur": "552100554", "nom": "X"}, "/body/editeur"),
    ],
)
async def test_what_does_not_fit_is_refused_by_name(
    client: httpx.AsyncClient, keys: Keys, path: str, change: Json, pointer: str
) -> None:
    body = change
    if path == "/usages":
        _, progiciel = await software(client, keys)
        body = {**usage_of(progiciel), **change}
    problem = await send(client, path, body, await keys(), 422)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize(
    "path", ["/editeurs/552100554", f"/progiciels/{UNLISTED}", f"/modules/{UNLISTED}", f"/usages/{UNLISTED}"]
)
async def test_what_is_not_listed_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await get(client, path, 404))["type"] == "urn:socle:problem:not-listed"


async def test_nothing_can_be_said_of_what_is_not_listed(client: httpx.AsyncClient, keys: Keys) -> None:
    claim = {"statement": "confirme", "source": FORM}
    for path in (f"/usages/{uuid4()}/claims", f"/modules/{uuid4()}/claims"):
        await send(client, path, claim, await keys(), 404)
    await send(client, f"/progiciels/{uuid4()}/versions", {"number": "1"}, await keys(), 404)


@pytest.mark.parametrize(
    "query",
    [
        "/editeurs?page=2",
        "/editeurs?limit=0",
        "/progiciels?editeur=12",
        "/progiciels?cursor=xyz",
        "/usages?status=faux",
        "/usages?departement=20",
        "/usages?progiciel=1",
        "/usages?cursor=" + "A" * 3000,
    ],
)
async def test_unknown_filters_are_refused(client: httpx.AsyncClient, query: str) -> None:
    assert (await get(client, query, 422))["errors"]


@pytest.mark.parametrize("text", ["%", "_", "' OR 1=1 --", "\\"])
async def test_a_search_holds_no_pattern(client: httpx.AsyncClient, keys: Keys, text: str) -> None:
    await software(client, keys)
    answer = await client.get(f"{API}/editeurs", params={"q": text})
    assert answer.status_code == 200
    assert answer.json()["items"] == []


async def test_the_answers_are_those_that_are_documented(client: httpx.AsyncClient, keys: Keys) -> None:
    from services.directory.schemas.progiciels import EditeurPage, EditeurView, ProgicielPage, ProgicielView
    from services.directory.schemas.usages import UsagePage, UsageView

    vendor, progiciel = await software(client, keys)
    usage = await send(client, "/usages", usage_of(progiciel), await keys(DIJON))
    shown: dict[str, type[BaseModel]] = {
        f"/editeurs/{vendor}": EditeurView,
        "/editeurs?limit=1": EditeurPage,
        f"/progiciels/{progiciel['id']}": ProgicielView,
        "/progiciels?limit=1": ProgicielPage,
        usage["self"].removeprefix(SITE + API): UsageView,
        "/usages?limit=1": UsagePage,
    }
    for path, model in shown.items():
        document = await get(client, path)
        described = model.model_validate(document).model_dump(mode="json", by_alias=True)
        assert set(described) == set(document)
