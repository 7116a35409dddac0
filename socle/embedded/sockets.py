"""The private folder of the unix sockets: its permissions (0700) are what guards both servers."""

import os
import re
import tempfile
from pathlib import Path

LONGEST_SOCKET_PATH = 107  # bytes: sockaddr_un.sun_path, less its final NUL
LONGEST_SOCKET_NAME = len("/.s.PGSQL.5432")
# A path with anything else would have to be quoted differently by each client library.
PLAIN_PATH = re.compile(r"[A-Za-z0-9._/-]+")


def socket_folder(run_folder: Path) -> Path:
    """Return a private folder for sockets: `run_folder` itself, or a short one recorded there.

    A socket path over 107 bytes, or with characters that a URL cannot carry as they are, cannot be used: the
    folder is then made in `$XDG_RUNTIME_DIR` or the temporary folder, and used again by the next start.
    """
    if _usable(run_folder):
        run_folder.chmod(0o700)
        return run_folder
    record = run_folder / "sockets"
    recorded = _recorded_folder(record)
    if recorded is not None:
        return recorded
    folder = Path(tempfile.mkdtemp(prefix="socle-", dir=_runtime_folder()))
    record.write_text(f"{folder}\n", encoding="utf-8")
    return folder


def _usable(folder: Path) -> bool:
    fits = len(os.fsencode(folder)) + LONGEST_SOCKET_NAME <= LONGEST_SOCKET_PATH
    return fits and PLAIN_PATH.fullmatch(str(folder)) is not None


def _runtime_folder() -> Path:
    candidates = [os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"]  # noqa: S108
    for candidate in candidates:
        if (
            candidate
            and os.access(candidate, os.W_OK | os.X_OK)
            and _usable(Path(candidate) / "socle-01234567")
        ):
            return Path(candidate)
    return Path(tempfile.gettempdir())


def _recorded_folder(record: Path) -> Path | None:
    """Return the folder noted by an earlier start if it is still there, still ours and still private."""
    try:
        folder = Path(record.read_text(encoding="utf-8").strip())
        state = folder.lstat()
    except (OSError, ValueError):
        return None
    private = folder.is_dir() and not folder.is_symlink() and state.st_mode & 0o077 == 0
    return folder if private and state.st_uid in (os.geteuid(), 0) else None
