"""Start the product's own commands as separate processes, and wait until they answer."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
SOCLE = str(BIN / "socle")
START_SECONDS = 90.0


def free_port() -> int:
    """Return a port of loopback that nothing uses now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def environment(**values: str) -> dict[str, str]:
    """Return our environment without the settings of whoever runs the tests, and with these."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SOCLE_")}
    return {**kept, **values}


@contextmanager
def started(
    command: Sequence[str], log: Path, *, env: Mapping[str, str], cwd: Path = ROOT
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command while the block lasts; it is asked to stop at the end, and must."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(command), cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> httpx.Response:
    """Wait until the address answers 200; fails with the log's end when the process ends or time runs out."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            answer = httpx.get(url, timeout=5)
            if answer.status_code == 200:
                return answer
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    words = log.read_text(encoding="utf-8", errors="replace")[-4000:]
    raise AssertionError(f"{url} does not answer (exit code {process.poll()}):\n{words}")
