"""What a message says: the change, as JSON; the same bytes at each attempt."""

from collections.abc import Mapping
from typing import Any

import orjson


def message_body(change: Mapping[str, Any]) -> bytes:
    """Return the body that tells a change (its columns `id, type, subject, position, data, recorded_at`)."""
    return orjson.dumps(
        {
            "id": change["id"],
            "type": change["type"],
            "timestamp": change["recorded_at"],
            "sequence": change["position"],
            "subject": change["subject"],
            "data": change["data"],
        }
    )
