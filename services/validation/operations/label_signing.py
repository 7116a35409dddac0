"""Signs labels: who signs, with which keys, and what is missing when nobody can."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from services.validation.domain.labels.addresses import Issuer, Purpose
from services.validation.domain.labels.credential import issue
from services.validation.domain.labels.facts import Credential, LabelFacts
from services.validation.domain.labels.keys import KeyRing, LabelKey, UnusableKeys, read_ring
from services.validation.domain.labels.problems import LabelSigningUnavailable
from services.validation.domain.labels.status_list import sign_list
from services.validation.operations.key_file import read_key_file
from services.validation.settings import ValidationSettings
from shared.observability.logging import get_logger

logger = get_logger(__name__)

NO_KEY = UnusableKeys(
    "aucune clé n'est en service : créez-en une avec « socle keys signing new », puis renseignez "
    "SOCLE_VALIDATION_SIGNING_KEYS_FILE",
    "no key is in use: make one with `socle keys signing new`, then set SOCLE_VALIDATION_SIGNING_KEYS_FILE",
)


class LabelSigner:
    """Who signs labels, and the keys; a file of keys that changes is read again, without a restart."""

    def __init__(self, settings: ValidationSettings) -> None:
        self.issuer = Issuer(settings.public_url, settings.validation_issuer_name)
        self._text = settings.validation_signing_keys
        self._path = settings.validation_signing_keys_file
        self._read: tuple[object, KeyRing | UnusableKeys] | None = None

    @property
    def ring(self) -> KeyRing:
        """Return all the keys, those that only verify too.

        Raises LabelSigningUnavailable when they cannot be read: without them, labels of ours would look forged.
        """
        found = self._found()
        if isinstance(found, UnusableKeys):
            raise LabelSigningUnavailable.unreadable()
        return found

    @property
    def signs(self) -> bool:
        """Tell whether there is a key that signs."""
        found = self._found()
        return not isinstance(found, UnusableKeys) and found.signing is not None

    def key(self) -> LabelKey:
        """Return the key that signs; raises LabelSigningUnavailable."""
        key = self.ring.signing
        if key is None:
            raise LabelSigningUnavailable.without_key()
        return key

    def sign(self, facts: LabelFacts) -> Credential:
        """Return the credential of a label; raises LabelSigningUnavailable."""
        return issue(facts, self.issuer, self.key())

    def sign_list(
        self, indexes: Iterable[int], purpose: Purpose, number: int, moment: datetime
    ) -> dict[str, Any]:
        """Return a status list with the bits of `indexes` set; raises LabelSigningUnavailable."""
        return sign_list(indexes, self.issuer, purpose, number, self.key(), moment)

    def tell(self) -> None:
        """Say in the log why labels cannot be granted, when they cannot: everything else works."""
        self._found()

    def _found(self) -> KeyRing | UnusableKeys:
        """Return the keys, or why they cannot serve."""
        stamp = _stamp(self._path)
        if self._read is None or self._read[0] != stamp:
            try:
                self._read = stamp, self._load()
            except UnusableKeys as error:
                self._read = stamp, error
            _tell(self._read[1])
        return self._read[1]

    def _load(self) -> KeyRing:
        if self._path is not None:
            return read_key_file(self._path)
        return read_ring(self._text.get_secret_value()) if self._text is not None else KeyRing()


def _tell(found: KeyRing | UnusableKeys) -> None:
    trouble = found if isinstance(found, UnusableKeys) else NO_KEY if found.signing is None else None
    if trouble is not None:
        logger.warning("labels cannot be granted", reason=str(trouble), reason_fr=trouble.fr)


def _stamp(path: Path | None) -> object:
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return found and (found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode)
