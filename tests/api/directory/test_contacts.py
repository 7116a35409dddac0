"""Personal data in the directory: with consent, for those whom it is for, traced, exported, erased."""

from typing import Any

import asyncpg
import httpx
import pytest

from services.directory.operations.ageing import erase_old_contacts
from services.directory.settings import DirectorySettings
from shared.clock import now
from shared.db import Database
from tests.support.api import assert_problem
from tests.support.directory import API, BESANCON, DIJON, UNLISTED, Json, Keys, new_siren, send, software

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "camille.martin@ville.example"
PERSON = {
    "kind": "personne",
    "nom": "Camille Martin",
    "fonction": "Cheffe de projet",
    "email": SECRET,
    "telephone": "+33 3 80 00 00 00",
    "consent": {"given_on": "2026-01-15", "how": "courriel"},
}


async def everything_stored(settings: DirectorySettings) -> str:
    """Return every row of the directory as text, whatever the table."""
    connection = await asyncpg.connect(settings.database_url)
    try:
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'directory' AND tablename <> 'collectivite'"
        )
        parts = []
        for table in tables:
            name = table["tablename"]
            for row in await connection.fetch(f'SELECT t::text AS line FROM directory."{name}" t'):
                parts.append(f"{name}: {row['line']}")
        return "\n".join(parts)
    finally:
        await connection.close()


async def leave(client: httpx.AsyncClient, siren: str, headers: dict[str, str], **more: Any) -> Json:
    answer = await client.post(f"{API}/contacts", json={"siren": siren, **PERSON, **more}, headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    contact: Json = answer.json()
    return contact


async def test_a_person_is_shown_only_to_those_whom_it_is_for(client: httpx.AsyncClient, keys: Keys) -> None:
    own, moderator = await keys(DIJON), await keys(None, "directory:moderate")
    contact = await leave(client, DIJON, own)
    assert contact["consent"]["text_version"] == "2026-1"
    assert "trois ans" in contact["consent"]["text"]
    for headers in (own, moderator):
        answer = await client.get(contact["self"], headers=headers)
        assert answer.json()["email"] == SECRET
        assert answer.headers["cache-control"] == "no-store"
    assert (await client.get(contact["self"])).status_code == 401
    unknown = await client.get(f"{API}/contacts/{UNLISTED}", headers=own)
    for stranger in (await keys(BESANCON), await keys(), await keys(DIJON, "catalog:write")):
        answer = await client.get(contact["self"], headers=stranger)
        assert answer.status_code in (403, 404)
        if answer.status_code == 404:
            assert answer.json()["title"] == unknown.json()["title"]
    listed = await client.get(f"{API}/contacts", headers=own)
    assert contact["id"] in listed.text
    assert SECRET not in listed.text
    assert "Camille" not in listed.text
    assert (
        await client.get(f"{API}/contacts?siren={DIJON}", headers=await keys(BESANCON))
    ).status_code == 404


async def test_who_read_is_recorded(client: httpx.AsyncClient, keys: Keys) -> None:
    own, moderator = await keys(DIJON), await keys(None, "directory:moderate")
    contact = await leave(client, DIJON, own)
    await client.get(contact["self"], headers=moderator)
    await client.get(contact["self"], headers=await keys(BESANCON))
    accesses = (await client.get(f"{contact['self']}/accesses", headers=own)).json()["items"]
    assert [(item["action"], item["author_siren"]) for item in accesses] == [("read", DIJON), ("read", None)]
    assert (await client.get(f"{contact['self']}/accesses", headers=await keys(BESANCON))).status_code == 404


async def test_a_contact_is_corrected_by_its_own(client: httpx.AsyncClient, keys: Keys) -> None:
    own = await keys(DIJON)
    contact = await leave(client, DIJON, own)
    etag = (await client.get(contact["self"], headers=own)).headers["etag"]
    body = {**PERSON, "nom": "Camille Durand"}
    assert (await client.put(contact["self"], json=body, headers=own)).status_code == 428
    other = {**await keys(BESANCON), "if-match": etag}
    assert (await client.put(contact["self"], json=body, headers=other)).status_code == 404
    seen = {**own, "if-match": etag}
    assert (await client.put(contact["self"], json=body, headers=seen)).json()["nom"] == "Camille Durand"
    assert (await client.put(contact["self"], json=body, headers=seen)).status_code == 412


async def test_erasure_leaves_nothing_but_the_fact(
    client: httpx.AsyncClient, keys: Keys, settings: DirectorySettings
) -> None:
    own, moderator = await keys(BESANCON), await keys(None, "directory:moderate")
    email = "sacha.bernard@ville.example"
    kept = await leave(client, BESANCON, own, nom="Sacha Bernard", email=email)
    second = await leave(client, BESANCON, own, nom="Sacha Bernard", email=email.upper())
    etag = (await client.get(kept["self"], headers=own)).headers["etag"]
    await client.put(
        kept["self"],
        json={**PERSON, "nom": "Sacha Bernard-Petit", "email": email},
        headers={**own, "if-match": etag},
    )
    assert "Sacha" in await everything_stored(settings)
    assert (await client.delete(second["self"], headers=await keys(DIJON))).status_code == 404
    exported = await client.post(f"{API}/contacts/export", json={"email": email}, headers=moderator)
    assert [entry["contact"]["id"] for entry in exported.json()["contacts"]] == [kept["id"], second["id"]]
    assert "changed" in [access["action"] for access in exported.json()["contacts"][0]["accesses"]]
    for path in ("export", "erasure"):
        refused = await client.post(f"{API}/contacts/{path}", json={"email": email}, headers=own)
        assert refused.status_code == 403
    assert (await client.delete(second["self"], headers=own)).status_code == 204
    assert (await client.delete(second["self"], headers=own)).status_code == 204
    erased = await client.post(f"{API}/contacts/erasure", json={"email": email}, headers=moderator)
    assert erased.json() == {"erased": 1}
    left = await everything_stored(settings)
    assert "Sacha" not in left
    assert email not in left.lower()
    for contact in (kept, second):
        shown = (await client.get(contact["self"], headers=own)).json()
        assert shown["erased_at"] is not None
        assert (shown["nom"], shown["email"], shown["telephone"]) == (None, None, None)
        accesses = (await client.get(f"{contact['self']}/accesses", headers=own)).json()["items"]
        assert "erased" in [item["action"] for item in accesses]


async def test_the_vendor_reads_what_was_left_for_it(client: httpx.AsyncClient, keys: Keys) -> None:
    vendor, progiciel = await software(client, keys)
    own, moderator = await keys(DIJON), await keys(None, "directory:moderate")
    ids = []
    for domaine, audience in (("budget", "editeur"), ("elus", "moderation")):
        body = {
            "siren": DIJON,
            "progiciel_id": progiciel["id"],
            "domaine": domaine,
            "contact": {"email": f"{domaine}.sig@dijon.example", "audience": audience},
        }
        sent = await send(client, "/declarations", body, own)
        usage = (await client.get(sent["published"])).json()
        listed = (await client.get(f"{API}/contacts?siren={DIJON}&limit=200", headers=moderator)).json()
        ids += [item["self"] for item in listed["items"] if item["usage"] == usage["self"]]
    for_vendor, not_for_vendor = ids
    # The vendor is told what was left for it, and another one of nothing.
    for headers, expected in ((await keys(vendor), [for_vendor]), (await keys(new_siren()), [])):
        told = (await client.get(f"{API}/contacts", headers=headers)).json()["items"]
        assert [item["self"] for item in told] == expected
        assert not {"nom", "email", "telephone"} & {name for item in told for name in item}
    read = await client.get(for_vendor, headers=await keys(vendor))
    assert read.json()["email"] == "budget.sig@dijon.example"
    assert (await client.get(not_for_vendor, headers=await keys(vendor))).status_code == 404
    assert (await client.get(for_vendor, headers=await keys(new_siren()))).status_code == 404


async def test_only_ones_own_organisation_has_contacts(client: httpx.AsyncClient, keys: Keys) -> None:
    body = {"siren": DIJON, "email": "opendata@dijon.example"}
    for headers in (await keys(BESANCON), await keys()):
        refused = await client.post(f"{API}/contacts", json=body, headers=headers)
        assert_problem(refused, 404, "not-listed")
    assert_problem(await client.get(f"{API}/contacts", headers=await keys()), 409, "key-without-organisation")
    headers = {**await keys(DIJON), "idempotency-key": "contact-1"}
    first = await client.post(f"{API}/contacts", json=body, headers=headers)
    again = await client.post(f"{API}/contacts", json=body, headers=headers)
    assert first.json()["id"] == again.json()["id"]


@pytest.mark.parametrize(
    "change",
    [
        {"consent": None},
        {"consent": {"given_on": "2999-01-01", "how": "courriel"}},
        {"consent": {"given_on": "2026-01-15", "how": "oral"}},
        {"consent": {"given_on": "2026-01-15", "how": "courriel", "text_version": "1900-1"}},
        {"kind": "fonction"},
        {"nom": None},
        {"email": "camille"},
        {"email": "a" * 300 + "@ville.example"},
        {"telephone": "<script>"},
        {"erased_at": None},
    ],
)
async def test_what_the_law_does_not_allow_is_refused(
    client: httpx.AsyncClient, keys: Keys, change: Json
) -> None:
    body = {"siren": DIJON, **PERSON, **change}
    answer = await client.post(f"{API}/contacts", json=body, headers=await keys(DIJON))
    problem = assert_problem(answer, 422, "invalid-request")
    # The value that was refused is not repeated: it may be somebody's.
    assert "camille" not in str(problem).lower()


async def test_contacts_are_erased_when_their_time_is_over(
    client: httpx.AsyncClient, keys: Keys, settings: DirectorySettings
) -> None:
    own = await keys(DIJON)
    contact = await leave(client, DIJON, own)
    db = await Database.open(settings.database_url, schema="directory", pool_size=2)
    try:
        assert await erase_old_contacts(db, now().replace(year=2001)) == 0
        await db.execute("UPDATE contact SET modified_at = '2020-01-01' WHERE id = $1", contact["id"])
        assert await erase_old_contacts(db, now().replace(year=2021)) == 1
    finally:
        await db.close()
    assert (await client.get(contact["self"], headers=own)).json()["email"] is None
    accesses = (await client.get(f"{contact['self']}/accesses", headers=own)).json()["items"]
    assert ("erased", "address:systeme") in [(item["action"], item["author"]) for item in accesses]
