"""Status lists: which labels are revoked or suspended (W3C Bitstring Status List 1.0)."""

import gzip
import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from services.validation.domain.labels.addresses import Issuer, Purpose
from services.validation.domain.labels.credential import VC_CONTEXT
from services.validation.domain.labels.facts import STATUS_BITS
from services.validation.domain.labels.instants import write_instant
from services.validation.domain.labels.keys import LabelKey
from services.validation.domain.labels.multikey import base64url, from_base64url
from services.validation.domain.labels.proof import Altered, add_proof

# How long a list may be believed, and within which moment two readings give the same bytes.
LIFE = timedelta(days=1)
TTL_MILLISECONDS = 300_000
# Bytes of the largest list that is read: 64 times those of ours.
MOST_BYTES = STATUS_BITS * 8


def sign_list(
    indexes: Iterable[int], issuer: Issuer, purpose: Purpose, number: int, key: LabelKey, moment: datetime
) -> dict[str, Any]:
    """Return a list in which the bits of `indexes` are set, signed; the same for a whole hour if nothing changes.

    Raises ValueError with a key that may not sign.
    """
    if key.private is None:
        raise ValueError(f"the key {key.id} may not sign")
    address = issuer.status_list(purpose, number)
    begins = moment.replace(minute=0, second=0, microsecond=0)
    document = {
        "@context": [VC_CONTEXT],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer.did,
        "validFrom": write_instant(begins),
        "validUntil": write_instant(begins + LIFE),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": encode(indexes),
            "ttl": TTL_MILLISECONDS,
        },
    }
    created = write_instant(max(begins, key.created))  # not before the key was made
    return add_proof(document, key.private, method=issuer.key(key.id), created=created)


def encode(indexes: Iterable[int]) -> str:
    """Return the bits as multibase base64url of their gzip (section 3.3); the first bit is the highest of its byte."""
    bits = bytearray(STATUS_BITS // 8)
    for index in indexes:
        bits[index // 8] |= 0x80 >> index % 8
    return "u" + base64url(gzip.compress(bytes(bits), mtime=0))


def is_set(encoded: object, index: int) -> bool:
    """Tell whether a bit of an encoded list is set (section 3.4); raises Altered on what is no such list."""
    try:
        if not isinstance(encoded, str) or not encoded.startswith("u"):
            raise ValueError("not multibase base64url")
        inflator = zlib.decompressobj(wbits=31)
        bits = inflator.decompress(from_base64url(encoded[1:]), MOST_BYTES)
        if not inflator.eof or len(bits) * 8 < STATUS_BITS or not 0 <= index < len(bits) * 8:
            raise ValueError("wrong length")
    except (ValueError, zlib.error) as error:
        raise Altered("status") from error
    return bool(bits[index // 8] & 0x80 >> index % 8)


def entries(document: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Return the places of a credential in status lists: (purpose, address of the list, index); raises Altered."""
    listed = document.get("credentialStatus", [])
    try:
        return [
            (str(item["statusPurpose"]), str(item["statusListCredential"]), int(item["statusListIndex"]))
            for item in (listed if isinstance(listed, list) else [listed])
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise Altered("status") from error
