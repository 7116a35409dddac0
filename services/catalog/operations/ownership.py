"""Whose something is: the body that a key belongs to, else the key itself."""

from shared.auth import Caller

WRITE = "catalog:write"
_BODY = "siren:"


def owner_of(caller: Caller) -> str:
    """Return the name under which a caller's datasets and sources are kept."""
    return f"{_BODY}{caller.owner_siren}" if caller.owner_siren else caller.name


def owners_of(caller: Caller) -> list[str]:
    """Return every name under which something may be the caller's: what a key made before it had a body stays its."""
    return [owner_of(caller), caller.name]


def siren_of(owner: str) -> str | None:
    """Return the SIREN of the body under whose name something is kept; None when it is a key's."""
    return owner.removeprefix(_BODY) if owner.startswith(_BODY) else None
