"""Who may see and change a validation.

- A link is public and permanent: whoever holds the address of a validation reads its state and its report.
- A *private* validation is read by its owner alone.
- Only its owner, or who holds the token given when it was made without an API key, changes it: sends its content,
  cancels it, deletes it.
- The list shows an owner its own.

To anybody else it is as if the validation did not exist. The owner is the organisation of the API key (its SIREN),
or the key itself when it has none.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any


def owner_name(key_id: str | None, siren: str | None) -> str | None:
    """Return what names the owner of what a caller makes; None without an API key."""
    if key_id is None:
        return None
    return f"siren:{siren}" if siren else f"key:{key_id}"


def new_token() -> str:
    """Return a random token (192 bits): who holds it may change one validation."""
    return secrets.token_urlsafe(24)


def token_digest(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def may_read(row: Mapping[str, Any], owner: str | None) -> bool:
    """Tell whether an owner, or anybody (None), may read a validation."""
    return not row["private"] or (owner is not None and row["owner"] == owner)


def may_change(row: Mapping[str, Any], owner: str | None, token: str | None) -> bool:
    """Tell whether an owner, or the holder of a token, may change a validation."""
    if owner is not None and row["owner"] == owner:
        return True
    given = token_digest(token or "")
    return any(hmac.compare_digest(given, digest) for digest in row["tokens"])
