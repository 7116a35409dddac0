"""What a benchmark of the API measures: the service in processes of its own, and Validata's API beside it.

Servers from the wheels with everything durable, a database of their own, free ports, all ended with the block.
"""

from __future__ import annotations

import functools
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from bench.validator import peer

START_SECONDS = 90.0
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
# What stands in the way of a measure, not of an installation.
SETTINGS = {
    "SOCLE_VALIDATION_RATE_ANONYMOUS": "1000000/minute",
    "SOCLE_RATE_PER_ADDRESS": "1000000/minute",
    "SOCLE_VALIDATION_MAX_UPLOAD_BYTES": "400000000",
}


@dataclass(frozen=True)
class Stack:
    """A service to measure. `api` and `others` are process ids; `database_url` is None where it is not ours to read."""

    url: str
    api: int | None = None
    others: tuple[int, ...] = ()
    database_url: str | None = None

    def processor_seconds(self) -> dict[str, float]:
        """Return the processor time taken so far: by the API, and by the others with their children."""
        parts = {"api": [self.api] if self.api else [], "work": list(self.others)}
        return {name: sum(map(processor_seconds, pids)) for name, pids in parts.items() if pids}

    def memory_bytes(self) -> int:
        """Return the resident memory of the API's process, without its children."""
        if self.api is None:
            return 0
        return int(Path(f"/proc/{self.api}/statm").read_text().split()[1]) * PAGE


@contextmanager
def separate_processes() -> Iterator[Stack]:
    """Run `socle serve validation` and `socle work validation` on embedded servers, as in production."""
    from socle.embedded.servers import EmbeddedServers

    with ExitStack() as stack:
        # Short, for the sockets' sake, and open to the account that PostgreSQL runs under.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="socle-bench-")))
        servers = stack.enter_context(EmbeddedServers(folder / "servers"))
        port = free_port()
        settings = {
            **SETTINGS,
            "SOCLE_DATABASE_URL": servers.database_url,
            "SOCLE_REDIS_URL": servers.redis_url,
            "SOCLE_STORAGE_URL": f"file://{folder}/storage",
        }
        socle = (str(Path(sys.executable).with_name("socle")),)
        env = {name: value for name, value in os.environ.items() if not name.startswith("SOCLE_")} | settings
        subprocess.run([*socle, "migrate"], env=env, check=True, capture_output=True)
        worker = stack.enter_context(_started([*socle, "work", "validation"], folder / "work.log", env))
        api = stack.enter_context(
            _started([*socle, "serve", "validation", "--port", str(port)], folder / "serve.log", env)
        )
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/validation/health/ready", api, folder / "serve.log")
        yield Stack(url, api.pid, (worker.pid,), servers.database_url)


@contextmanager
def served(service: str, folder: Path, **settings: str) -> Iterator[Stack]:
    """Run `socle serve` of a service, on servers that run already."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("socle")), "serve", service, "--port", str(port)]
    env = {name: value for name, value in os.environ.items() if not name.startswith("SOCLE_")} | settings
    log = folder / f"{service}.log"
    with _started(command, log, env) as api:
        _wait_for(f"http://127.0.0.1:{port}/{service}/health/ready", api, log)
        yield Stack(f"http://127.0.0.1:{port}", api.pid)


@contextmanager
def validata(schema: Mapping[str, object]) -> Iterator[tuple[Stack, str]]:
    """Run Validata's API in its own environment; give it, and the address of the schema served to it."""
    python = Path(peer("validata"))
    if not python.with_name("gunicorn").exists():
        subprocess.run([python, "-m", "pip", "install", "--quiet", "gunicorn"], check=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="socle-bench-")))
        (folder / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
        address = stack.enter_context(_served(folder))
        port = free_port()
        command = [str(python.with_name("gunicorn")), "--bind", f"127.0.0.1:{port}", "validata_api.api:app"]
        api = stack.enter_context(
            _started(
                [*command, "--timeout", "600"], folder / "log", {**os.environ, "FLASK_SECRET_KEY": "bench"}
            )
        )
        url = f"http://127.0.0.1:{port}"
        _wait_for(url + "/", api, folder / "log")
        yield Stack(f"{url}/validate", others=(api.pid,)), f"{address}/schema.json"


def free_port() -> int:
    """Return a port of loopback that nothing uses now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _started(command: Sequence[str], log: Path, env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=dict(env), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    parts = urlsplit(url)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        try:
            connection.request("GET", parts.path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    raise SystemExit(f"{url} does not answer:\n{log.read_text(errors='replace')[-3000:]}")


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


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process and its descendants have taken so far."""
    total = 0
    for one in tree(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS
