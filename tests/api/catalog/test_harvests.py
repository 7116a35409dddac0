"""Harvests as their owner lives them: planned, followed, resumed after a kill, contained when the portal misbehaves."""

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest

from services.catalog.operations import resources
from shared.clock import now
from shared.http import FetchPolicy
from shared.settings import Settings
from tests.api.catalog.harvesting import SOURCES, Place, harvesting
from tests.api.conftest import at_work, create_key, settings_of
from tests.support.api import assert_problem
from tests.support.http_servers import Asked, endless, reply

LIST = "/api/1/datasets/"


@pytest.fixture
async def settings(common_settings: dict[str, Any]) -> Settings:
    """The catalog's settings."""
    return settings_of(
        "catalog",
        common_settings,
        catalog_host_pause_seconds=0,
        catalog_harvest_max_pages=50,
        catalog_max_payload_bytes=2_000_000,
    )


def document(number: int, **more: Any) -> dict[str, Any]:
    """Return a dataset as udata tells it."""
    files = [
        {
            "id": f"{number}-{rank}",
            "title": f"Fichier {rank}",
            "url": f"https://data.example.org/{number}/{rank}.csv",
        }
        for rank in (1, 2)
    ]
    return {"id": f"jeu-{number}", "title": f"Jeu {number}", "license": "lov2", "resources": files, **more}


def list_of(place: Place, documents: list[Any], size: int = 4) -> None:
    """Let the portal have these datasets, in pages."""
    place.portal.pages = {}
    pages = [documents[start : start + size] for start in range(0, len(documents), size)] or [[]]
    for number, page in enumerate(pages, 1):
        target = LIST if number == 1 else f"/suite/{number}"
        following = place.portal.url(f"/suite/{number + 1}") if number < len(pages) else None
        place.portal.pages[target] = {"data": page, "total": len(documents), "next_page": following}


async def test_a_harvest_is_told_item_by_item_and_one_bad_record_fails_no_other(settings: Settings) -> None:
    async with harvesting(settings) as place:
        twice, nameless, wrong = document(1), {"title": "sans identifiant"}, {"id": "x", "title": ""}
        list_of(place, [document(1), document(2), nameless, wrong, twice, document(3, title="a\x00b" * 400)])
        home = await place.source("udata")
        run = await place.harvest(home)
        assert (run["state"], run["result"], run["pages"]) == ("done", "completed", 2)
        assert run["counts"] | {"created": 3, "failed": 3} == run["counts"]
        items = await place.items(run)
        assert [item["outcome"] for item in items] == [
            "created",
            "created",
            "failed",
            "failed",
            "failed",
            "created",
        ]
        for item in await place.items(run, outcome="failed"):
            assert len(item["message"]) > 8
            assert item["message"] != item["message_en"]
        assert items[0]["dataset_id"] == str((await place.datasets())["jeu-1"]["id"])
        assert [one["id"] for one in (await place.client.get(f"{home}/harvests")).json()["items"]] == [
            run["id"]
        ]
        again = await place.harvest(home)
        assert again["counts"] | {"unchanged": 3, "failed": 3} == again["counts"]


async def test_a_dry_run_foresees_and_writes_nothing(settings: Settings) -> None:
    async with harvesting(settings) as place:
        list_of(place, [document(number) for number in range(3)])
        home = await place.source("udata")
        before = await place.versions()
        run = await place.harvest(home, dry_run=True)
        assert (run["dry_run"], run["counts"]["created"], run["result"]) == (True, 3, "completed")
        assert await place.versions() == before
        await place.harvest(home)
        list_of(place, [document(0, title="Autre"), document(1)])
        foreseen = await place.harvest(home, dry_run=True)
        assert (foreseen["counts"]["updated"], foreseen["counts"]["unchanged"], foreseen["missing"]) == (
            1,
            1,
            1,
        )


async def test_due_harvests_start_once_and_come_back(settings: Settings) -> None:
    async with harvesting(settings) as place:
        list_of(place, [document(1)])
        home = await place.source("udata", frequency="daily")
        assert await place.turn() == 1
        plan = (await place.client.get(f"{home}/harvest")).json()
        assert plan["frequency"] == "daily"
        assert plan["next_run_at"] is not None
        assert await place.turn() == 0
        await place.context.db.execute("UPDATE harvest_plan SET next_run_at = now()")
        await asyncio.gather(*(place.turn() for _ in range(5)))
        assert await place.context.db.fetchval("SELECT count(*) FROM harvest_run") == 2


async def test_who_may_harvest_what(settings: Settings) -> None:
    async with harvesting(settings) as place:
        list_of(place, [document(1)])
        home = await place.source("udata")
        await place.client.post(SOURCES, json={"slug": "envoi", "name": "Envoi"})
        pushed = await place.client.post(f"{SOURCES}/envoi/harvests", json={})
        assert_problem(pushed, 422, "source-not-harvestable")
        run = await place.start(home)
        second = await place.client.post(f"{home}/harvests", json={})
        assert_problem(second, 409, "harvest-running")
        stopped = await place.client.post(run["links"]["cancel"])
        assert stopped.json()["state"] == "cancelled"
        await place.work()
        assert await place.datasets() == {}, "what is cancelled is not done"
        decided = await place.client.post(run["links"]["confirm"], json={"delete": True})
        assert_problem(decided, 409, "harvest-not-awaiting")
        other = await create_key(settings.database_url, "catalog:write")
        for path, body in ((f"{home}/harvests", {}), (run["links"]["confirm"], {"delete": True})):
            refused = await place.client.post(path, json=body, headers={"x-api-key": other})
            assert_problem(refused, 404, "source-not-found")
        assert_problem(
            await place.client.get(f"{home}/harvests/{run['id'][:-4]}0000"), 404, "harvest-not-found"
        )


async def test_what_a_source_no_longer_has_waits_before_it_goes(settings: Settings) -> None:
    async with harvesting(settings) as place:
        list_of(place, [document(number) for number in range(8)])
        home = await place.source("udata", grace_days=7)
        await place.harvest(home)
        lighter = document(0, resources=document(0)["resources"][:1])
        list_of(place, [lighter, *(document(number) for number in range(1, 7))])
        run = await place.harvest(home)
        assert (run["counts"]["missing"], run["counts"]["deleted"], run["missing"]) == (1, 0, 1)
        found = await place.datasets()
        assert found["jeu-7"]["deleted_at"] is None
        assert found["jeu-7"]["missing_since"] is not None
        gone = found["jeu-0"]["resources"][1]
        assert gone["deleted_at"] is None
        assert gone["missing_since"] is not None
        list_of(place, [document(number) for number in range(8)])
        await place.harvest(home)
        found = await place.datasets()
        assert found["jeu-7"]["missing_since"] is None
        assert found["jeu-0"]["resources"][1]["missing_since"] is None, "back in time, nothing was lost"
        list_of(place, [lighter, *(document(number) for number in range(1, 7))])
        await place.harvest(home)
        for table in ("dataset", "resource"):
            await place.context.db.execute(
                f"UPDATE {table} SET missing_since = missing_since - interval '8 days'"
            )
        run = await place.harvest(home)
        assert (run["counts"]["deleted"], run["counts"]["missing"]) == (1, 0)
        await resources.remove_missing(place.context, now() - timedelta(days=2))
        assert (await place.datasets())["jeu-0"]["resources"][1]["deleted_at"] is None
        await resources.remove_missing(place.context)
        found = await place.datasets()
        assert found["jeu-7"]["deleted_at"] is not None
        assert [file["deleted_at"] is None for file in found["jeu-0"]["resources"]] == [True, False]
        told = await place.context.db.fetch("SELECT subject FROM change WHERE type = 'dataset.deleted'")
        assert [row["subject"] for row in told] == [str(found["jeu-7"]["id"])]


async def test_a_source_that_empties_itself_overnight_is_asked_about(settings: Settings) -> None:
    async with harvesting(settings) as place:
        documents = [document(number) for number in range(10)]
        list_of(place, documents)
        home = await place.source("udata", grace_days=0)
        await place.harvest(home)
        before = await place.versions()
        run: dict[str, Any] = {}
        for left in ([], documents[:4]):
            list_of(place, left)
            run = await place.harvest(home)
            assert (run["result"], run["missing"]) == ("awaiting_confirmation", 10 - len(left))
            assert await place.versions() == before, "nothing is deleted, nothing is written"
        kept = await place.client.post(run["links"]["confirm"], json={"delete": False})
        assert kept.json()["result"] == "refused"
        older, newer = await place.harvest(home), await place.harvest(home)
        outdated = await place.client.post(older["links"]["confirm"], json={"delete": True})
        assert_problem(outdated, 409, "harvest-outdated")
        done = await place.client.post(newer["links"]["confirm"], json={"delete": True})
        assert (done.status_code, done.json()["result"]) == (200, "confirmed")
        left_here = {name for name, row in (await place.datasets()).items() if row["deleted_at"] is None}
        assert left_here == {f"jeu-{number}" for number in range(4)}


async def test_pages_that_go_round_in_circles(settings: Settings) -> None:
    async with harvesting(settings) as place:
        list_of(place, [document(number) for number in range(8)])
        place.portal.pages["/suite/2"]["next_page"] = place.portal.url("/suite/2")
        home = await place.source("udata")
        run = await place.harvest(home)
        assert (run["state"], run["problem"]["type"]) == ("failed", "urn:socle:problem:harvest-loops")
        assert len(await place.datasets()) == 8, "what was read is kept"

        async def ever_new(asked: Asked, writer: asyncio.StreamWriter) -> None:
            number = int(asked.target.rsplit("/", 1)[-1])
            page = {"data": [document(number)], "next_page": place.portal.url(f"/sans-fin/{number + 1}")}
            await reply(orjson.dumps(page))(asked, writer)

        place.portal.pages = {f"/sans-fin/{number}": ever_new for number in range(60)}
        place.portal.pages[LIST] = {"data": [document(0)], "next_page": place.portal.url("/sans-fin/1")}
        run = await place.harvest(home)
        assert (run["pages"], run["problem"]["type"]) == (50, "urn:socle:problem:harvest-too-long")
        same = {"data": [document(0)], "next_page": place.portal.url("/autre")}
        place.portal.pages = {LIST: same, "/autre": {**same, "next_page": place.portal.url("/encore")}}
        run = await place.harvest(home)
        assert run["problem"]["type"] == "urn:socle:problem:harvest-loops"


async def test_a_source_that_is_us_or_harvests_us_is_refused(settings: Settings) -> None:
    async with harvesting(settings) as place:
        ours = "http://127.0.0.1:8000/catalog/v1/datasets/"
        made = await place.client.post(
            SOURCES,
            json={"slug": "nous", "name": "Nous", "kind": "dcat", "url": "http://127.0.0.1:8000/catalog/v1"},
        )
        assert_problem(made, 409, "source-harvests-us")
        taken = [document(number, harvest={"uri": f"{ours}{number}"}) for number in range(3)]
        list_of(place, taken)
        home = await place.source("udata")
        run = await place.harvest(home)
        assert run["problem"]["type"] == "urn:socle:problem:source-harvests-us"
        list_of(place, [*taken, document(9)])
        run = await place.harvest(home)
        assert (run["result"], run["counts"]["failed"], run["counts"]["created"]) == ("completed", 3, 1)


async def test_what_a_portal_does_badly_is_told_and_harms_no_other(settings: Settings) -> None:
    policy = FetchPolicy(allowed_hosts=("127.0.0.1/32",), read_timeout=1, headers_timeout=1)
    async with harvesting(settings, policy) as place:
        list_of(place, [document(1)])

        async def hangs(asked: Asked, writer: asyncio.StreamWriter) -> None:
            await asyncio.Event().wait()

        head = b"HTTP/1.1 200 x\r\ncontent-type: application/json\r\n\r\n["
        place.portal.pages["/pend/api/1/datasets/"] = hangs
        place.portal.pages["/enorme/api/1/datasets/"] = endless(head, iter(lambda: b" " * 1_000_000, None))
        place.portal.pages["/page/api/1/datasets/"] = b"<!doctype html><html>Connexion</html>"
        place.portal.pages["/erreur/api/1/datasets/"] = reply(status=503)
        reasons = {"pend": "timeout", "enorme": "too-large", "page": None, "erreur": "http-status"}
        bad = {name: await place.source("udata", f"/{name}", slug=name) for name in reasons}
        runs = {name: await place.start(home) for name, home in bad.items()}
        good = await place.start(await place.source("udata"))
        claims = [claim for _ in range(5) if (claim := await place.claim()) is not None]
        assert len(claims) == 5
        await asyncio.gather(*(place.runs.run(claim) for claim in claims))
        await place.work()
        assert (await place.read(good))["result"] == "completed"
        for name, reason in reasons.items():
            run = await place.read(runs[name])
            assert (run["state"], run["result"]) == ("failed", "failed"), name
            assert run["problem"].get("reason") == reason, name
            assert run["problem"]["detail"] != run["problem"]["detail_en"]
        assert set(await place.datasets()) == {"jeu-1"}


async def test_a_passing_failure_resumes_where_it_was(settings: Settings) -> None:
    async with harvesting(settings) as place:
        list_of(place, [document(number) for number in range(12)])
        good, times = place.portal.pages["/suite/2"], iter((503, 429, 0))

        async def shaky(asked: Asked, writer: asyncio.StreamWriter) -> None:
            status = next(times)
            await (reply(status=status) if status else reply(orjson.dumps(good)))(asked, writer)

        place.portal.pages["/suite/2"] = shaky
        run = await place.harvest(await place.source("udata"))
        assert (run["result"], run["counts"]["created"], run["problem"]) == ("completed", 12, None)
        asked = [ask.target.partition("?")[0] for ask in place.portal.server.asked]
        assert asked.count(LIST) == 1, "what was read is not asked for again"


def contents(found: dict[str, dict[str, Any]]) -> Any:
    """Return what the catalog says, without ids and moments of its own."""
    return {
        name: (
            row["title"],
            row["content_hash"],
            row["revision"],
            [(file["key"], file["revision"]) for file in row["resources"]],
        )
        for name, row in found.items()
    }


async def killed_and_resumed(
    place: Place, slug: str, chance: Callable[[], float]
) -> tuple[dict[str, Any], int]:
    """Harvest a source with a worker that is killed again and again; return the run and how often it was."""
    run = await place.start(await place.source("udata", slug=slug))
    kills = 0
    while (await place.read(run))["state"] in ("queued", "running"):
        await place.context.db.execute(
            "UPDATE harvest_run SET lease_until = '2000-01-01', attempt = 0 WHERE state = 'running'"
        )
        claim = await place.claim()
        assert claim is not None
        task = asyncio.create_task(place.runs.run(claim))
        done, _ = await asyncio.wait({task}, timeout=chance() if kills < 12 else None)
        if not done:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            kills += 1
    return await place.read(run), kills


@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
async def test_killed_at_any_moment_a_harvest_ends_in_the_same_state(settings: Settings, rounds: int) -> None:
    dice = random.Random(rounds)
    kills = 0
    for number in range(rounds):
        async with harvesting(settings) as place:
            documents = [document(number) for number in range(320)]
            list_of(place, documents, size=300)
            straight = await place.harvest(await place.source("udata", slug="droit"))
            expected = contents(await place.datasets())
            for table in ("verdict", "resource", "dataset", "organization"):
                await place.context.db.execute(f"DELETE FROM {table}")
            run, count = await killed_and_resumed(place, f"tue-{number}", lambda: dice.uniform(0.005, 0.1))
            kills += count
            assert run["counts"] == straight["counts"]
            assert contents(await place.datasets()) == expected
            changes = "SELECT count(*) FROM change WHERE type = 'dataset.created'"
            assert await place.context.db.fetchval(changes) == 2 * 320, "each is told once"
            for table in ("harvest_run", "verdict", "resource", "dataset", "change", "source"):
                await place.context.db.execute(f"DELETE FROM {table}")
    assert kills > 0


async def test_a_real_worker_harvests_what_is_asked_for(settings: Settings) -> None:
    async with harvesting(settings) as place:
        list_of(place, [document(number) for number in range(5)])
        run = await place.start(await place.source("udata"))
        async with at_work("catalog", settings), asyncio.timeout(30):
            while (await place.read(run))["state"] != "done":
                await asyncio.sleep(0.05)
        assert (await place.read(run))["counts"]["created"] == 5
