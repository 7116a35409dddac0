"""What the directory tells other services: each entry whole, numbered, in the transaction that changes it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio

from services.directory.operations import announcements
from shared.db import Database
from tests.api.directory import software as rows
from tests.support.directory import BESANCON, FORM, Keys, send, software

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODULE = {
    "domaine": "deliberations",
    "schema": {"name": "scdl/deliberations", "version": "2.1.5"},
    "policy": "inclus",
    "source": {"kind": "editeur"},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def db(loaded_database: str) -> AsyncIterator[Database]:
    """The directory's tables."""
    db = await Database.open(loaded_database, schema="directory", pool_size=2)
    yield db
    await db.close()


async def told(db: Database, member: str, key: object) -> list[dict[str, Any]]:
    found = await db.fetch("SELECT type, payload FROM outbox WHERE type LIKE 'directory.%' ORDER BY id")
    payloads = [
        orjson.loads(row["payload"]) if isinstance(row["payload"], str | bytes) else row["payload"]
        for row in found
    ]
    return [payload for payload in payloads if payload.get(member) == str(key)]


async def test_an_application_its_module_and_its_usage_are_told_as_they_change(
    client: httpx.AsyncClient, keys: Keys, db: Database
) -> None:
    vendor, progiciel = await software(client, keys)
    own = await keys(vendor)
    before = len(await told(db, "progiciel_id", progiciel["id"]))
    await client.post(f"{progiciel['self']}/versions", json={"number": "5.1"}, headers=own)
    events = [item for item in await told(db, "progiciel_id", progiciel["id"]) if "versions" in item]
    assert [item["revision"] for item in events] == sorted({item["revision"] for item in events})
    assert [version["number"] for version in events[-1]["versions"]] == ["5.1"]
    assert (events[-1]["editeur_siren"], len(events)) == (vendor, before + 1)
    module = await send(client, f"/progiciels/{progiciel['id']}/modules", MODULE, own)
    [declared] = await told(db, "module_id", module["id"])
    assert (declared["status"], declared["schema_name"]) == ("declare", "scdl/deliberations")
    body = {
        "siren": BESANCON,
        "progiciel_id": progiciel["id"],
        "domaine": "deliberations",
        "source": FORM,
    }
    usage = await send(client, "/usages", body, await keys(BESANCON))
    assert [item["status"] for item in await told(db, "usage_id", usage["id"])] == ["confirme"]
    await client.post(
        f"{usage['self']}/claims", json={"statement": "retire", "source": FORM}, headers=await keys(BESANCON)
    )
    last = (await told(db, "usage_id", usage["id"]))[-1]
    assert (last["status"], last["revision"]) == ("perime", 2)


async def test_what_was_there_before_anybody_listened_is_told_once(db: Database) -> None:
    vendor = await rows.add_vendor(db, rows.vendor_siren(41), "Maison Ancienne")
    progiciel = await rows.add_software(db, vendor, "Registre")
    module = await rows.add_module(db, progiciel, "deliberations")
    [usage] = await rows.add_usages(db, progiciel, "deliberations", [BESANCON])
    for _ in range(2):
        await announcements.tell_never_told(db)
    for member, key in (("module_id", module), ("usage_id", usage)):
        assert [item["revision"] for item in await told(db, member, key)] == [1]
