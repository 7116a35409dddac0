"""A portal that serves pages as a test wants, and the hands of a worker that harvests it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import orjson

from services.catalog.migrations import MIGRATIONS
from services.catalog.operations.context import CatalogContext
from services.catalog.operations.harvest_runs import HarvestRuns
from services.catalog.operations.harvests import KIND, start_due
from services.catalog.operations.pace import HostPace
from services.catalog.settings import CatalogSettings
from shared.app import open_context
from shared.clock import now
from shared.http import FetchPolicy, GuardedClient
from shared.messaging.work import Claim, WorkTable
from shared.settings import Settings
from tests.api.conftest import Client, api, create_key
from tests.support.http_servers import Answer, Asked, Server, reply, serving

SOURCES = "/catalog/v1/sources"


@dataclass
class Portal:
    """A site whose pages are set by target (path and query); a page may be bytes, JSON, or an answer of its own."""

    server: Server
    pages: dict[str, Any] = field(default_factory=dict)
    media_type: str = "application/json"
    tags: bool = False

    def url(self, path: str = "") -> str:
        return self.server.url(path)

    async def answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        page = self.pages.get(asked.target, self.pages.get(asked.target.partition("?")[0]))
        if callable(page):
            await cast(Answer, page)(asked, writer)
            return
        if page is None:
            await reply(status=404)(asked, writer)
            return
        body = page if isinstance(page, bytes) else orjson.dumps(page)
        tag = f'"{hash(body)}"'
        if self.tags and asked.headers.get("if-none-match") == tag:
            await reply(status=304, etag=tag)(asked, writer)
        else:
            named: dict[str, Any] = {"etag": tag} if self.tags else {}
            await reply(body, content_type=self.media_type, **named)(asked, writer)


@dataclass
class Place:
    """The catalog's API with a key, a portal, and what a worker of the catalog does, done when a test says so."""

    client: Client
    portal: Portal
    context: CatalogContext
    table: WorkTable

    async def source(self, kind: str, path: str = "", slug: str = "portail", **plan: Any) -> str:
        """Make a source, and its plan if told; return its address."""
        body = {"slug": slug, "name": "Portail", "kind": kind, "url": self.portal.url(path)}
        made = await self.client.post(SOURCES, json=body)
        assert made.status_code == 201, made.text
        home = f"{SOURCES}/{slug}"
        if plan:
            await self.plan(home, **plan)
        return home

    async def plan(self, home: str, **plan: Any) -> dict[str, Any]:
        before = await self.client.get(f"{home}/harvest")
        answer = await self.client.put(
            f"{home}/harvest",
            json={"frequency": None, **plan},
            headers={"if-match": before.headers["etag"]},
        )
        assert answer.status_code == 200, answer.text
        return cast(dict[str, Any], answer.json())

    async def start(self, home: str, **body: Any) -> dict[str, Any]:
        answer = await self.client.post(f"{home}/harvests", json=body)
        assert answer.status_code == 202, answer.text
        assert answer.headers["location"] == answer.json()["self"]
        return cast(dict[str, Any], answer.json())

    @property
    def runs(self) -> HarvestRuns:
        return HarvestRuns(self.context, self.table, HostPace(0))

    async def claim(self) -> Claim | None:
        return await self.table.claim_next()

    async def work(self) -> None:
        """Perform what is queued, as a worker would, until nothing is; what waits to be tried again is at once."""
        while True:
            await self.context.db.execute(
                "UPDATE harvest_run SET lease_until = '2000-01-01' WHERE state = 'running'"
            )
            claim = await self.claim()
            if claim is None:
                break
            await self.runs.run(claim)
        async with self.context.db.transaction() as session:
            while (given_up := await self.table.give_up(session)) is not None:
                await self.runs.gave_up(session, given_up)

    async def harvest(self, home: str, **body: Any) -> dict[str, Any]:
        """Harvest a source now and return what came of it."""
        run = await self.start(home, **body)
        await self.work()
        return await self.read(run)

    async def turn(self) -> int:
        """Start what is due, perform it, and return how many that was."""
        started = await start_due(self.context, now())
        await self.work()
        return len(started)

    async def read(self, run: dict[str, Any]) -> dict[str, Any]:
        answer = await self.client.get(run["self"])
        assert answer.status_code == 200, answer.text
        return cast(dict[str, Any], answer.json())

    async def items(self, run: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
        """Return the whole log of a harvest, page by page."""
        found: list[dict[str, Any]] = []
        query = {"limit": 3, **query}
        while True:
            answer = await self.client.get(run["links"]["items"], params=query)
            assert answer.status_code == 200, answer.text
            found += answer.json()["items"]
            if answer.json()["next"] is None:
                return found
            query["cursor"] = answer.json()["next"]

    async def datasets(self) -> dict[str, dict[str, Any]]:
        """Return every dataset of the catalog, with its resources, by its identifier in its source."""
        rows = await self.context.db.fetch("SELECT * FROM dataset ORDER BY remote_id")
        files = await self.context.db.fetch("SELECT * FROM resource ORDER BY dataset_id, position, key")
        return {
            row["remote_id"]: {
                **dict(row),
                "resources": [dict(file) for file in files if file["dataset_id"] == row["id"]],
            }
            for row in rows
        }

    async def versions(self) -> dict[str, list[tuple[str, str]]]:
        """Return the version (xmin) of each row but those of the log of harvests: one written again has another."""
        tables = ("dataset", "resource", "organization", "outbox", "change", "verdict", "link")
        key = {"link": "resource_id"}
        return {
            table: [
                (str(row["id"]), str(row["xmin"]))
                for row in await self.context.db.fetch(
                    f"SELECT {key.get(table, 'id')} AS id, xmin FROM {table} ORDER BY 1"
                )
            ]
            for table in tables
        }


@asynccontextmanager
async def harvesting(settings: Settings, policy: FetchPolicy | None = None) -> AsyncIterator[Place]:
    """Give a place whose worker reaches loopback, patient no longer than a moment."""
    made: list[Portal] = []

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await made[0].answer(asked, writer)

    policy = policy or FetchPolicy(allowed_hosts=("127.0.0.1/32",))
    own = cast(CatalogSettings, settings)
    async with (
        serving(answer) as server,
        api("catalog", settings) as client,
        open_context(MIGRATIONS, own) as context,
        GuardedClient(policy) as http,
    ):
        made.append(Portal(server))
        client.headers["x-api-key"] = await create_key(settings.database_url, "catalog:write")
        table = WorkTable(context.db, KIND, lease=timedelta(seconds=30), max_attempts=3)
        yield Place(client, made[0], replace(context, http=http), table)
