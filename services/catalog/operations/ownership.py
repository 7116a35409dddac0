"""Whose something is: the body that a key belongs to, else the key itself."""

from shared.auth import Caller

WRITE = "catalog:write"


def owner_of(caller: Caller) -> str:
    """Return the name under which a caller's datasets and sources are kept."""
    return f"siren:{caller.owner_siren}" if caller.owner_siren else caller.name


def owners_of(caller: Caller) -> list[str]:
    """Return every name under which something may be the caller's: what a key made before it had a body stays its."""
    return [owner_of(caller), caller.name]
