"""A server process that we start and stop, and recognise again after our own crash."""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psutil

LOG_LIMIT = 10_000_000  # bytes; a larger log is set aside at the next start


class ServerProcess:
    """One server, known by its executable's name and by the data folder it works in.

    A process id alone proves nothing after a crash (ids are used again), so a process is ours only when its
    name and its working folder are the server's too.
    """

    def __init__(self, name: str, *, home: Path, record: Path, log: Path, stop: signal.Signals) -> None:
        self.name = name
        self.home = home
        self.log = log
        self._record = record
        self._stop_signal = stop
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str]) -> None:
        """Start `command` in the data folder, in a session of its own so that Ctrl-C does not reach it."""
        self._set_long_log_aside()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                list(command),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**server_environment(), "LC_ALL": "C"},
                start_new_session=True,
            )
        self._record.write_text(f"{self._process.pid}\n", encoding="ascii")

    def alive(self) -> bool:
        """Tell whether the process we started is still there."""
        return self._process is not None and self._process.poll() is None

    def stop(self, *, seconds: float = 30.0) -> None:
        """Stop the process we started: politely, then by force after `seconds`."""
        if self._process is None:
            return
        process, self._process = self._process, None
        if process.poll() is None:
            process.send_signal(self._stop_signal)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._record.unlink(missing_ok=True)

    def stop_leftover(self, *, seconds: float = 30.0) -> bool:
        """Stop what an earlier run left behind; return whether there was something."""
        leftover = self.recognise(self._recorded_pid())
        self._record.unlink(missing_ok=True)
        if leftover is None:
            return False
        leftover.send_signal(self._stop_signal)
        try:
            leftover.wait(seconds)
        except psutil.TimeoutExpired:
            leftover.kill()
            leftover.wait(seconds)
        return True

    def recognise(self, pid: int | None) -> psutil.Process | None:
        """Return the process with this id when it is this very server, else None."""
        if pid is None or pid <= 1:
            return None
        try:
            process = psutil.Process(pid)
            ours = process.name() == self.name and Path(process.cwd()) == self.home
        except (psutil.Error, OSError):
            return None
        return process if ours else None

    def log_end(self, lines: int = 15) -> str:
        """Return the last lines of the log, for an error message."""
        try:
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def _recorded_pid(self) -> int | None:
        try:
            return int(self._record.read_text(encoding="ascii").split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def _set_long_log_aside(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_name(self.log.name + ".1"))


def server_environment() -> dict[str, str]:
    """Return our environment without what would redirect a PostgreSQL program to another server."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")}
