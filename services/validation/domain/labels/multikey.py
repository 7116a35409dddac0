"""Ed25519 keys as Multikey (W3C Controlled Identifiers 1.0, section 2.2.2), and bytes as multibase."""

import base64
import binascii

import base58
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_PUBLIC = b"\xed\x01"
_PRIVATE = b"\x80\x26"
_KEY_BYTES = 32


def base58btc(data: bytes) -> str:
    """Return bytes as multibase, base58-btc."""
    return "z" + base58.b58encode(data).decode()


def from_base58btc(text: str, most: int = 100) -> bytes:
    """Return the bytes of a multibase text in base58-btc of at most `most` characters; raises ValueError."""
    if not text.startswith("z") or len(text) > most or not text.isascii():
        raise ValueError("not multibase base58-btc")
    data = base58.b58decode(text[1:])
    if base58btc(data) != text:  # the library also reads white space at the end
        raise ValueError("not multibase base58-btc")
    return data


def base64url(data: bytes) -> str:
    """Return bytes in base64url, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Return the bytes of a text in base64url without padding; raises ValueError."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error


def write_public(key: Ed25519PublicKey) -> str:
    """Return a public key as a multibase text."""
    return base58btc(_PUBLIC + key.public_bytes_raw())


def write_private(key: Ed25519PrivateKey) -> str:
    """Return a private key as a multibase text: a secret."""
    return base58btc(_PRIVATE + key.private_bytes_raw())


def read_public(text: str) -> Ed25519PublicKey:
    """Return the public key of a multibase text; raises ValueError."""
    return Ed25519PublicKey.from_public_bytes(_key(text, _PUBLIC))


def read_private(text: str) -> Ed25519PrivateKey:
    """Return the private key of a multibase text; raises ValueError."""
    return Ed25519PrivateKey.from_private_bytes(_key(text, _PRIVATE))


def _key(text: str, prefix: bytes) -> bytes:
    data = from_base58btc(text)
    if not data.startswith(prefix) or len(data) != len(prefix) + _KEY_BYTES:
        raise ValueError("not an Ed25519 Multikey")
    return data.removeprefix(prefix)
