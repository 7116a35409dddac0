"""Which delivery is next: of the subscriptions with free slots, the one served least recently.

A receiver that is slow or away holds two sendings at most and waits its turn, so it delays nobody else.
"""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.changes import log
from shared.clock import now
from shared.db import Database, run
from shared.messaging.work import Claim, WorkTable
from shared.webhooks.retries import MAX_ATTEMPTS

LEASE = timedelta(seconds=45)
SLOTS_PER_SUBSCRIPTION = 2
# A subscription that another worker has just served is passed over; then the next sweep looks again.
TRIES = 10

_DUE = (
    "d.attempt < $2 AND "
    "((d.state = 'queued' AND d.next_attempt_at <= $1) OR (d.state = 'running' AND d.lease_until < $1))"
)
_NEXT_SUBSCRIPTION = (
    "SELECT s.id FROM webhook_subscription AS s WHERE s.state = 'active' "
    f"AND EXISTS (SELECT 1 FROM webhook_delivery AS d WHERE d.subscription_id = s.id AND {_DUE}) "
    "AND (SELECT count(*) FROM webhook_delivery AS r WHERE r.subscription_id = s.id AND r.state = 'running' "
    "AND r.lease_until >= $1) < $3 ORDER BY s.served_at, s.id LIMIT 1 FOR UPDATE OF s SKIP LOCKED"
)
# The count is taken again: the subscription is locked now, and nobody else claims for it.
_CLAIM = (
    "UPDATE webhook_delivery SET state = 'running', attempt = attempt + 1, fence = fence + 1, lease_until = $5 "
    f"WHERE id = (SELECT d.id FROM webhook_delivery AS d WHERE d.subscription_id = $4 AND {_DUE} "
    "ORDER BY d.next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED) "
    "AND (SELECT count(*) FROM webhook_delivery AS r WHERE r.subscription_id = $4 AND r.state = 'running' "
    "AND r.lease_until >= $1) < $3 RETURNING id, fence, attempt, request_id"
)


class DeliveryTable(WorkTable):
    """The claims on the deliveries of a service."""

    def __init__(self, db: Database) -> None:
        super().__init__(db, "webhook_delivery", lease=LEASE, max_attempts=MAX_ATTEMPTS)

    async def claim_next(self) -> Claim | None:
        """Number what changed, then claim the next delivery of the subscription served least recently."""
        await log.publish(self._db)
        async with self._db.pool.acquire() as connection:
            for _ in range(TRIES):
                async with connection.transaction():
                    found, claim = await self._claim(connection)
                if claim is not None or not found:
                    return claim
        return None

    async def _claim(self, connection: "asyncpg.Connection[Any] | Any") -> tuple[bool, Claim | None]:
        moment = now()
        limits = (moment, self.max_attempts, SLOTS_PER_SUBSCRIPTION)
        subscription_id = await connection.fetchval(_NEXT_SUBSCRIPTION, *limits)
        if subscription_id is None:
            return False, None
        await connection.execute(
            "UPDATE webhook_subscription SET served_at = $2 WHERE id = $1", subscription_id, moment
        )
        row = await connection.fetchrow(_CLAIM, *limits, subscription_id, moment + self.lease)
        return True, Claim(**dict(row)) if row is not None else None

    async def postpone(self, session: AsyncSession, claim: Claim, until: datetime) -> bool:
        """Put the row back in the queue until a moment; False when the claim was lost: write nothing then."""
        result = await run(
            session,
            text(
                "UPDATE webhook_delivery SET state = 'queued', lease_until = NULL, next_attempt_at = :until "
                "WHERE id = :id AND fence = :fence AND state = 'running'"
            ),
            {"id": claim.id, "fence": claim.fence, "until": until},
        )
        return bool(result.rowcount == 1)

    async def oldest_queued_seconds(self) -> float:
        """Return for how long the delivery that waits longest could have been sent, in seconds; 0 when none could."""
        due = await self._db.fetchval(
            "SELECT min(d.next_attempt_at) FROM webhook_delivery AS d JOIN webhook_subscription AS s "
            "ON s.id = d.subscription_id WHERE d.state = 'queued' AND s.state = 'active'"
        )
        return 0.0 if due is None else max((now() - due).total_seconds(), 0.0)
