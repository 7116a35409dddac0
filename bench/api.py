"""Measures the validation API from outside, as a client meets it.

    python -m bench.api [--only latency,burst,large] [--validata]     # processes of its own, on servers of its own
    python -m bench.api --file FILE --schema NAME --url http://127.0.0.1:8000 --pid PID     # one that runs already

By default `socle serve validation` and `socle work validation` are started on embedded servers with everything
durable, and a file of 6,000 lines of a budget (1 MB) is made. `--validata` measures Validata's API (Flask, under
gunicorn) on the same file in the same run, from an environment of its own in `bench/.envs`, and how many times faster
ours is. `validata-api` on PyPI is an older one that no longer installs: the API is the one in `validata-table`.

latency  N files sent one after the other (multipart, `Prefer: wait=30`): made anew, then given from the store
burst    200 files at once: all end, none is lost, none made twice, for the client and in the database; the wait from
         queue to start
large    a 300 MB upload; meanwhile the memory of the API and the time of `GET /health/live`

On a busy machine only the processor time and the minima mean anything.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from bench import generate
from bench.stack import Stack, separate_processes, validata

BOUNDARY = "socle-bench"
VALIDATIONS = "/validation/v1/validations"


def main() -> None:
    """Read the command line and run what it names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", help="a service that runs already")
    parser.add_argument("--pid", type=int, help="its process (of `socle dev`, or of the API)")
    parser.add_argument("--file", type=Path)
    parser.add_argument("--schema", default="scdl/budget", help="a bundled schema")
    parser.add_argument("--only", default="latency,burst,large")
    parser.add_argument("--n", type=int, default=100, help="files of `latency`")
    parser.add_argument("--at-once", type=int, default=200, help="files of `burst`")
    parser.add_argument("--megabytes", type=int, default=300, help="size of `large`")
    parser.add_argument("--validata", action="store_true", help="measure Validata's API too, in `latency`")
    asked = parser.parse_args()
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with ExitStack() as stack:
        if asked.file is None:
            asked.file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "1mb.csv"
            generate.generate("budget", 6000, asked.file)
        socle = Stack(asked.url, asked.pid) if asked.url else stack.enter_context(separate_processes())
        if socle.api:
            print(f"memory of the API at rest: {socle.memory_bytes() / 1e6:.0f} MB")
        for name, measure in (("latency", latency), ("burst", burst), ("large", large)):
            if name in asked.only.split(","):
                measure(asked, socle)


# --- What a client does


class Client:
    """One connection, kept open."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=600)

    def ask(
        self, method: str, path: str, body: bytes | Iterator[bytes] | None = None, **headers: str
    ) -> tuple[int, bytes]:
        """Send one request and return the status and the body."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, path, body, named)
        answer = self._connection.getresponse()
        return answer.status, answer.read()


def form(data: bytes, fields: dict[str, str], name: str = "bench.csv") -> bytes:
    """Return a multipart body."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return b"".join([*parts, head.encode(), data, f"\r\n--{BOUNDARY}--\r\n".encode()])


FORM = f"multipart/form-data; boundary={BOUNDARY}"


def send(client: Client, body: bytes, **headers: str) -> dict[str, object]:
    """Ask for a validation and return it."""
    status, answer = client.ask("POST", VALIDATIONS, body, content_type=FORM, **headers)
    if status not in (201, 202):
        raise SystemExit(f"{status}: {answer[:500].decode(errors='replace')}")
    found: dict[str, object] = json.loads(answer)
    return found


# --- What is measured


def latency(asked: argparse.Namespace, socle: Stack) -> None:
    """Time files sent one after the other."""
    data = asked.file.read_bytes()
    print(f"\n## {len(data) / 1e6:.2f} MB, one after the other")
    client = Client(socle.url)
    body = form(data, {"schema": asked.schema})
    for _ in range(5):
        send(client, body, prefer="wait=30", cache_control="no-cache")
    ours = {
        title: _series(
            title, asked.n, socle, lambda more=more: ended(send(client, body, prefer="wait=30", **more))
        )
        for title, more in (("made anew", {"cache_control": "no-cache"}), ("given from the store", {}))
    }
    if asked.validata:
        theirs = latency_of_validata(asked, data)
        for title, median in ours.items():
            print(f"{title}: {theirs / median:.1f} times faster than Validata (medians)")


def latency_of_validata(asked: argparse.Namespace, data: bytes) -> float:
    """Time the same file sent to Validata's API; return the median, in seconds."""
    from services.validation.engine import bundle

    with validata(bundle.resolve(asked.schema)[2]) as (theirs, address):
        client, path = Client(theirs.url), urlsplit(theirs.url).path
        body = form(data, {"schema": address})

        def once() -> None:
            status, answer = client.ask("POST", path, body, content_type=FORM)
            if status != 200:
                raise SystemExit(f"Validata: {status} {answer[:300]!r}")

        once()
        return _series("Validata", max(5, asked.n // 5), theirs, once)


def _series(title: str, count: int, stack: Stack, once: Callable[[], object]) -> float:
    before = stack.processor_seconds()
    times = [timed(once) for _ in range(count)]
    after = stack.processor_seconds()
    spent = {name: (after[name] - before[name]) / count * 1000 for name in after}
    parts = " + ".join(f"{name} {value:.1f}" for name, value in spent.items())
    cpu = f"  CPU {sum(spent.values()):.1f} ms ({parts})" if spent else ""
    print(f"{title:<22} {told(times)}{cpu}")
    return statistics.median(times)


def ended(found: dict[str, object]) -> None:
    """Stop unless a validation has its verdict."""
    if found["state"] != "done":
        raise SystemExit(f"not ended: {found}")


def burst(asked: argparse.Namespace, socle: Stack) -> None:
    """Send many files at once and follow each to its end."""
    print(f"\n## {asked.at_once} at once")
    data = asked.file.read_bytes()
    bodies = [form(data, {"schema": asked.schema}, f"{number}.csv") for number in range(asked.at_once)]
    started = time.perf_counter()

    def one(body: bytes) -> str:
        return str(send(Client(socle.url), body, cache_control="no-cache")["id"])

    with ThreadPoolExecutor(50) as pool:
        ids = list(pool.map(one, bodies))
    accepted = time.perf_counter() - started
    client = Client(socle.url)
    ends = {}
    for identifier in ids:
        while (found := json.loads(client.ask("GET", f"{VALIDATIONS}/{identifier}")[1]))["state"] not in (
            "done",
            "failed",
        ):
            time.sleep(0.05)
        ends[identifier] = found
    lasted = time.perf_counter() - started
    done = [found for found in ends.values() if found["state"] == "done"]
    again = [client.ask("GET", f"{VALIDATIONS}/{identifier}/report")[1] for identifier in ids[:20]]
    waits = [moment(found["started_at"]) - moment(found["created_at"]) for found in done]
    alone = sorted(moment(found["finished_at"]) - moment(found["started_at"]) for found in done)
    print(
        f"accepted in {accepted:.1f} s, ended in {lasted:.1f} s; asked {len(ids)}, distinct {len(set(ids))}, "
        f"done {len(done)}, reports read {sum(bool(report) for report in again)} of 20"
    )
    if socle.database_url:
        asyncio.run(_as_stored(socle.database_url, ids))
    print(f"queue to start           {told(waits)}")
    print(f"start to end             {told(alone)}")
    idle = []
    for number in range(30):
        found = send(client, bodies[number % len(bodies)], prefer="wait=30", cache_control="no-cache")
        idle.append(moment(str(found["started_at"])) - moment(str(found["created_at"])))
    print(f"queue to start, when idle {told(idle)}")


async def _as_stored(database_url: str, ids: list[str]) -> None:
    """Tell what the database holds of validations that ended."""
    import asyncpg

    connection = await asyncpg.connect(database_url)
    try:
        row = await connection.fetchrow(
            "SELECT count(*) AS rows, count(*) FILTER (WHERE state = 'done') AS done, "
            "count(*) FILTER (WHERE attempt <> 1 OR fence <> 1) AS again, "
            "count(report.validation_id) AS reports, (SELECT count(*) FROM validation.outbox WHERE type LIKE "
            "'%validation.completed%' AND payload->>'validation_id' = ANY($1)) AS events "
            "FROM validation.validation LEFT JOIN validation.report ON report.validation_id = validation.id "
            "WHERE validation.id::text = ANY($1)",
            ids,
        )
    finally:
        await connection.close()
    print(
        f"in the database: rows {row['rows']}, done {row['done']}, reports {row['reports']}, "
        f"events {row['events']}, with more than one attempt or fence {row['again']}"
    )


def large(asked: argparse.Namespace, socle: Stack) -> None:
    """Upload a very large file while the others ask whether the service lives."""
    print(f"\n## an upload of {asked.megabytes} MB")
    line = asked.file.read_bytes().splitlines(keepends=True)
    piece = b"".join(line[1:]) or b"x\n"
    count = asked.megabytes * 1_000_000 // len(piece)
    whole = form(b"@", {"schema": asked.schema})
    head, _, tail = whole.partition(b"@")
    size = len(head) + len(line[0]) + count * len(piece) + len(tail)

    def body() -> Iterator[bytes]:
        yield head + line[0]
        for _ in range(count):
            yield piece
        yield tail

    lives: list[float] = []
    most = [socle.memory_bytes()]
    over = threading.Event()

    def watch() -> None:
        client = Client(socle.url)
        while not over.is_set():
            lives.append(timed(lambda: client.ask("GET", "/validation/health/live")))
            most.append(socle.memory_bytes())
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.perf_counter()
    client = Client(socle.url)
    status, answer = client.ask("POST", VALIDATIONS, body(), content_type=FORM, content_length=str(size))
    lasted = time.perf_counter() - started
    over.set()
    watcher.join()
    print(f"status {status} in {lasted:.1f} s ({size / lasted / 1e6:.0f} MB/s)")
    print(f"health meanwhile         {told(lives)}")
    if socle.api:
        print(f"memory: {most[0] / 1e6:.0f} MB before, {max(most) / 1e6:.0f} MB at most")
    if status not in (201, 202):
        print(answer[:300].decode(errors="replace"))
        return
    identifier = json.loads(answer)["id"]
    while (found := json.loads(client.ask("GET", f"{VALIDATIONS}/{identifier}")[1]))["state"] in (
        "queued",
        "running",
    ):
        time.sleep(0.2)
    lasted = moment(found["finished_at"]) - moment(found["started_at"])
    print(f"validated: {found['state']}, {(found['stats'] or {}).get('rows')} rows in {lasted:.1f} s")


# --- How


def timed(call: Callable[[], object]) -> float:
    """Return how long a call takes, in seconds."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def told(seconds: list[float]) -> str:
    """Return times in words: the least, the median, the 95th and 99th percentiles, in milliseconds."""
    ranked = sorted(seconds)

    def at(share: float) -> float:
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))] * 1000

    return (
        f"min {ranked[0] * 1000:6.1f}  p50 {statistics.median(ranked) * 1000:6.1f}  p95 {at(0.95):6.1f}  "
        f"p99 {at(0.99):6.1f} ms  (n={len(ranked)})"
    )


def moment(text: str) -> float:
    """Return a date and time as seconds."""
    return datetime.fromisoformat(text).timestamp()


if __name__ == "__main__":
    main()
