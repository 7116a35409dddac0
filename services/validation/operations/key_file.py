"""The file of the keys that sign labels: only its owner may read it."""

import os
import stat
import tempfile
from pathlib import Path

from services.validation.domain.labels.keys import KeyRing, UnusableKeys, read_ring, write_ring

# Its name in the data folder of `socle dev`.
FILE_NAME = "signing-keys.json"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# Beyond this it is another file.
_MOST_BYTES = 1_000_000


def read_key_file(path: Path) -> KeyRing:
    """Return the keys of a file; raises UnusableKeys, also when others than its owner may read it."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_MOST_BYTES)
    except OSError as error:
        raise UnusableKeys(
            f"le fichier de clés {path} ne s'ouvre pas ({error.strerror})",
            f"the file of keys {path} cannot be opened ({error.strerror})",
        ) from error
    if mode & _OTHERS:
        raise UnusableKeys(
            f"d'autres que son propriétaire peuvent lire {path} : tapez « chmod 600 {path} »",
            f"others than its owner may read {path}: type `chmod 600 {path}`",
        )
    return read_ring(content)


def write_key_file(path: Path, ring: KeyRing) -> None:
    """Write the keys at once, whole, for their owner alone; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    try:
        with os.fdopen(number, "wb") as file:
            file.write(write_ring(ring))
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
