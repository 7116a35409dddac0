"""From a change to the deliveries that tell it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

# A ping goes to the subscription it is about, whatever that asked for.
PING = "webhook.ping"
ALL_EVENTS = "*"

# Whether subscription `s` is to be told of change `c`.
MATCHES = (
    "(c.audience IS NULL OR c.audience = s.owner) AND CASE WHEN c.type = 'webhook.ping' THEN c.subject = s.id::text "
    "ELSE (s.subject IS NULL OR s.subject = c.subject) AND (c.type = ANY(s.events) OR '*' = ANY(s.events)) END"
)
_INSERT = (
    "INSERT INTO webhook_delivery (id, subscription_id, change_id, state, attempt, fence, request_id, created_at, "
    "next_attempt_at, log) SELECT gen_random_uuid(), s.id, c.id, 'queued', 0, 0, '', $2, $2, '[]' FROM change AS c "
    "JOIN webhook_subscription AS s ON s.state = 'active' AND s.created_at <= c.recorded_at "
    f"AND {MATCHES} WHERE c.id = ANY($1)"
)


async def fan_out(
    connection: "asyncpg.Connection[Any] | Any", change_ids: Sequence[UUID], moment: datetime
) -> None:
    """Queue, in the connection's transaction, one delivery for each subscription that asked for a change."""
    await connection.execute(_INSERT, list(change_ids), moment)
