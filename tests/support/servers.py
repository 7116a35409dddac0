"""One PostgreSQL and one Valkey for a whole test run, started by the first test that needs them.

They are held by a process of their own (`python -m tests.support.servers`), which stops when the run that
asked for them is gone, however it went.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0


@dataclass(frozen=True)
class Addresses:
    """URLs of the servers that this run uses."""

    database_url: str
    redis_url: str


def test_servers(folder: Path, owner: int) -> Addresses:
    """Return the servers named by `SOCLE_TEST_DATABASE_URL` and `SOCLE_TEST_REDIS_URL`, else embedded ones.

    The embedded ones live in `folder` as long as the process `owner`.
    """
    database_url = os.environ.get("SOCLE_TEST_DATABASE_URL")
    redis_url = os.environ.get("SOCLE_TEST_REDIS_URL")
    if database_url and redis_url:
        return Addresses(database_url, redis_url)
    embedded = _embedded(folder, owner)
    return Addresses(database_url or embedded.database_url, redis_url or embedded.redis_url)


test_servers.__test__ = False  # type: ignore[attr-defined]


def stop_servers(folder: Path) -> None:
    """Stop the servers of `folder` if any test started them."""
    try:
        holder = psutil.Process(int((folder / "holder.pid").read_text(encoding="ascii")))
    except (OSError, psutil.NoSuchProcess):
        return
    if any(part == "tests.support.servers" for part in holder.cmdline()):
        holder.terminate()
        psutil.wait_procs([holder], timeout=30)


def _embedded(folder: Path, owner: int) -> Addresses:
    with (folder / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ready = folder / "addresses.json"
        if not ready.exists():
            _start_holder(folder, owner, ready)
    return Addresses(**json.loads(ready.read_text(encoding="utf-8")))


def _start_holder(folder: Path, owner: int, ready: Path) -> None:
    with (folder / "holder.log").open("wb") as log:
        holder = subprocess.Popen(
            [sys.executable, "-m", "tests.support.servers", str(folder), str(owner)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    (folder / "holder.pid").write_text(str(holder.pid), encoding="ascii")
    deadline = time.monotonic() + START_SECONDS
    while not ready.exists():
        if holder.poll() is not None or time.monotonic() > deadline:
            words = (folder / "holder.log").read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"the servers of the tests do not start:\n{words}")
        time.sleep(0.02)
    # The holder outlives this worker on purpose; without this its end would be reported as a forgotten child.
    holder.returncode = 0


def hold(folder: Path, owner: int) -> None:
    """Run the servers until told to stop, or until the process `owner` is gone."""
    from socle.embedded.servers import EmbeddedServers

    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    run = psutil.Process(owner)
    with EmbeddedServers(folder / "servers", durable=False, redis_databases=64) as servers:
        draft = folder / "addresses.new"
        draft.write_text(
            json.dumps(asdict(Addresses(servers.database_url, servers.redis_url))), encoding="utf-8"
        )
        draft.rename(folder / "addresses.json")
        while not stopped.wait(0.5) and run.is_running():
            pass


if __name__ == "__main__":
    hold(Path(sys.argv[1]), int(sys.argv[2]))
