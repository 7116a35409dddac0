"""The worker's side: sends what is due, and keeps what came of it.

Sending happens outside of any transaction; the fence of its claim makes that only one attempt concludes.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from shared.clock import now
from shared.db import Database
from shared.http import FetchFailed, GuardedClient, UrlNotAllowed
from shared.messaging.work import Claim, Work
from shared.observability.logging import get_logger
from shared.webhooks import store
from shared.webhooks.claims import DeliveryTable
from shared.webhooks.message import message_body
from shared.webhooks.retries import MAX_ATTEMPTS, asked_wait, next_attempt
from shared.webhooks.signing import signed_headers

logger = get_logger(__name__)

KIND = "webhook"
TIMEOUT_SECONDS = 15.0
SLOTS = 16
DISABLED_AFTER = timedelta(days=5)
KEPT = timedelta(days=30)
LOGGED_ATTEMPTS = 20
EXCERPT_CHARACTERS = 500
GONE = 410


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt: an answer's status and the beginning of its body, or why there was none."""

    at: datetime
    milliseconds: int
    status: int | None = None
    error: str | None = None
    response: str | None = None
    asked: timedelta | None = None

    @property
    def arrived(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300

    def logged(self, attempt: int) -> dict[str, Any]:
        """Return the line of the delivery's log."""
        return {
            "at": self.at,
            "attempt": attempt,
            "status": self.status,
            "error": self.error,
            "response": self.response,
            "milliseconds": self.milliseconds,
        }


class Deliveries:
    """Sends the deliveries that the worker claims."""

    def __init__(self, db: Database, http: GuardedClient) -> None:
        self._db = db
        self._http = http
        self._table = DeliveryTable(db)

    def work(self) -> Work:
        """Return this work as the worker takes it."""
        return Work(KIND, self._table, self.run, self.gave_up, SLOTS)

    async def run(self, claim: Claim) -> None:
        """Send one claimed delivery and write what came of it."""
        told = await store.to_send(self._db, claim.id)
        outcome = await self._send(told)
        async with self._db.transaction() as session:
            await self._conclude(session, claim, told, outcome)

    async def gave_up(self, session: AsyncSession, delivery_id: UUID) -> None:
        """Write that the last attempt at a delivery ended with its worker."""
        outcome = Outcome(now(), 0, error="worker-lost")
        await store.log_attempt(
            session, delivery_id, outcome.logged(MAX_ATTEMPTS), outcome.at, LOGGED_ATTEMPTS
        )
        await store.retire(session, delivery_id)

    async def prune(self) -> None:
        """Forget what was delivered, or given up, long ago."""
        await store.prune(self._db, now() - KEPT)

    async def _send(self, told: Mapping[str, Any]) -> Outcome:
        moment, begun = now(), time.monotonic()
        body = message_body(told)
        headers = {
            "content-type": "application/json",
            **signed_headers(_keys(told, moment), told["id"], moment, body),
        }

        def spent() -> int:
            return int((time.monotonic() - begun) * 1000)

        try:
            answer = await self._http.post(told["url"], body, headers, timeout=TIMEOUT_SECONDS)
        except UrlNotAllowed:
            return Outcome(moment, spent(), error=UrlNotAllowed.slug)
        except FetchFailed as failure:
            return Outcome(moment, spent(), error=failure.reason)
        return Outcome(
            moment,
            spent(),
            status=answer.status,
            response=_excerpt(answer.body or b""),
            asked=asked_wait(answer.headers, moment),
        )

    async def _conclude(
        self, session: AsyncSession, claim: Claim, told: Mapping[str, Any], outcome: Outcome
    ) -> None:
        gone = outcome.status == GONE
        again = None if outcome.arrived or gone else next_attempt(claim.attempt, outcome.at, outcome.asked)
        if again is not None:
            held = await self._table.postpone(session, claim, again)
        else:
            held = await self._table.settle(session, claim, "done" if outcome.arrived else "failed")
        if not held:
            return
        moment = now()
        finished_at = moment if again is None else None
        await store.log_attempt(
            session, claim.id, outcome.logged(claim.attempt), finished_at, LOGGED_ATTEMPTS
        )
        await store.note_health(session, told["subscription_id"], None if outcome.arrived else moment)
        if again is None:
            await store.retire(session, claim.id)
        if not outcome.arrived:
            since = told["failing_since"]
            await self._disable_if_needed(session, told["subscription_id"], gone=gone, since=since)

    async def _disable_if_needed(
        self, session: AsyncSession, webhook_id: UUID, *, gone: bool, since: datetime | None
    ) -> None:
        failing = since is not None and now() - since > DISABLED_AFTER
        if gone or failing:
            reason = "gone" if gone else "failing"
            await store.disable(session, webhook_id, reason, now())
            logger.warning("webhook disabled", webhook_id=str(webhook_id), reason=reason)


def _keys(told: Mapping[str, Any], moment: datetime) -> list[bytes]:
    keys = [told["secret"]] if told["secret"] is not None else []
    if told["previous_secret"] is not None and told["previous_secret_until"] > moment:
        keys.append(told["previous_secret"])
    return keys


def _excerpt(body: bytes) -> str:
    # PostgreSQL keeps no NUL in its JSON.
    return body[: 4 * EXCERPT_CHARACTERS].decode(errors="replace").replace("\x00", "")[:EXCERPT_CHARACTERS]
