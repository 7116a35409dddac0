"""A list walked by its cursors while others write: nothing that was there is missed, nothing comes twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from shared.db import Database
from shared.pagination import encode_cursor
from tests.api.directory import software
from tests.support.directory import UNLISTED

pytestmark = pytest.mark.asyncio(loop_scope="module")

API = "/directory/v1"
MOST_WRITES = 30


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def db(loaded_database: str) -> AsyncIterator[Database]:
    database = await Database.open(loaded_database, schema="directory", pool_size=6)
    yield database
    await software.empty(database)
    await database.close()


async def walk(client: httpx.AsyncClient, url: str, key: str) -> list[str]:
    """Return the key of every item met, page after page, by the links."""
    met: list[str] = []
    while url:
        answer = await client.get(url)
        assert answer.status_code == 200, answer.text
        met += [item[key] for item in answer.json()["items"]]
        url = answer.links["next"]["url"] if "next" in answer.links else ""
    return met


async def walked_while(
    client: httpx.AsyncClient, url: str, key: str, write: Callable[[int], Awaitable[object]]
) -> list[str]:
    """Walk a list while three writers write; they write a bounded number of times, or a walk might never end."""
    over = asyncio.Event()

    async def keep_writing(first: int) -> None:
        for number in range(first, MOST_WRITES, 3):
            if not over.is_set():
                await write(number)

    writers = [asyncio.create_task(keep_writing(first)) for first in range(3)]
    try:
        return await walk(client, url, key)
    finally:
        over.set()
        await asyncio.gather(*writers)


async def test_usages(client: httpx.AsyncClient, db: Database) -> None:
    vendor = await software.add_vendor(db, software.vendor_siren(70), "Éditeur des marches")
    progiciel = await software.add_software(db, vendor, "Marcheur")
    found = await client.get(f"{API}/collectivites", params={"departement": "90", "limit": 100})
    sirens = [item["siren"] for item in found.json()["items"]]
    there = await software.add_usages(db, progiciel, "deliberations", sirens)
    others = [await software.add_software(db, vendor, f"Autre {number}") for number in range(3)]

    async def write(number: int) -> None:
        domaine = ("budget", "adresses", "arbres")[number % 3]
        target: UUID = others[number // 3 % 3]
        await db.execute("DELETE FROM usage WHERE progiciel_id = $1 AND domaine = $2", target, domaine)
        await software.add_usages(db, target, domaine, sirens[number % 50 :][:10])

    met = await walked_while(client, f"{API}/usages?editeur={vendor}&limit=7", "id", write)
    assert len(met) == len(set(met))
    assert set(map(str, there)) <= set(met)


@pytest.mark.parametrize("kind", ["editeurs", "progiciels"])
async def test_names(client: httpx.AsyncClient, db: Database, kind: str) -> None:
    offset = 100 if kind == "editeurs" else 300
    vendors = [
        await software.add_vendor(db, software.vendor_siren(offset + n), f"Balade {kind} {n * 37 % 40:02}")
        for n in range(40)
    ]
    there = vendors
    if kind == "progiciels":
        there = [
            str(await software.add_software(db, one, f"Balade {n * 29 % 40:02}"))
            for n, one in enumerate(vendors)
        ]

    async def write(number: int) -> None:
        new = await software.add_vendor(
            db, software.vendor_siren(offset * 100 + number), f"Balade {kind} {number % 40:02} bis"
        )
        if kind == "progiciels":
            await software.add_software(db, new, f"Balade {number % 40:02} bis")

    key = "siren" if kind == "editeurs" else "id"
    met = await walked_while(client, f"{API}/{kind}?q=balade&limit=3", key, write)
    assert len(met) == len(set(met))
    assert set(there) <= set(met)


async def test_the_search_over_everything(client: httpx.AsyncClient, db: Database) -> None:
    """New vendors of the name searched come in meanwhile; the bodies are met once each."""
    expected = (await client.get(f"{API}/collectivites", params={"q": "valdoie", "limit": 1})).json()["total"]

    async def write(number: int) -> None:
        await software.add_vendor(db, software.vendor_siren(50_000 + number), f"Valdoie {number}")

    met = await walked_while(client, f"{API}/search?q=valdoie&limit=2", "id", write)
    assert len(met) == len(set(met))
    bodies = [one for one in met if not one.startswith("9000") and not one.startswith("9005")]
    assert len(bodies) >= expected


@pytest.mark.parametrize(
    ("path", "listing", "values"),
    [
        ("/editeurs", "editeurs", ["\x00", "\x00"]),
        ("/editeurs", "editeurs", ["a", "\x00"]),
        ("/progiciels", "progiciels", ["a\x00", UNLISTED]),
        ("/atd", "atd", ["a\x00", UNLISTED]),
    ],
)
async def test_a_forged_cursor_is_refused(
    client: httpx.AsyncClient, path: str, listing: str, values: list[str]
) -> None:
    answer = await client.get(API + path, params={"cursor": encode_cursor(listing, values)})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/cursor"
