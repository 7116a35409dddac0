"""The keys that sign labels, as their file holds them: `{"keys": [{id, created, publicKeyMultibase, …}]}`.

The newest key that is neither retired nor revoked signs. A retired key has lost its private part, and what it signed
stays good; what a revoked key signed is refused.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.validation.domain.labels import multikey
from services.validation.domain.labels.instants import read_instant, write_instant


class UnusableKeys(ValueError):
    """The file of keys cannot serve: `fr` and `en` say why, and never hold a secret."""

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(en)
        self.fr = fr
        self.en = en


@dataclass(frozen=True, slots=True)
class LabelKey:
    """A key and its period; `private` is there only while it may sign."""

    id: str
    created: datetime
    public: Ed25519PublicKey
    private: Ed25519PrivateKey | None = field(default=None, repr=False)
    retired: datetime | None = None
    revoked: datetime | None = None

    @property
    def state(self) -> str:
        """Return `active`, `retired` or `revoked`."""
        if self.revoked is not None:
            return "revoked"
        return "active" if self.private is not None and self.retired is None else "retired"

    def covers(self, moment: datetime) -> bool:
        """Tell whether the key was in use at a moment."""
        return self.created <= moment and (self.retired is None or moment <= self.retired)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All the keys, the newest first."""

    keys: tuple[LabelKey, ...] = ()

    @property
    def signing(self) -> LabelKey | None:
        """Return the key that signs, if there is one."""
        return next((key for key in self.keys if key.state == "active"), None)

    def find(self, key_id: str) -> LabelKey | None:
        """Return a key by its id."""
        return next((key for key in self.keys if key.id == key_id), None)

    def with_key(self, key: LabelKey) -> "KeyRing":
        """Return the ring with one key more, or with one of them replaced."""
        others = [one for one in self.keys if one.id != key.id]
        return _ring([key, *others])


def make_key(moment: datetime) -> LabelKey:
    """Return a new key; its id is the beginning of its public part's digest after the day."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key()
    key_id = f"{moment:%Y-%m-%d}-{multikey.write_public(public)[-8:]}"
    return LabelKey(key_id, moment.replace(microsecond=0), public, private)


def retire(key: LabelKey, moment: datetime, *, compromised: bool = False) -> LabelKey:
    """Return a key without its private part: it signs no more. What a compromised key signed is refused."""
    at = moment.replace(microsecond=0)
    return replace(key, private=None, retired=key.retired or at, revoked=at if compromised else key.revoked)


def write_ring(ring: KeyRing) -> bytes:
    """Return the contents of the file of keys: a secret."""
    return json.dumps({"keys": [_written(key) for key in ring.keys]}, indent=2).encode() + b"\n"


def read_ring(content: str | bytes) -> KeyRing:
    """Return the keys of a file's contents; raises UnusableKeys."""
    try:
        document = json.loads(content)
        keys = [_read(item) for item in document["keys"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # No cause kept: it could quote the secret.
        raise UnusableKeys(
            "ce n'est pas un fichier de clés écrit par « socle keys signing new »",
            "this is no file of keys written by `socle keys signing new`",
        ) from None
    if len({key.id for key in keys}) != len(keys):
        raise UnusableKeys("deux clés portent le même identifiant", "two keys have the same id")
    return _ring(keys)


def _ring(keys: Sequence[LabelKey]) -> KeyRing:
    return KeyRing(tuple(sorted(keys, key=lambda key: (key.created, key.id), reverse=True)))


def _written(key: LabelKey) -> dict[str, str]:
    members = {
        "id": key.id,
        "created": write_instant(key.created),
        "publicKeyMultibase": multikey.write_public(key.public),
    }
    if key.private is not None:
        members["secretKeyMultibase"] = multikey.write_private(key.private)
    for name, moment in (("retired", key.retired), ("revoked", key.revoked)):
        if moment is not None:
            members[name] = write_instant(moment)
    return members


def _read(item: dict[str, Any]) -> LabelKey:
    public = multikey.read_public(item["publicKeyMultibase"])
    private = multikey.read_private(item["secretKeyMultibase"]) if "secretKeyMultibase" in item else None
    if private is not None and private.public_key() != public:
        raise ValueError("not a pair")
    key_id = item["id"]
    if not isinstance(key_id, str) or not key_id or not set(key_id) <= _ID_CHARACTERS:
        raise ValueError("id")
    ends = {name: read_instant(item[name]) if name in item else None for name in ("retired", "revoked")}
    return LabelKey(key_id, read_instant(item["created"]), public, private, **ends)


_ID_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
