"""The account that PostgreSQL runs under: it refuses root, even where root is all there is."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from socle.embedded.errors import EmbeddedError


@dataclass(frozen=True)
class Account:
    """A command prefix that changes the account, and the owner that the data folder must then have."""

    prefix: tuple[str, ...]
    uid: int
    gid: int

    def own(self, folder: Path) -> None:
        """Give `folder` and what is in it to this account, unless it has it already."""
        if not folder.exists() or folder.stat().st_uid == self.uid:
            return
        for place, folders, files in os.walk(folder):
            for name in (*folders, *files):
                os.chown(Path(place) / name, self.uid, self.gid, follow_symlinks=False)
        os.chown(folder, self.uid, self.gid)

    def check_reach(self, *, programs: Path, data: Path) -> None:
        """Refuse at once what would fail obscurely later.

        Raises:
            EmbeddedError: the account cannot enter the folder of the programs or that of the data.
        """
        if not self.prefix:
            return
        script = 'test -x "$1/postgres" && test -w "$2" && cd "$2"'
        test = subprocess.run(
            [*self.prefix, "sh", "-c", script, "sh", str(programs), str(data)],
            capture_output=True,
            check=False,
        )
        if test.returncode != 0:
            raise EmbeddedError(
                fr=f"PostgreSQL refuse de tourner en root, et le compte {self.name} ne peut pas ouvrir "
                f"{data} : lancez Socle avec un compte ordinaire, ou depuis un dossier ouvert à tous.",
                en=f"PostgreSQL refuses to run as root, and the account {self.name} cannot open {data}: "
                "start Socle from an ordinary account, or from a folder that everyone may enter (not /root).",
            )

    @property
    def name(self) -> str:
        """The account's name, or its number when it has none."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)


def postgres_account() -> Account:
    """Return how to run PostgreSQL here.

    An ordinary user runs it as it is. Root runs it in a user namespace in which root has another number: the
    files stay root's own and no folder has to be opened to others. Where namespaces are refused (some
    containers), an existing unprivileged account is used.
    """
    if os.geteuid() != 0:
        return Account(prefix=(), uid=os.geteuid(), gid=os.getegid())
    return _namespaced_root() or _unprivileged_account()


def _namespaced_root() -> Account | None:
    ordinary = next((entry for entry in pwd.getpwall() if entry.pw_uid not in (0, 65534)), None)
    if ordinary is None:
        return None
    prefix = (
        "unshare",
        "--user",
        f"--map-user={ordinary.pw_uid}",
        f"--map-group={ordinary.pw_gid}",
        "--",
    )
    return Account(prefix=prefix, uid=0, gid=0) if _works(prefix) else None


def _unprivileged_account() -> Account:
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        prefix = ("setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups", "--")
        if _works(prefix):
            return Account(prefix=prefix, uid=entry.pw_uid, gid=entry.pw_gid)
    raise EmbeddedError(
        fr="PostgreSQL refuse de tourner en root, et aucun autre compte n'est utilisable ici : "
        "lancez Socle avec un compte ordinaire.",
        en="PostgreSQL refuses to run as root, and no other account can be used here: "
        "start Socle from an ordinary account.",
    )


def _works(prefix: tuple[str, ...]) -> bool:
    try:
        return subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False
