"""Measures the validation API from outside, as a client meets it.

    SOCLE_VALIDATION_RATE_ANONYMOUS=1000000/minute SOCLE_RATE_PER_ADDRESS=1000000/minute \\
    SOCLE_VALIDATION_MAX_UPLOAD_BYTES=400000000 make run DATA=/tmp/bench PORT=8123
    python -m bench.generate subventions 3300 /tmp/1mb.csv
    python -m bench.api http://127.0.0.1:8123 /tmp/1mb.csv scdl/subventions [--pid PID] [--only latency,burst,large]
    python -m bench.api … --validata http://127.0.0.1:5000/validate [--validata-schema https://…/schema.json]

`--pid` (of `socle dev`, or of the API) adds the processor time of that process and of its children, and its memory.

latency  N files sent one after the other (multipart, `Prefer: wait=30`): made anew, then given from the store
burst    200 files at once: all end, none is lost, none made twice; the wait from queue to start
large    a 300 MB upload; meanwhile the memory of the process and the time of `GET /health/live`
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

BOUNDARY = "socle-bench"
VALIDATIONS = "/validation/v1/validations"
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Read the command line and run what it names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("file", type=Path)
    parser.add_argument("schema")
    parser.add_argument("--pid", type=int)
    parser.add_argument("--only", default="latency,burst,large")
    parser.add_argument("--n", type=int, default=100, help="files of `latency`")
    parser.add_argument("--at-once", type=int, default=200, help="files of `burst`")
    parser.add_argument("--megabytes", type=int, default=300, help="size of `large`")
    parser.add_argument("--validata", help="address of the `validate` of Validata's API")
    parser.add_argument("--validata-schema", help="address of the schema, for Validata")
    asked = parser.parse_args()
    wanted = asked.only.split(",")
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if "latency" in wanted:
        latency(asked)
    if "burst" in wanted:
        burst(asked)
    if "large" in wanted:
        large(asked)


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


def latency(asked: argparse.Namespace) -> None:
    """Time files sent one after the other."""
    data = asked.file.read_bytes()
    print(f"\n## {len(data) / 1e6:.2f} MB, one after the other")
    client = Client(asked.url)
    body = form(data, {"schema": asked.schema})
    for _ in range(5):
        send(client, body, prefer="wait=30", cache_control="no-cache")

    def series(title: str, once: Callable[[], object]) -> None:
        before = processor_seconds(asked.pid)
        times = [timed(once) for _ in range(asked.n)]
        after = processor_seconds(asked.pid)
        cpu = f"  CPU {(after - before) / asked.n * 1000:.0f} ms" if asked.pid else ""
        print(f"{title:<22} {told(times)}{cpu}")

    series("made anew", lambda: ended(send(client, body, prefer="wait=30", cache_control="no-cache")))
    series("given from the store", lambda: ended(send(client, body, prefer="wait=30")))
    if asked.validata:
        other = Client(asked.validata)
        path = urlsplit(asked.validata).path
        theirs = form(data, {"schema": asked.validata_schema or asked.schema})

        def once() -> None:
            status, answer = other.ask("POST", path, theirs, content_type=FORM)
            if status != 200:
                raise SystemExit(f"Validata: {status} {answer[:300]!r}")

        once()
        times = [timed(once) for _ in range(max(3, asked.n // 10))]
        print(f"{'Validata':<22} {told(times)}")


def ended(found: dict[str, object]) -> None:
    """Stop unless a validation has its verdict."""
    if found["state"] != "done":
        raise SystemExit(f"not ended: {found}")


def burst(asked: argparse.Namespace) -> None:
    """Send many files at once and follow each to its end."""
    print(f"\n## {asked.at_once} at once")
    data = asked.file.read_bytes()
    bodies = [form(data, {"schema": asked.schema}, f"{number}.csv") for number in range(asked.at_once)]
    started = time.perf_counter()

    def one(body: bytes) -> str:
        return str(send(Client(asked.url), body, cache_control="no-cache")["id"])

    with ThreadPoolExecutor(50) as pool:
        ids = list(pool.map(one, bodies))
    accepted = time.perf_counter() - started
    client = Client(asked.url)
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
    print(f"queue to start           {told(waits)}")
    print(f"start to end             {told(alone)}")
    idle = []
    for number in range(30):
        found = send(client, bodies[number % len(bodies)], prefer="wait=30", cache_control="no-cache")
        idle.append(moment(str(found["started_at"])) - moment(str(found["created_at"])))
    print(f"queue to start, when idle {told(idle)}")


def large(asked: argparse.Namespace) -> None:
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
    most = [memory_bytes(asked.pid)]
    over = threading.Event()

    def watch() -> None:
        client = Client(asked.url)
        while not over.is_set():
            lives.append(timed(lambda: client.ask("GET", "/validation/health/live")))
            most.append(memory_bytes(asked.pid))
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.perf_counter()
    client = Client(asked.url)
    status, answer = client.ask("POST", VALIDATIONS, body(), content_type=FORM, content_length=str(size))
    lasted = time.perf_counter() - started
    over.set()
    watcher.join()
    print(f"status {status} in {lasted:.1f} s ({size / lasted / 1e6:.0f} MB/s)")
    print(f"health meanwhile         {told(lives)}")
    if asked.pid:
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


def tree(pid: int) -> list[int]:
    """Return a process and its descendants."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def processor_seconds(pid: int | None) -> float:
    """Return the processor time that a process and its descendants have taken so far."""
    total = 0
    for one in tree(pid) if pid else []:
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def memory_bytes(pid: int | None) -> int:
    """Return the resident memory of a process, without its children."""
    if pid is None:
        return 0
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
