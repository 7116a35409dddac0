"""Identifiers made in Python, so that no database extension is needed."""

import os
import time
from datetime import UTC, datetime
from uuid import UUID


def new_id() -> UUID:
    """Return a UUID version 7 (RFC 9562, section 5.7): sortable by time of creation, 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= ((random >> 64) & 0xFFF) << 64
    value |= 0b10 << 62
    value |= random & ((1 << 62) - 1)
    return UUID(int=value)


def made_at(identifier: UUID) -> datetime:
    """Return the moment at which `new_id` made an identifier (to the millisecond, UTC)."""
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)
