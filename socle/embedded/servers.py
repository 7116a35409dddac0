"""The two embedded servers as one thing to start and stop: `with EmbeddedServers(folder) as servers: …`."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from socle.embedded.errors import EmbeddedError
from socle.embedded.postgres import EmbeddedPostgres
from socle.embedded.sockets import socket_folder
from socle.embedded.valkey import EmbeddedValkey


class EmbeddedServers:
    """PostgreSQL and Valkey with their data in `folder`, which belongs to one process at a time.

    `folder`   postgres/ valkey/ logs/ run/ lock
    `note`     shown to whoever tries to use the same folder meanwhile, e.g. our address
    `durable`  False switches fsync off (tests)
    """

    def __init__(
        self,
        folder: Path,
        *,
        database: str = "socle",
        note: str = "",
        durable: bool = True,
        redis_databases: int = 16,
    ) -> None:
        self.folder = folder.resolve()
        self._database = database
        self._note = note
        self._durable = durable
        self._redis_databases = redis_databases
        self._lock: int | None = None
        self._postgres: EmbeddedPostgres | None = None
        self._valkey: EmbeddedValkey | None = None

    @property
    def database_url(self) -> str:
        """libpq URL of the database, valid while the servers run."""
        return self.postgres.url(self._database)

    @property
    def redis_url(self) -> str:
        """Redis URL, valid while the servers run."""
        return self.valkey.url()

    @property
    def postgres(self) -> EmbeddedPostgres:
        """The PostgreSQL server, once started."""
        if self._postgres is None:
            raise RuntimeError("the embedded servers are not started")
        return self._postgres

    @property
    def valkey(self) -> EmbeddedValkey:
        """The Valkey server, once started."""
        if self._valkey is None:
            raise RuntimeError("the embedded servers are not started")
        return self._valkey

    def start(self) -> None:
        """Start both servers, after stopping what a crashed run left behind.

        Raises:
            EmbeddedError: another process uses the folder, it cannot be written, or a server does not start.
        """
        self._prepare_folder()
        self._take_lock()
        try:
            run, logs = self.folder / "run", self.folder / "logs"
            sockets = socket_folder(run)
            self._valkey = EmbeddedValkey(
                self.folder, run=run, sockets=sockets, logs=logs, databases=self._redis_databases
            )
            self._postgres = EmbeddedPostgres(
                self.folder, run=run, sockets=sockets, logs=logs, durable=self._durable
            )
            self._valkey.start()
            self._postgres.start()
            self._postgres.ensure_database(self._database)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both servers and free the folder. Stopping twice is harmless."""
        for server in (self._valkey, self._postgres):
            if server is not None:
                server.stop()
        self._valkey = self._postgres = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def revive(self) -> list[str]:
        """Start again each server that died by itself; return their names."""
        servers: dict[str, EmbeddedPostgres | EmbeddedValkey] = {
            "PostgreSQL": self.postgres,
            "Valkey": self.valkey,
        }
        dead = [name for name, server in servers.items() if not server.alive()]
        for name in dead:
            servers[name].start()
        return dead

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _prepare_folder(self) -> None:
        try:
            for place in (self.folder, self.folder / "run", self.folder / "logs"):
                place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error
        owner = self.folder.stat().st_uid
        if os.geteuid() == 0 and owner != 0:
            raise EmbeddedError(
                fr=f"{self.folder} appartient au compte n° {owner} : lancez Socle avec ce compte. En root, "
                "les fichiers écrits maintenant lui deviendraient illisibles.",
                en=f"{self.folder} belongs to account no. {owner}: start Socle from that account. As root, "
                "the files written now would become unreadable to it.",
            )

    def _take_lock(self) -> None:
        """Lock the folder for this process.

        A record lock, not flock: forked children do not inherit it, so none can outlive us with it.
        """
        try:
            lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(lock, 300).decode(errors="replace").strip() or "?"
            os.close(lock)
            raise EmbeddedError(
                fr=f"Socle tourne déjà sur {self.folder} (processus {holder}). Arrêtez-le d'abord (Ctrl-C), "
                "ou choisissez un autre dossier avec --data.",
                en=f"Socle already runs on {self.folder} (process {holder}). Stop it first (Ctrl-C), "
                "or choose another folder with --data.",
            ) from error
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()} {self._note}\n".encode(), 0)
        self._lock = lock

    def _unwritable(self, error: OSError) -> EmbeddedError:
        return EmbeddedError(
            fr=f"Impossible d'écrire dans {self.folder} ({error.strerror}) : il appartient peut-être à un "
            "autre compte. Changez-en le propriétaire, ou choisissez un autre dossier avec --data.",
            en=f"Cannot write in {self.folder} ({error.strerror}): it may belong to another account. "
            "Change its owner, or choose another folder with --data.",
        )
