"""Who may write what in the directory, what waits for a moderator, and the history of all of it."""

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest

from services.directory.app import create_app
from services.directory.domain.search import SearchIndex
from services.directory.operations.software_use import LiveUse
from services.directory.settings import DirectorySettings
from shared.db import Database
from tests.support.api import assert_problem
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

MODULE = {
    "domaine": "deliberations",
    "schema": {"name": "scdl/deliberations", "version": "2.1.5"},
    "policy": "inclus",
    "source": {"kind": "editeur"},
}


async def put(
    client: httpx.AsyncClient, url: str, body: Json, headers: dict[str, str], *, seen: str | None = None
) -> httpx.Response:
    """Replace an entry, having seen the version of `seen` (itself when omitted)."""
    etag = (await client.get(seen or url)).headers.get("etag", '"none"')
    return await client.put(url, json=body, headers={**headers, "if-match": etag})


async def history(client: httpx.AsyncClient, url: str, headers: dict[str, str] | None = None) -> list[Json]:
    answer = await client.get(f"{url}/history", headers=headers or {})
    assert answer.status_code == 200, answer.text
    items: list[Json] = answer.json()["items"]
    return items


async def decide(
    client: httpx.AsyncClient, submission: Json, headers: dict[str, str], **body: Any
) -> httpx.Response:
    return await client.post(f"{API}/moderation/{submission['id']}/decision", json=body, headers=headers)


async def test_a_vendor_edits_its_own_entries_and_nobody_elses(client: httpx.AsyncClient, keys: Keys) -> None:
    vendor, progiciel = await software(client, keys)
    own, other = await keys(vendor), await keys(new_siren())
    module = await send(client, f"/progiciels/{progiciel['id']}/modules", MODULE, own)
    await client.post(f"{progiciel['self']}/versions", json={"number": "5.1"}, headers=own)
    version = (await client.get(progiciel["self"])).json()["versions"][0]
    edits: list[tuple[str, Json, str | None]] = [
        (f"{API}/editeurs/{vendor}", {"nom": "Nouveau nom"}, None),
        (progiciel["self"], {"nom": "Séances 6", "description": "Actes"}, None),
        (module["self"], {"policy": "sur_devis", "price_note": "Nous écrire"}, None),
        (f"{progiciel['self']}/versions/{version['id']}", {"number": "5.1.2"}, progiciel["self"]),
    ]
    for url, body, seen in edits:
        refused = await put(client, url, body, other, seen=seen)
        problem = assert_problem(refused, 404, "not-listed")
        unknown = await client.put(
            f"{API}/progiciels/{UNLISTED}", json={"nom": "X"}, headers={**other, "if-match": "*"}
        )
        assert problem["title"] == unknown.json()["title"]
        assert (await put(client, url, body, {}, seen=seen)).status_code == 401
        done = await put(client, url, body, own, seen=seen)
        assert done.status_code == 200, done.text
    shown = (await client.get(progiciel["self"])).json()
    assert (shown["nom"], shown["versions"][0]["number"]) == ("Séances 6", "5.1.2")
    assert shown["modules"][0]["policy"] == "sur_devis"
    actions = [item["action"] for item in await history(client, progiciel["self"])]
    assert actions == ["created", "version-added", "updated", "version-updated"]
    for path, body in (
        ("/progiciels", {"editeur": vendor, "nom": "Intrus"}),
        (f"/progiciels/{progiciel['id']}/versions", {"number": "9"}),
        (f"/progiciels/{progiciel['id']}/modules", {**MODULE, "domaine": "arbres"}),
    ):
        await send(client, path, body, other, 404)


async def test_nothing_is_replaced_unseen(client: httpx.AsyncClient, keys: Keys) -> None:
    vendor, progiciel = await software(client, keys)
    own = await keys(vendor)
    url = progiciel["self"]
    assert_problem(await client.put(url, json={"nom": "A"}, headers=own), 428, "precondition-required")
    etag = (await client.get(url)).headers["etag"]
    seen = {**own, "if-match": etag}
    answers = await asyncio.gather(
        *(client.put(url, json={"nom": f"Nom {number}"}, headers=seen) for number in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    twin = await send(client, "/progiciels", {"editeur": vendor, "nom": "Jumeau"}, own)
    assert_problem(
        await put(client, twin["self"], {"nom": (await client.get(url)).json()["nom"]}, own),
        409,
        "already-listed",
    )


async def test_every_change_is_kept_and_shown_without_the_key(
    client: httpx.AsyncClient, keys: Keys, settings: DirectorySettings
) -> None:
    vendor, progiciel = await software(client, keys)
    own = await keys(vendor)
    await put(client, progiciel["self"], {"nom": "Actes"}, own)
    await put(client, progiciel["self"], {"nom": "Actes"}, own)
    public = await history(client, progiciel["self"])
    assert [(item["action"], item["role"]) for item in public] == [
        ("created", "exploitant"),
        ("updated", "organisation"),
    ]
    assert public[1]["before"] == {"nom": progiciel["nom"]}
    assert public[1]["after"] == {"nom": "Actes"}
    assert {item["author"] for item in public} == {None}
    in_full = await history(client, progiciel["self"], own)
    assert in_full[1]["author"].startswith("key:")
    stranger = await history(client, progiciel["self"], await keys(new_siren()))
    assert {item["author"] for item in stranger} == {None}
    connection = await asyncpg.connect(settings.database_url)
    try:
        with pytest.raises(asyncpg.RaiseError, match="only ever added"):
            await connection.execute("UPDATE directory.history_entry SET action = 'x'")
    finally:
        await connection.close()
    page = await client.get(f"{progiciel['self']}/history?limit=1")
    following = await client.get(page.headers["link"].split(">")[0][1:])
    assert [item["action"] for item in following.json()["items"]] == ["updated"]


async def test_a_vendor_proposes_its_page_and_a_moderator_publishes_it(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    vendor = new_siren()
    own, moderator = await keys(vendor), await keys(None, "directory:moderate")
    body = {"siren": vendor, "nom": f"Proposée {vendor}"}
    await send(client, "/editeurs", body, await keys(new_siren()), 404)
    answer = await client.post(f"{API}/editeurs", json=body, headers=own)
    assert answer.status_code == 202, answer.text
    submission = answer.json()
    assert answer.headers["location"] == submission["self"]
    assert (submission["state"], submission["state_label"]) == ("en_attente", "en attente")
    await get(client, f"/editeurs/{vendor}", 404)
    assert (await client.post(f"{API}/editeurs", json=body, headers=own)).status_code == 409
    assert (await client.get(f"{API}/moderation", headers=own)).status_code == 403
    assert (await client.get(f"{API}/moderation")).status_code == 401
    waiting = (
        await client.get(f"{API}/moderation?state=en_attente&kind=editeur&limit=200", headers=moderator)
    ).json()
    [found] = [item for item in waiting["items"] if item["id"] == submission["id"]]
    assert found["proposal"]["nom"] == body["nom"]
    assert len(found["reason"]) > 20
    assert (await decide(client, submission, own, decision="publie")).status_code == 403
    done = await decide(client, submission, moderator, decision="publie")
    assert done.status_code == 200, done.text
    page = await get(client, f"/editeurs/{vendor}")
    assert page["claimed"] is True
    assert done.json()["published"] == page["self"]
    assert_problem(
        await decide(client, submission, moderator, decision="refuse", motif="Non"), 409, "already-decided"
    )
    assert [item["role"] for item in await history(client, page["self"])] == ["organisation"]


async def test_a_vendor_takes_charge_of_a_page_that_is_there(client: httpx.AsyncClient, keys: Keys) -> None:
    vendor, _ = await software(client, keys)
    url = f"{API}/editeurs/{vendor}"
    assert (await client.post(f"{url}/claim", headers=await keys(new_siren()))).status_code == 404
    assert_problem(await client.post(f"{url}/claim", headers=await keys()), 409, "key-without-organisation")
    own = await keys(vendor)
    for _ in range(2):
        answer = await client.post(f"{url}/claim", headers=own)
        assert answer.json()["claimed"] is True
    assert [item["action"] for item in await history(client, url)] == ["created", "claimed"]


async def test_a_declaration_by_anybody_waits_and_is_published_by_a_moderator(
    client: httpx.AsyncClient, keys: Keys, settings: DirectorySettings
) -> None:
    _, progiciel = await software(client, keys)
    moderator = await keys(None, "directory:moderate")
    body = {
        "siren": DIJON,
        "declared_by": "aidant",
        "aidant": LYON,
        "progiciel_id": progiciel["id"],
        "domaine": "subventions",
        "export_wanted": True,
        "contact": {"email": "opendata@ville.example", "audience": "editeur"},
    }
    headers = {"idempotency-key": f"form-{progiciel['id']}"}
    sent = await send(client, "/declarations", body, headers)
    assert (await send(client, "/declarations", body, headers))["id"] == sent["id"]
    assert sent["state"] == "en_attente"
    assert "opendata@" not in str(sent)
    assert (await get(client, f"/usages?progiciel={progiciel['id']}"))["items"] == []
    queued = (await client.get(f"{API}/moderation/{sent['id']}", headers=moderator)).json()
    assert queued["submitted_by"] == "address:formulaire"
    assert "opendata@" not in str(queued)
    assert (await decide(client, sent, moderator, decision="publie")).status_code == 200
    [usage] = (await get(client, f"/usages?progiciel={progiciel['id']}"))["items"]
    assert (usage["status"], usage["export_wanted"]) == ("declare", True)
    assert (await client.get(sent["self"])).json()["published"] == usage["self"]
    # A second form confirms nothing: it may be the same hand.
    again = await send(client, "/declarations", {**body, "contact": None, "note": "encore"}, {})
    await decide(client, again, moderator, decision="publie")
    shown = (await client.get(usage["self"])).json()
    assert shown["status"] == "declare"
    assert "opendata@" not in str(shown) + str(await history(client, usage["self"]))


async def test_a_refusal_gives_its_reason_and_erases_the_contact(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    moderator = await keys(None, "directory:moderate")
    body = {
        "siren": BESANCON,
        "progiciel": {"nom": "Logiciel maison"},
        "domaine": "arbres",
        "contact": {"email": "dsi@besancon.example"},
    }
    sent = await send(client, "/declarations", body, {})
    assert (await decide(client, sent, moderator, decision="refuse")).status_code == 422
    assert_problem(await decide(client, sent, moderator, decision="publie"), 409, "cannot-be-published")
    await decide(client, sent, moderator, decision="refuse", motif="Logiciel introuvable")
    shown = (await client.get(sent["self"])).json()
    assert (shown["state"], shown["motif"]) == ("refuse", "Logiciel introuvable")
    found = await client.post(
        f"{API}/contacts/export", json={"email": "DSI@besancon.example"}, headers=moderator
    )
    assert found.json()["contacts"] == []


async def test_the_collectivite_itself_is_believed_at_once(client: httpx.AsyncClient, keys: Keys) -> None:
    _, progiciel = await software(client, keys)
    body = {"siren": DIJON, "progiciel_id": progiciel["id"], "domaine": "budget"}
    sent = await send(client, "/declarations", body, await keys(DIJON))
    assert sent["state"] == "publie"
    usage = (await client.get(sent["published"])).json()
    assert (usage["status"], usage["claims"][0]["author_siren"]) == ("confirme", DIJON)
    other = await send(client, "/declarations", {**body, "domaine": "arbres"}, await keys(LYON))
    assert other["state"] == "en_attente"


@pytest.mark.parametrize(
    "change",
    [
        {"siren": "552100554"},
        {"progiciel_id": UNLISTED},
        {"progiciel": {"nom": "Deux à la fois"}},
        {"declared_by": "aidant"},
        {"aidant": LYON},
        {"domaine": "astrologie"},
        {"state": "publie"},
        {"contact": {"email": "jean.dupont@ville.example"}},
        {"contact": {"email": "opendata@ville.example", "nom": "Jean Dupont"}},
        {"contact": {"kind": "personne", "nom": "Jean Dupont", "email": "jean.dupont@ville.example"}},
        {"contact": {"email": "opendata@@ville"}},
    ],
)
async def test_a_declaration_that_does_not_fit_leaves_nothing(
    client: httpx.AsyncClient, keys: Keys, change: Json, settings: DirectorySettings
) -> None:
    _, progiciel = await software(client, keys)
    moderator = await keys(None, "directory:moderate")
    body = {"siren": DIJON, "progiciel_id": progiciel["id"], "domaine": "budget", "note": "x", **change}
    problem = await send(client, "/declarations", body, {}, 422)
    assert all(error["pointer"].startswith("/body") and error["message"] for error in problem["errors"])
    assert "Value error" not in str(problem)
    queue = await client.get(f"{API}/moderation?limit=200", headers=moderator)
    assert progiciel["id"] not in queue.text


@pytest.mark.parametrize("address", ["192.0.2.77", "2001:db8:0:7::{}", "::ffff:192.0.2.78"])
async def test_the_form_is_limited(settings: DirectorySettings, address: str) -> None:
    app = create_app(settings.model_copy(update={"directory_declarations_rate": "2/day"}))
    answers = []
    async with app.router.lifespan_context(app):
        body = {"siren": "552100554", "progiciel": {"nom": "X"}, "domaine": "budget"}
        # A Redis late by half a second makes the process count for itself, anew: three hits more are enough then.
        for number in range(6):
            # Another address of the same IPv6 network is the same client.
            transport = httpx.ASGITransport(app, client=(address.format(number), 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                answers.append(await client.post(f"{API}/declarations", json=body))
    assert [answer.status_code for answer in answers[:2]] == [422, 422]
    assert answers[-1].status_code == 429
    assert "retry-after" in answers[-1].headers


async def test_a_contest_is_shown_and_a_moderator_may_set_it_aside(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    _, progiciel = await software(client, keys)
    moderator = await keys(None, "directory:moderate")
    usage = await send(client, "/usages", usage_of(progiciel), await keys(DIJON))
    contest = {"statement": "conteste", "source": {**FORM, "note": "Marché résilié"}}
    answer = await client.post(f"{usage['self']}/claims", json=contest, headers=await keys(new_siren()))
    both = answer.json()
    assert both["status"] == "conteste"
    assert [claim["statement"] for claim in both["claims"]] == ["declare", "conteste"]
    queue = await client.get(f"{API}/moderation?kind=contestation&limit=200", headers=moderator)
    [submission] = [item for item in queue.json()["items"] if item["claim_id"] == both["claims"][1]["id"]]
    done = await decide(client, submission, moderator, decision="refuse", motif="Sans preuve")
    assert done.status_code == 200, done.text
    shown = (await client.get(usage["self"])).json()
    assert shown["status"] == "confirme"
    assert [claim["dismissed"] for claim in shown["claims"]] == [None, "Sans preuve"]
    assert [item["action"] for item in await history(client, usage["self"])] == [
        "created",
        "declare",
        "conteste",
        "contest-dismissed",
    ]


async def test_that_a_usage_ended_told_by_another_waits_for_a_moderator_too(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    _, progiciel = await software(client, keys)
    moderator, of_town = await keys(None, "directory:moderate"), await keys(DIJON)
    usage = await send(client, "/usages", usage_of(progiciel), of_town)
    ended = {"statement": "retire", "source": FORM}
    answer = await client.post(f"{usage['self']}/claims", json=ended, headers=await keys(new_siren()))
    assert answer.json()["status"] == "conteste"
    queue = await client.get(
        f"{API}/moderation?kind=contestation&state=en_attente&limit=200", headers=moderator
    )
    claim = answer.json()["claims"][1]["id"]
    [submission] = [item for item in queue.json()["items"] if item["claim_id"] == claim]
    assert (await decide(client, submission, moderator, decision="refuse", motif="Faux")).status_code == 200
    assert (await client.get(usage["self"])).json()["status"] == "confirme"
    # The body's own word needs nobody.
    await client.post(f"{usage['self']}/claims", json=ended, headers=of_town)
    after = await client.get(
        f"{API}/moderation?kind=contestation&state=en_attente&limit=200", headers=moderator
    )
    assert usage["id"] not in [item["proposal"]["subject_id"] for item in after.json()["items"]]


async def test_the_demand_follows_what_moderators_set_aside(
    client: httpx.AsyncClient, keys: Keys, loaded_database: str
) -> None:
    vendor, progiciel = await software(client, keys)
    moderator = await keys(None, "directory:moderate")
    usage = await send(client, "/usages", usage_of(progiciel), await keys(DIJON))
    contest = {"statement": "conteste", "source": FORM}
    answer = await client.post(f"{usage['self']}/claims", json=contest, headers=await keys(new_siren()))
    db = await Database.open(loaded_database, schema="directory", pool_size=2)
    try:
        live, index = LiveUse(db, refresh_seconds=0), SearchIndex("none", [])

        async def names() -> list[str]:
            uses = (await live.get(index)).uses
            return [one.progiciel for one in uses if str(one.progiciel_id) == progiciel["id"]]

        assert await names() == []
        queue = await client.get(f"{API}/moderation?kind=contestation&limit=200", headers=moderator)
        claim = answer.json()["claims"][1]["id"]
        [submission] = [item for item in queue.json()["items"] if item["claim_id"] == claim]
        await decide(client, submission, moderator, decision="refuse", motif="Faux")
        assert await names() == [progiciel["nom"]]
        renamed = {"nom": f"Autre {vendor}", "description": "", "url": None}
        assert (await put(client, progiciel["self"], renamed, await keys(vendor))).status_code == 200
        assert await names() == [f"Autre {vendor}"]
    finally:
        await db.close()


async def test_the_wish_of_a_body_is_its_own_word(client: httpx.AsyncClient, keys: Keys) -> None:
    vendor, progiciel = await software(client, keys)
    by_vendor = await send(client, "/usages", usage_of(progiciel, export_wanted=True), await keys(vendor))
    assert by_vendor["export_wanted"] is None
    by_another = await send(
        client, "/usages", usage_of(progiciel, BESANCON, export_wanted=True), await keys(LYON)
    )
    assert by_another["export_wanted"] is True
    again = {**usage_of(progiciel, BESANCON, export_wanted=False)}
    del again["source"]
    answer = await client.post(f"{API}/declarations", json=again, headers=await keys(BESANCON))
    assert answer.status_code == 201, answer.text
    assert (await client.get(by_another["self"])).json()["export_wanted"] is False


async def test_two_moderators_at_once_decide_once(client: httpx.AsyncClient, keys: Keys) -> None:
    _, progiciel = await software(client, keys)
    moderator = await keys(None, "directory:moderate")
    body = {"siren": DIJON, "progiciel_id": progiciel["id"], "domaine": "elus"}
    sent = await send(client, "/declarations", body, {})
    answers = await asyncio.gather(*(decide(client, sent, moderator, decision="publie") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    [usage] = (await get(client, f"/usages?progiciel={progiciel['id']}"))["items"]
    assert len((await client.get(usage["self"])).json()["claims"]) == 1


async def remove(
    client: httpx.AsyncClient, url: str, headers: dict[str, str], seen: str = ""
) -> httpx.Response:
    """Remove an entry, having seen the version of `seen` (itself when omitted)."""
    etag = (await client.get(seen or url)).headers.get("etag", '"none"')
    return await client.delete(url, headers={**headers, "if-match": etag})


async def test_what_nothing_rests_on_is_removed_and_told(client: httpx.AsyncClient, keys: Keys) -> None:
    vendor, progiciel = await software(client, keys)
    own, other = await keys(vendor), await keys(new_siren())
    page = f"{API}/editeurs/{vendor}"
    shown = await send(client, f"/progiciels/{progiciel['id']}/versions", {"number": "9"}, own)
    version = f"{progiciel['self']}/versions/{shown['versions'][0]['id']}"
    for url, seen in ((page, ""), (progiciel["self"], ""), (version, progiciel["self"])):
        assert_problem(await remove(client, url, other, seen), 404, "not-listed")
        assert_problem(await client.delete(url, headers=own), 428, "precondition-required")
        assert (await client.delete(url)).status_code == 401
    assert_problem(await remove(client, page, own), 409, "still-used")
    assert (await remove(client, version, own, progiciel["self"])).status_code == 204
    assert (await client.get(progiciel["self"])).json()["versions"] == []
    assert (await remove(client, progiciel["self"], own)).status_code == 204
    assert (await client.get(progiciel["self"])).status_code == 404
    assert (await remove(client, page, await keys(None, "directory:moderate"))).status_code == 204
    changes = (await client.get(f"{API}/changes", params={"limit": 200})).json()["items"]
    gone = [one["subject"] for one in changes if one["type"].endswith(".deleted")]
    assert {vendor, progiciel["id"]} <= set(gone)
    feed = (await client.get(f"{API}/changes.atom")).text
    assert f'ref="urn:socle:directory:progiciel:{progiciel["id"]}"' in feed
    # What it was stays in its history, without the key that wrote it.
    entries = await history(client, progiciel["self"])
    assert [entry["action"] for entry in entries] == [
        "created",
        "version-added",
        "version-removed",
        "deleted",
    ]
    assert entries[-1]["before"]["nom"] == progiciel["nom"]
    assert not {"created_by", "nom_key", "owner"} & set(entries[-1]["before"])
    assert [entry["action"] for entry in await history(client, page)] == ["created", "deleted"]


async def test_what_others_rest_on_stays(client: httpx.AsyncClient, keys: Keys) -> None:
    vendor, progiciel = await software(client, keys)
    own = await keys(vendor)
    await send(client, "/usages", usage_of(progiciel), await keys(DIJON))
    assert_problem(await remove(client, progiciel["self"], own), 409, "still-used")
    vendor, progiciel = await software(client, keys)
    await send(client, f"/progiciels/{progiciel['id']}/modules", MODULE, await keys(vendor))
    assert_problem(await remove(client, progiciel["self"], await keys(vendor)), 409, "still-used")
    assert (await client.get(progiciel["self"])).status_code == 200
