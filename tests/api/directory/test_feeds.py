"""Everything at once and what changed last: the same entries in each form, with licence and date, nothing personal."""

import csv
import io
from collections.abc import AsyncIterator
from xml.etree import ElementTree

import httpx
import orjson
import pyarrow.parquet as pq
import pytest
import pytest_asyncio

from shared.changes.log import record_change
from shared.db import Database
from tests.api.directory import software
from tests.support.directory import Keys
from tests.support.directory import software as listed

pytestmark = pytest.mark.asyncio(loop_scope="module")

API = "/directory/v1"
DIJON, BESANCON = "212102313", "212500565"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def db(loaded_database: str) -> AsyncIterator[Database]:
    database = await Database.open(loaded_database, schema="directory", pool_size=2)
    vendor = await software.add_vendor(database, software.vendor_siren(60), "=Formule & Cie")
    progiciel = await software.add_software(database, vendor, "Tableur")
    await software.add_module(database, progiciel, "deliberations")
    await software.add_usages(database, progiciel, "deliberations", [DIJON, BESANCON])
    yield database
    await software.empty(database)
    await database.close()


@pytest.mark.parametrize(
    ("name", "least"),
    [("collectivites", 36_253), ("editeurs", 1), ("progiciels", 1), ("modules", 1), ("usages", 2)],
)
async def test_each_form_holds_the_same_entries(
    client: httpx.AsyncClient, db: Database, name: str, least: int
) -> None:
    path = f"{API}/dumps/{name}"
    lines = await client.get(f"{path}.ndjson")
    assert lines.headers["content-type"] == "application/x-ndjson"
    assert 'rel="license"' in lines.headers["link"]
    assert "licence-ouverte" in lines.headers["link"]
    assert lines.headers["last-modified"]
    entries = [orjson.loads(line) for line in lines.content.splitlines()]
    assert len(entries) >= least
    assert len({entry["self"] for entry in entries}) == len(entries)
    assert (await client.get(entries[0]["self"])).status_code == 200
    rows = list(csv.DictReader(io.StringIO((await client.get(f"{path}.csv")).text)))
    table = pq.read_table(io.BytesIO((await client.get(f"{path}.parquet")).content))
    assert [row["self"] for row in rows] == [entry["self"] for entry in entries]
    assert table.column("self").to_pylist() == [entry["self"] for entry in entries]
    again = await client.get(f"{path}.ndjson", headers={"if-none-match": lines.headers["etag"]})
    assert again.status_code == 304


async def test_claims_versions_and_facilitators_are_dumped_too(client: httpx.AsyncClient, keys: Keys) -> None:
    vendor, progiciel = await listed(client, keys)
    of_vendor, of_town = await keys(vendor), await keys(DIJON)
    version = {"number": "5.1", "released_on": "2026-01-15"}
    assert (
        await client.post(f"{progiciel['self']}/versions", json=version, headers=of_vendor)
    ).status_code == 201
    source = {"kind": "formulaire", "note": "Marché 2026"}
    usage = {"siren": DIJON, "progiciel_id": progiciel["id"], "domaine": "budget", "source": source}
    made = await client.post(f"{API}/usages", json=usage, headers=of_town)
    atd = {
        "siren": DIJON,
        "nom": "Animateur",
        "echelle": "departemental",
        "territoires": {"departements": ["21"]},
    }
    assert (await client.post(f"{API}/atd", json=atd, headers=of_town)).status_code == 201
    found = {}
    for name in ("versions", "claims", "atd"):
        dumped = (await client.get(f"{API}/dumps/{name}.ndjson")).content.splitlines()
        entries = [orjson.loads(line) for line in dumped]
        rows = list(csv.DictReader(io.StringIO((await client.get(f"{API}/dumps/{name}.csv")).text)))
        table = pq.read_table(io.BytesIO((await client.get(f"{API}/dumps/{name}.parquet")).content))
        assert [row["id"] for row in rows] == table.column("id").to_pylist() == [one["id"] for one in entries]
        found[name] = entries
    assert ("5.1", progiciel["self"]) in [(one["number"], one["self"]) for one in found["versions"]]
    [said] = [one for one in found["claims"] if one["self"] == made.json()["self"]]
    assert (said["author_siren"], said["note"], said["dismissed"]) == (DIJON, "Marché 2026", None)
    assert "author" not in said
    assert ["departement:21"] in [one["territoires"] for one in found["atd"]]


async def test_a_name_that_begins_like_a_formula_is_text(client: httpx.AsyncClient, db: Database) -> None:
    rows = list(csv.DictReader(io.StringIO((await client.get(f"{API}/dumps/editeurs.csv")).text)))
    assert "'=Formule & Cie" in [row["nom"] for row in rows]


async def test_what_is_gone_is_told(client: httpx.AsyncClient, db: Database, keys: Keys) -> None:
    vendor, _ = await listed(client, keys)
    async with db.transaction() as session:
        await record_change(session, "editeur.deleted", "852356583", {"action": "deleted"})
    answer = await client.get(f"{API}/changes.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.content)
    links = [entry.find(f"{ATOM}link").get("href") for entry in feed.findall(f"{ATOM}entry")]  # type: ignore[union-attr]
    assert f"http://test{API}/editeurs/{vendor}" in links
    gone = feed.findall("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
    assert "urn:socle:directory:editeur:852356583" in [one.get("ref") for one in gone]
    changes = (await client.get(f"{API}/changes", params={"limit": 200})).json()["items"]
    assert [one["self"] for one in changes if one["type"] == "editeur.deleted"] == [None]


async def test_no_dump_of_that_name(client: httpx.AsyncClient) -> None:
    for path in ("/dumps/contacts.csv", "/dumps/usages.xlsx"):
        assert (await client.get(API + path)).status_code == 422
