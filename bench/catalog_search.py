"""Measures the search of the catalog: known queries among real datasets in the company of many others.

    python -m bench.catalog_search --file datasets.ndjson.gz --gold gold.tsv [--others 50000]

Tells how many of the expected datasets are in the first twenty, the mean reciprocal rank of the first, and how long the
answers took; then how fast the whole catalogue is given back as DCAT.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import gzip
import os
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import orjson

from bench.catalog import CHUNK, catalog_client
from bench.stack import Stack, served
from tests.support.databases import Databases
from tests.support.servers import stop_servers, test_servers

FIRST = 20
SUBJECTS = {
    "scdl/deliberations": (
        "Délibérations du conseil municipal",
        "Actes et votes du conseil, au format commun.",
    ),
    "scdl/subventions": (
        "Subventions attribuées aux associations",
        "Aides versées, conventions et bénéficiaires.",
    ),
    "scdl/equipements": ("Équipements publics", "Bibliothèques, écoles, gymnases, avec leurs adresses."),
    "scdl/prenoms": ("Prénoms des nouveau-nés", "Prénoms de l'état civil par année de naissance."),
    "scdl/marches-publics": ("Marchés publics", "Marchés conclus, attributaires et montants."),
    "scdl/budget": ("Budget primitif", "Recettes et dépenses par nature et par fonction."),
    "etalab/schema-irve-statique": ("Bornes de recharge", "Bornes de recharge pour véhicules électriques."),
    "etalab/schema-stationnement": ("Lieux de stationnement", "Parkings de la commune, places et tarifs."),
    "scdl/catalogue": ("Catalogue de données", "Liste des jeux de données de la collectivité."),
    "etalab/schema-amenagements-cyclables": ("Aménagements cyclables", "Pistes et bandes de la commune."),
}
SYLLABLES = (
    "ville",
    "mont",
    "saint",
    "val",
    "bourg",
    "roche",
    "fontaine",
    "bois",
    "champ",
    "pont",
    "mar",
    "lou",
    "vert",
)


def others(count: int) -> list[bytes]:
    """Return datasets such as communes publish."""
    pick = random.Random(1)
    lines = []
    for number in range(count):
        schema, (title, description) = pick.choice(list(SUBJECTS.items()))
        place = "-".join(pick.sample(SYLLABLES, 2)).title() + f"-{pick.randrange(500)}"
        year = pick.randrange(2015, 2026)
        said = {
            "id": f"autre-{number}",
            "title": f"{title} de {place} en {year}",
            "description": f"{description} Commune de {place}, année {year}.",
            "tags": ["scdl", pick.choice(title.lower().split()), str(year)],
            "organization": {"id": place, "name": f"Mairie de {place}"},
            "license": pick.choice(("lov2", "odc-odbl")),
            "frequency": "annual",
            "resources": [
                {"id": f"r-{number}", "title": f"{year}.csv", "url": f"https://{place}.exemple/{number}.csv",
                 "format": "csv", "schema": {"name": schema}}
            ],
        }  # fmt: skip
        lines.append(orjson.dumps(said))
    return lines


async def load(client: httpx.AsyncClient, lines: list[bytes]) -> None:
    """Put datasets in a source of their own."""
    made = await client.post("/catalog/v1/sources", json={"slug": "banc", "name": "banc"})
    made.raise_for_status()

    async def chunks() -> AsyncIterator[bytes]:
        data = b"\n".join(lines)
        for start in range(0, len(data), CHUNK):
            yield data[start : start + CHUNK]

    headers = {"content-type": "application/x-ndjson"}
    address = "/catalog/v1/sources/banc/bulk?profile=udata"
    answer = await client.post(address, content=chunks(), headers=headers)
    answer.raise_for_status()


async def measure_search(client: httpx.AsyncClient, gold: Path) -> None:
    """Ask the known queries, each alone."""
    wanted: dict[str, set[str]] = defaultdict(set)
    with gold.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            wanted[row["query"]].add(row["expected_dataset_id"])
    found, pairs, ranks, times = 0, 0, [], []
    await client.get("/catalog/v1/search", params={"q": "commune"})
    for query, expected in wanted.items():
        start = time.perf_counter()
        answer = await client.get("/catalog/v1/search", params={"q": query, "limit": str(FIRST)})
        times.append((time.perf_counter() - start) * 1000)
        ids = [item["remote_id"] for item in answer.json()["items"]]
        for one in expected:
            place = ids.index(one) + 1 if one in ids else None
            pairs, found = pairs + 1, found + (place is not None)
            ranks.append(1 / place if place else 0.0)
            if place is None:
                print(f"  not in the first {FIRST}: {query!r} -> {one} ({answer.json()['total']} found)")
    times.sort()
    print(f"found {found}/{pairs} ({found / pairs:.1%}), MRR {statistics.mean(ranks):.3f}")
    print(
        f"median {statistics.median(times):.1f} ms, p95 {times[int(len(times) * 0.95)]:.1f} ms, most {times[-1]:.1f} ms"
    )


def measure_dumps(stack: Stack, count: int) -> None:
    """Ask a process of its own for everything, in each syntax; tell the memory that it takes at most."""
    for form in ("jsonld", "ttl", "rdf"):
        size, most, start = 0, stack.memory_bytes(), time.perf_counter()
        address = f"{stack.url}/catalog/v1/dumps/catalog.{form}"
        with httpx.stream("GET", address, headers={"accept-encoding": "identity"}, timeout=600) as answer:
            answer.raise_for_status()
            for piece in answer.iter_raw():
                size += len(piece)
                most = max(most, stack.memory_bytes())
        spent = time.perf_counter() - start
        print(
            f"{form}: {count / spent:,.0f} datasets/s, {size / 1e6:.0f} MB, memory {most / 1e6:.0f} MB at most"
        )


async def measure(database_url: str, redis_url: str, folder: Path, options: argparse.Namespace) -> None:
    """Load everything, then ask."""
    lines = [*gzip.decompress(options.file.read_bytes()).splitlines(), *others(options.others)]
    async with catalog_client(database_url, redis_url, folder) as client:
        start = time.perf_counter()
        await load(client, lines)
        print(f"{len(lines)} datasets written in {time.perf_counter() - start:.0f} s")
        connection = await asyncpg.connect(database_url)
        await connection.execute("ANALYZE")
        await connection.close()
        await measure_search(client, options.gold)
    if options.dumps:
        settings = {"SOCLE_DATABASE_URL": database_url, "SOCLE_REDIS_URL": redis_url}
        with served("catalog", folder.parent, **settings, SOCLE_STORAGE_URL=f"file://{folder}") as stack:
            measure_dumps(stack, len(lines))


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--others", type=int, default=50_000)
    parser.add_argument("--dumps", action="store_true", help="time the DCAT of the whole catalogue too")
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
