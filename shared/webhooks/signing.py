"""How a message proves where it comes from: Standard Webhooks 1.0, symmetric signatures.

The signature is HMAC-SHA256 over `id.timestamp.body`, so that none of the three can be changed, nor an old message
be sent again as a new one. While a secret is being replaced, messages carry the signatures of both.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

PREFIX = "whsec_"
SECRET_BYTES = 32
SHORTEST, LONGEST = 24, 64


def new_secret() -> bytes:
    """Return a random secret."""
    return secrets.token_bytes(SECRET_BYTES)


def written(secret: bytes) -> str:
    """Return a secret as its owner is shown it: `whsec_`, then base64."""
    return PREFIX + base64.b64encode(secret).decode()


def parse_secret(text: str) -> bytes:
    """Return the secret that a text writes; raises `ValueError` when it is not one of 24 to 64 bytes."""
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except ValueError as error:
        raise ValueError("not base64") from error
    if not text.startswith(PREFIX) or not SHORTEST <= len(secret) <= LONGEST:
        raise ValueError("not a secret")
    return secret


def signature(secret: bytes, message_id: UUID, timestamp: int, body: bytes) -> str:
    """Return the signature of a message: `v1,` and the HMAC in base64."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def signed_headers(keys: Sequence[bytes], message_id: UUID, moment: datetime, body: bytes) -> dict[str, str]:
    """Return the headers of a message; without a secret it has an id and a time, and no signature."""
    timestamp = int(moment.timestamp())
    headers = {"webhook-id": str(message_id), "webhook-timestamp": str(timestamp)}
    if keys:
        signatures = (signature(key, message_id, timestamp, body) for key in keys)
        headers["webhook-signature"] = " ".join(signatures)
    return headers
