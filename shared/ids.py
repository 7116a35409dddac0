"""Identifiers made in Python, so that no database extension is needed."""

import os
import threading
import time
from datetime import UTC, datetime
from uuid import UUID

# Ids of one millisecond follow one another by random steps, so that they stay in order and are not guessed.
_STEP_BITS = 44

_lock = threading.Lock()
_last = 0


def new_id() -> UUID:
    """Return a UUID version 7 (RFC 9562, sections 5.7 and 6.2): those of one process sort in the order of making."""
    global _last
    random = int.from_bytes(os.urandom(16))
    value = ((time.time_ns() // 1_000_000) & ((1 << 48) - 1)) << 80
    # The version, 12 random bits, the variant, a 0 that leaves room for the steps, 61 random bits.
    value |= 0x7 << 76 | (random >> 116) << 64 | 0b10 << 62 | (random & ((1 << 61) - 1))
    with _lock:
        if value >> 80 <= _last >> 80:
            value = _last + 1 + (random >> 61 & ((1 << _STEP_BITS) - 1))
        _last = value
    return UUID(int=value)


def made_at(identifier: UUID) -> datetime:
    """Return the moment at which `new_id` made an identifier (to the millisecond, UTC)."""
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)
