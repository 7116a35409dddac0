"""Published files looked at now and then: there or not, the same or not, at a pace that suits them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from services.catalog.migrations import MIGRATIONS
from services.catalog.operations import links
from services.catalog.operations.context import CatalogContext
from services.catalog.operations.links import LinkChecks
from services.catalog.operations.pace import HostPace
from services.catalog.settings import CatalogSettings
from shared.app import open_context
from shared.clock import now
from shared.messaging.work import WorkTable
from shared.settings import Settings
from tests.api.conftest import Client, api, create_key, settings_of
from tests.support.api import assert_problem
from tests.support.http_servers import Asked, Server, reply, serving

SCHEMA = {"name": "scdl/deliberations"}
FILE = b"COLL_NOM,COLL_SIRET\n"


@pytest.fixture
async def settings(common_settings: dict[str, Any]) -> Settings:
    """The catalog's settings."""
    return settings_of("catalog", common_settings, catalog_host_pause_seconds=0)


@dataclass
class Site:
    """A server of one file that answers as a test says."""

    server: Server
    body: bytes = FILE
    status: int = 200
    head_status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)

    async def answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        status = self.head_status if asked.method == "HEAD" and self.head_status else self.status
        tag = self.headers.get("etag")
        if status == 200 and tag is not None and asked.headers.get("if-none-match") == tag:
            status = 304
        body = self.body if status == 200 else b""
        await reply(body, status=status, **{"content_type": "text/csv", **self.headers})(asked, writer)

    @property
    def methods(self) -> list[str]:
        """Return the methods of the requests so far, and forget them."""
        asked = [ask.method for ask in self.server.asked]
        self.server.asked.clear()
        return asked


@dataclass
class Place:
    """A catalog with one dataset, a site, and the hands of a worker whose clock we hold."""

    client: Client
    site: Site
    context: CatalogContext
    moment: datetime
    dataset: dict[str, Any] = field(default_factory=dict)

    async def publish(self, *, url: str | None = None, **more: Any) -> None:
        url = url or self.site.server.url("/a.csv")
        body = {
            "title": "Délibérations",
            "description": "Toutes.",
            "license": "lov2",
            "resources": [{"title": "2024", "url": url, "format": "csv", "schema": SCHEMA, **more}],
        }
        answer = await self.client.post("/catalog/v1/datasets", json=body)
        assert answer.status_code == 201, answer.text
        self.dataset = answer.json()
        await links.enroll(self.context)

    def table(self) -> WorkTable:
        return WorkTable(self.context.db, links.KIND, lease=timedelta(seconds=30), max_attempts=3)

    async def check(self, after: timedelta = timedelta(0), workers: int = 1) -> int:
        """Let time pass, look at what is due with so many workers, and return how many requests that made."""
        self.moment += after
        await links.clock_tick(self.context, self.moment)

        async def work() -> None:
            checks = LinkChecks(self.context, self.table(), HostPace(0), lambda: self.moment)
            while (claim := await self.table().claim_next()) is not None:
                await checks.run(claim)

        before = len(self.site.server.asked)
        await asyncio.gather(*(work() for _ in range(workers)))
        return len(self.site.server.asked) - before

    async def read(self) -> dict[str, Any]:
        [resource] = self.dataset["resources"]
        path = f"/catalog/v1/datasets/{self.dataset['id']}/resources/{resource['id']}/availability"
        answer = await self.client.get(path)
        assert answer.status_code == 200, answer.text
        return cast(dict[str, Any], answer.json())

    async def delay(self) -> timedelta:
        return datetime.fromisoformat((await self.read())["next_check_at"]) - self.moment

    async def kinds(self) -> list[str]:
        return [event["kind"] for event in (await self.read())["history"]]

    async def asked_validations(self) -> int:
        found: int = await self.context.db.fetchval(
            "SELECT count(*) FROM outbox WHERE type = 'catalog.resource.registered.v1'"
        )
        return found

    async def judge(self) -> None:
        """Give the resource a verdict."""
        await self.context.db.execute("UPDATE resource SET conformity = 'valid', validated_checksum = 'x'")

    async def conformity(self) -> tuple[str, int]:
        row = await self.context.db.fetchrow("SELECT conformity, revision FROM resource")
        assert row is not None
        return row["conformity"], row["revision"]


@asynccontextmanager
async def watching(settings: Settings) -> AsyncIterator[Place]:
    """Give a place."""
    made: list[Site] = []

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await made[0].answer(asked, writer)

    async with (
        serving(answer) as server,
        api("catalog", settings) as client,
        open_context(MIGRATIONS, cast(CatalogSettings, settings)) as context,
    ):
        made.append(Site(server))
        client.headers["x-api-key"] = await create_key(settings.database_url, "catalog:write")
        yield Place(client, made[0], context, now() + timedelta(minutes=1))


async def test_the_delays_adapt_to_change_and_a_change_is_validated_anew(settings: Settings) -> None:
    async with watching(settings) as place:
        place.site.headers = {"etag": '"1"'}
        await place.publish()
        assert await place.asked_validations() == 1
        assert await place.check() == 1
        assert place.site.methods == ["HEAD"]
        await place.judge()
        for hours in (12, 24, 168, 720, 720):
            assert await place.delay() == timedelta(hours=hours)
            assert await place.check(timedelta(hours=hours) - timedelta(seconds=1)) == 0, (
                "not before its time"
            )
            assert await place.check(timedelta(seconds=1)) == 1
        assert await place.conformity() == ("valid", 1)
        assert await place.asked_validations() == 1, "the same file is not validated again"
        place.site.headers = {"etag": '"2"'}
        await place.check(timedelta(hours=720))
        assert await place.conformity() == ("stale", 2)
        assert await place.asked_validations() == 2
        assert await place.delay() == timedelta(hours=12)
        assert await place.kinds() == ["changed", "available"]
        state = await place.read()
        assert (state["available"], state["status"]) == (True, 200)


@pytest.mark.parametrize("status", [403, 405, 500, 501])
async def test_get_where_head_is_refused(settings: Settings, status: int) -> None:
    async with watching(settings) as place:
        place.site.head_status = status
        await place.publish()
        await place.check()
        assert place.site.methods == ["HEAD", "GET"]
        assert (await place.read())["available"] is True


async def test_a_server_that_says_nothing_of_its_file_has_it_read(settings: Settings) -> None:
    async with watching(settings) as place:
        await place.publish()
        await place.check()
        await place.judge()
        await place.check(timedelta(days=1))
        assert await place.conformity() == ("valid", 1)
        place.site.body = FILE[:-2] + b"X\n"
        await place.check(timedelta(days=2))
        assert await place.conformity() == ("stale", 2), "of the same size, and yet another file"
        await place.context.db.execute("UPDATE resource SET conformity = 'valid'")


async def test_a_page_of_a_firewall_is_not_the_file(settings: Settings) -> None:
    async with watching(settings) as place:
        place.site.headers = {"etag": '"1"'}
        await place.publish()
        await place.check()
        place.site.body = b"<!DOCTYPE html><html><title>Request Rejected</title></html>"
        place.site.headers = {"content_type": "text/html", "etag": '"wall"'}
        await place.judge()
        await place.check(timedelta(hours=12))
        state = await place.read()
        assert (state["available"], state["reason"], state["status"]) == (False, "html-page", 200)
        assert await place.conformity() == ("valid", 1), "it says nothing of the file"
        place.site.body, place.site.headers = FILE, {"etag": '"1"'}
        await place.check(timedelta(hours=12))
        assert await place.kinds() == ["available", "unavailable", "available"]
        assert await place.conformity() == ("valid", 1), "back, and the same as before"


async def test_what_is_away_is_told_and_retry_after_obeyed(settings: Settings) -> None:
    async with watching(settings) as place:
        await place.publish()
        place.site.status = 404
        await place.check()
        state = await place.read()
        assert (state["available"], state["status"], state["reason"]) == (False, 404, "http-status")
        place.site.status, place.site.headers = 429, {"retry_after": "172800"}
        await place.check(timedelta(hours=12))
        assert await place.delay() == timedelta(days=2)
        await place.context.db.execute("UPDATE link SET next_check_at = next_check_at - interval '40 hours'")
        assert await place.check(timedelta(hours=12)) == 0, "the whole host is left alone"


async def test_each_address_is_looked_at_once_whatever_the_workers(settings: Settings) -> None:
    async with watching(settings) as place:
        place.site.headers = {"etag": '"1"'}
        for number in range(25):
            await place.publish(url=place.site.server.url(f"/{number}.csv"))
        assert await place.check(workers=6) == 20, "a turn of a host is bounded"
        assert await place.check(workers=6) == 5
        assert await place.check(workers=6) == 0
        targets = [ask.target for ask in place.site.server.asked]
        assert len(set(targets)) == len(targets) == 25


async def test_a_slow_host_delays_no_other(settings: Settings) -> None:
    stuck = asyncio.Event()

    async def never(asked: Asked, writer: asyncio.StreamWriter) -> None:
        stuck.set()
        await asyncio.Event().wait()

    async with watching(settings) as place, serving(never) as slow:
        place.site.headers = {"etag": '"1"'}
        await place.publish(url=slow.url("/lent.csv"))
        await links.clock_tick(place.context, place.moment)
        checks = LinkChecks(place.context, place.table(), HostPace(0), lambda: place.moment)
        claim = await place.table().claim_next()
        assert claim is not None
        held = asyncio.create_task(checks.run(claim))
        await stuck.wait()
        await place.publish()
        assert await place.check() == 1
        assert (await place.read())["available"] is True
        held.cancel()
        await asyncio.gather(held, return_exceptions=True)


async def test_an_address_that_changes_or_goes_is_followed(settings: Settings) -> None:
    async with watching(settings) as place:
        await place.publish(url="http://10.0.0.1/prive.csv")
        await place.check()
        assert (await place.read())["reason"] == "url-not-allowed"
        [resource] = place.dataset["resources"]
        await place.context.db.execute("UPDATE resource SET url = $1", place.site.server.url("/b.csv"))
        await links.enroll(place.context)
        await place.check()
        assert (await place.read())["available"] is True
        await place.context.db.execute("UPDATE dataset SET deleted_at = now()")
        await links.enroll(place.context)
        assert await place.context.db.fetchval("SELECT count(*) FROM link") == 0
        path = f"/catalog/v1/datasets/{place.dataset['id']}/resources/{resource['id']}/availability"
        assert_problem(await place.client.get(path), 404, "link-not-found")
