"""Demand and supply of conforming exports, and whom to work with next."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.directory.domain.search import SearchIndex
from services.directory.operations.software_use import LiveUse
from shared.db import Database
from tests.api.directory import software

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/directory/v1/demande"
DIJON, BESANCON, BEAUNE, METROPOLE = "212102313", "212500565", "212100549", "242100410"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(loaded_database: str) -> AsyncIterator[dict[str, str]]:
    """Four applications for one domain: labelled, expired label, module without a label, nothing."""
    db = await Database.open(loaded_database, schema="directory", pool_size=2)
    vendor = await software.add_vendor(db, software.vendor_siren(10), "Éditeur d'essai")
    ids = {}
    for name in ("labelled", "expired", "module", "nothing"):
        ids[name] = await software.add_software(db, vendor, f"Logiciel {name}")
    for name in ("labelled", "expired", "module"):
        module = await software.add_module(db, ids[name], "deliberations")
        if name != "module":
            more: dict[str, Any] = (
                {"valid_until": software.in_a_year().replace(year=2020)} if name == "expired" else {}
            )
            await software.add_label(db, ids[name], None if name == "labelled" else module, **more)
    await software.add_usages(db, ids["labelled"], "deliberations", [DIJON])
    await software.add_usages(db, ids["expired"], "deliberations", [BESANCON, METROPOLE])
    await software.add_usages(db, ids["module"], "deliberations", [DIJON, BEAUNE])
    wanted = await software.add_usages(db, ids["nothing"], "subventions", [BEAUNE, METROPOLE])
    await software.add_usages(db, ids["nothing"], "budget", [DIJON], status="conteste")
    await db.execute("UPDATE usage SET export_wanted = true WHERE id = $1", wanted[0])
    yield {name: str(found) for name, found in ids.items()}
    await software.empty(db)
    await db.close()


async def read(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def populations(client: httpx.AsyncClient, *sirens: str) -> int:
    total = 0
    for siren in sirens:
        shown = (await client.get(f"/directory/v1/collectivites/{siren}")).json()
        total += shown["population"]["value"]
    return total


async def test_each_domain_tells_who_is_served(client: httpx.AsyncClient, made: dict[str, str]) -> None:
    found = await read(client)
    domains = {one["code"]: one for one in found["domaines"]}
    assert set(domains) == {"deliberations", "subventions"}
    acts = domains["deliberations"]
    assert (acts["progiciels"], acts["progiciels_conformes"]) == (3, 1)
    assert acts["total"]["bodies"] == 4
    supply = {one["code"]: one for one in acts["offre"]}
    # Dijon uses two, one of which is labelled: it is served. An expired label serves nobody.
    assert {code: one["bodies"] for code, one in supply.items()} == {"conforme": 1, "module": 3, "aucun": 0}
    assert supply["conforme"]["inhabitants"] == await populations(client, DIJON)
    # A grouping's inhabitants are those of its communes: they are not added.
    assert supply["module"]["inhabitants"] == await populations(client, BESANCON, BEAUNE)
    assert len(found["methode"]) > 100
    assert found["population"] == {"base": "municipale", "year": 2026}


async def test_the_ranking_names_whom_to_work_with_next(
    client: httpx.AsyncClient, made: dict[str, str]
) -> None:
    found = await read(client)
    ranked = [(one["progiciel"]["id"], one["domaine"], one["bodies"]) for one in found["classement"]]
    assert ranked[0] == (made["expired"], "deliberations", 2)
    # Beaune alone: Dijon, which uses it too, is served by another.
    assert (made["module"], "deliberations", 1) in ranked
    assert [one["wanting"] for one in found["classement"] if one["domaine"] == "subventions"] == [1]
    assert made["labelled"] not in [one[0] for one in ranked]
    assert [one["rang"] for one in found["classement"]] == list(range(1, found["total"] + 1))
    assert len((await read(client, limit=1))["classement"]) == 1


async def test_by_territory_and_domain(client: httpx.AsyncClient, made: dict[str, str]) -> None:
    side = await read(client, territoire="departement:21", domaine="deliberations")
    assert [one["code"] for one in side["domaines"]] == ["deliberations"]
    assert side["domaines"][0]["total"]["bodies"] == 3
    assert (await client.get(PATH, params={"territoire": "epci:852356583"})).status_code == 404
    assert (await client.get(PATH, params={"domaine": "x"})).status_code == 422


async def test_as_csv(client: httpx.AsyncClient, made: dict[str, str]) -> None:
    answer = await client.get(f"{PATH}.csv")
    lines = answer.text.splitlines()
    assert lines[0].startswith("rang,progiciel,")
    assert lines[0].endswith(",population_base,population_annee,methode")
    assert ",municipale,2026," in lines[1]
    assert len(lines) == 1 + (await read(client))["total"]


async def test_a_territory_counts_the_applications_used_in_it(
    client: httpx.AsyncClient, made: dict[str, str]
) -> None:
    [acts] = (await read(client, territoire="departement:25"))["domaines"]
    # Besançon uses one of the three.
    assert (acts["code"], acts["progiciels"], acts["progiciels_conformes"]) == ("deliberations", 1, 0)


async def test_nobody_waits_while_another_looks_again(loaded_database: str, made: dict[str, str]) -> None:
    db = await Database.open(loaded_database, schema="directory", pool_size=3)
    try:
        live, index = LiveUse(db, refresh_seconds=0), SearchIndex("none", [])
        before = await live.get(index)
        async with db.pool.acquire() as connection, connection.transaction():
            await connection.execute("LOCK TABLE usage IN ACCESS EXCLUSIVE MODE")
            looking = asyncio.create_task(live.get(index))
            await asyncio.sleep(0.05)
            async with asyncio.timeout(10):
                assert await live.get(index) is before
            assert not looking.done()
        assert await looking is before
    finally:
        await db.close()
