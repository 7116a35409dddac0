"""Times the reading side of the directory: search at a steady pace, list pages and a dump over many usages.

    python -m bench.directory [--usages 100000] [--rate 50] [--seconds 15]

The API runs in a process of its own, on embedded servers that end with this one; requests leave at the pace asked
for, whether or not the ones before are answered (so that waiting is part of the time). Peak memory is the API's.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import shutil
import socket
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil

from services.directory.app import create_app
from services.directory.operations.reference import import_reference
from services.directory.operations.reference_files import shipped_collectivites
from services.directory.settings import DirectorySettings
from shared.db import Database
from shared.ids import new_id
from socle import serving
from tests.support.databases import Databases
from tests.support.servers import stop_servers, test_servers

API = "/directory/v1"
DOMAINES = ("deliberations", "subventions", "budget", "adresses", "marches-publics")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def settings_for(database_url: str, redis_url: str, port: int) -> DirectorySettings:
    """Return the settings of the API that is timed."""
    return DirectorySettings(
        database_url=database_url,
        redis_url=redis_url,
        public_url=f"http://127.0.0.1:{port}",
        rate_per_address="100000000/minute",
        log_level="error",
        directory_start_wait_seconds=60,
    )


def serve(database_url: str, redis_url: str, port: int) -> None:
    """Run the API until the process is ended."""
    settings = settings_for(database_url, redis_url, port)

    async def run() -> None:
        listener = serving.listen("127.0.0.1", port)
        await serving.serve(create_app(settings), settings, listener, asyncio.Event(), lambda: None)

    asyncio.run(run())


async def fill(database_url: str, count: int) -> None:
    """Bring the reference in, and make usages of 200 applications of 20 vendors."""
    db = await Database.open(database_url, schema="directory", pool_size=4)
    dice, moment = random.Random(1), datetime.now(UTC)
    try:
        await import_reference(db)
        sirens = [body.siren for body in shipped_collectivites()]
        vendors = [(f"9{number:08}", f"Éditeur {number}", f"editeur{number}") for number in range(20)]
        await db.pool.executemany(
            "INSERT INTO editeur (siren, nom, nom_key, created_by, created_at) VALUES ($1, $2, $3, 'bench', now())",
            vendors,
        )
        software = [
            (new_id(), vendors[number % 20][0], f"Progiciel {number}", f"progiciel{number}")
            for number in range(200)
        ]
        await db.pool.executemany(
            "INSERT INTO progiciel (id, editeur_siren, nom, nom_key, description, created_by, created_at) "
            "VALUES ($1, $2, $3, $4, '', 'bench', now())",
            software,
        )
        until = (moment + timedelta(days=365)).date()
        combos = {
            (dice.choice(sirens), dice.randrange(200), dice.choice(DOMAINES))
            for _ in range(int(count * 1.02))
        }
        rows = [
            (new_id(), siren, software[place][0], domaine, until, moment)
            for siren, place, domaine in sorted(combos)[:count]
        ]
        await db.pool.executemany(
            "INSERT INTO usage (id, siren, progiciel_id, version, domaine, status, valid_until, created_at) "
            "VALUES ($1, $2, $3, '', $4, 'declare', $5, $6)",
            rows,
        )
        await db.execute("ANALYZE")
    finally:
        await db.close()


def typed(dice: random.Random, names: list[str]) -> str:
    """Return the beginning of a name, as it is being typed."""
    name = dice.choice(names)
    return name[: dice.randint(3, max(3, len(name)))]


def mistyped(dice: random.Random, names: list[str]) -> str:
    """Return a name with one letter wrong."""
    name = dice.choice(names)
    place = dice.randrange(1, len(name))
    return name[:place] + dice.choice(LETTERS) + name[place + 1 :]


async def steady(
    client: httpx.AsyncClient, ask: Callable[[], tuple[str, dict[str, Any]]], rate: float, seconds: float
) -> list[float]:
    """Send requests at a pace; return how long each took from the moment it was due, in milliseconds."""
    start, times, tasks = time.perf_counter() + 0.2, [], []

    async def one(due: float) -> None:
        path, query = ask()
        answer = await client.get(path, params=query)
        answer.raise_for_status()
        times.append((time.perf_counter() - due) * 1000)

    for number in range(int(rate * seconds)):
        due = start + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(due)))
    await asyncio.gather(*tasks)
    return times


def told(name: str, times: list[float], limit: float | None) -> str:
    """Return a line of the report."""
    p95 = statistics.quantiles(times, n=100)[94]
    verdict = "" if limit is None else f"  limit {limit:.0f} ms: {'ok' if p95 <= limit else 'OVER'}"
    return f"{name:<28}{len(times):>6}  median {statistics.median(times):7.1f} ms  p95 {p95:7.1f} ms{verdict}"


async def measure(port: int, server: psutil.Process, rate: float, seconds: float) -> None:
    """Time everything and print the report."""
    dice = random.Random(2)
    names = [body.nom for body in shipped_collectivites() if body.type == "COM" and len(body.nom) > 4]
    base = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(
        base_url=base, timeout=60, limits=httpx.Limits(max_connections=64)
    ) as client:
        await until_ready(client)

        def prefix() -> tuple[str, dict[str, Any]]:
            return f"{API}/search", {"q": typed(dice, names), "limit": 10}

        def typo() -> tuple[str, dict[str, Any]]:
            return f"{API}/search", {"q": mistyped(dice, names), "limit": 10}

        print(told("search, prefix", await steady(client, prefix, rate, seconds), 15))
        print(told("search, one typo", await steady(client, typo, rate, seconds), 40))
        for name, path, query in await pages(client, dice):
            times = []
            for _ in range(40):
                began = time.perf_counter()
                (await client.get(path, params=query)).raise_for_status()
                times.append((time.perf_counter() - began) * 1000)
            print(told(name, times, 30))
        before = server.memory_info().rss
        peak, sent, began = before, 0, time.perf_counter()
        async with client.stream("GET", f"{API}/dumps/usages.ndjson") as answer:
            answer.raise_for_status()
            async for piece in answer.aiter_bytes():
                sent += len(piece)
                peak = max(peak, server.memory_info().rss)
        print(
            f"dump of usages, NDJSON       {sent / 1e6:.1f} MB in {time.perf_counter() - began:.1f} s, "
            f"memory {before / 1e6:.0f} MB before, {peak / 1e6:.0f} MB at most"
        )


async def until_ready(client: httpx.AsyncClient) -> None:
    """Wait until the API answers a search."""
    for _ in range(300):
        try:
            if (await client.get(f"{API}/search", params={"q": "dijon"})).status_code == 200:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.2)
    raise RuntimeError("the API does not answer")


async def pages(client: httpx.AsyncClient, dice: random.Random) -> list[tuple[str, str, dict[str, Any]]]:
    """Return list pages to time: the first, one far down, and one of each filter."""
    progiciel = (await client.get(f"{API}/progiciels", params={"limit": 1})).json()["items"][0]["id"]
    query: dict[str, Any] = {"limit": 200}
    for _ in range(50):
        query["cursor"] = (await client.get(f"{API}/usages", params=query)).json()["next"]
    siren = dice.choice([body.siren for body in shipped_collectivites()])
    one = {"limit": 50}
    return [
        ("usages, first page", f"{API}/usages", one),
        ("usages, 10,000 rows down", f"{API}/usages", {**one, "cursor": query["cursor"]}),
        ("usages of an application", f"{API}/usages", {**one, "progiciel": progiciel}),
        ("usages of a collectivité", f"{API}/usages", {**one, "siren": siren}),
        ("usages of a vendor", f"{API}/usages", {**one, "editeur": "900000001"}),
        ("usages of a département", f"{API}/usages", {**one, "departement": "21"}),
        ("usages of a domain", f"{API}/usages", {**one, "domaine": "budget"}),
        ("usages by status", f"{API}/usages", {**one, "status": "confirme"}),
        ("applications", f"{API}/progiciels", one),
        ("vendors", f"{API}/editeurs", one),
        ("collectivités", f"{API}/collectivites", one),
    ]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usages", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=15)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="socle-bench-"))
    try:
        addresses = test_servers(folder, os.getpid())
        with Databases(addresses.database_url) as databases, socket.create_server(("127.0.0.1", 0)) as free:
            url, port = databases.create_migrated(), free.getsockname()[1]
            free.close()
            asyncio.run(fill(url, options.usages))
            child = multiprocessing.get_context("spawn").Process(
                target=serve, args=(url, addresses.redis_url, port), daemon=True
            )
            child.start()
            try:
                server = psutil.Process(child.pid)
                asyncio.run(measure(port, server, options.rate, options.seconds))
            finally:
                child.terminate()
                child.join(30)
    finally:
        stop_servers(folder)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
