"""The inbox: an event received is kept first, then handled once; its effect and `done` commit together."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.clock import now
from shared.db import Database, run
from shared.messaging.events import Envelope, Event
from shared.observability.logging import get_logger, logging_context
from shared.observability.metrics import MESSAGES

logger = get_logger(__name__)

E = TypeVar("E", bound=Event)

# How long a handler may hold a message before another worker may try it.
HOLD = timedelta(seconds=60)
FIRST_DELAY = timedelta(seconds=1)
LONGEST_DELAY = timedelta(hours=1)

Handler = Callable[[AsyncSession, Any], Awaitable[None]]
Handlers = Mapping[type[Event], Handler]


def backoff(attempts: int) -> timedelta:
    """Return the wait after the given number of failed attempts: doubling from 1 s to 1 h."""
    return min(FIRST_DELAY * float(2 ** max(0, attempts - 1)), LONGEST_DELAY)


class Inbox:
    """The messages of one service and what it does with each kind."""

    def __init__(self, db: Database, handlers: Handlers, *, max_attempts: int) -> None:
        self._db = db
        self._handlers = {event.type: (event, handler) for event, handler in handlers.items()}
        self._max_attempts = max_attempts

    async def receive(self, envelope: Envelope) -> None:
        """Keep an event, then handle it; received twice, it is handled once."""
        moment = now()
        await self._db.execute(
            "INSERT INTO inbox (id, type, source, payload, request_id, occurred_at, state, attempts, received_at, "
            "next_attempt_at) VALUES ($1, $2, $3, $4, $5, $6, 'received', 0, $7, $7) ON CONFLICT (id) DO NOTHING",
            envelope.id,
            envelope.type,
            envelope.source,
            envelope.payload,
            envelope.request_id,
            envelope.occurred_at,
            moment,
        )
        await self.handle(envelope.id)

    async def handle(self, message_id: UUID) -> bool:
        """Handle one kept message if it is due and free; return whether it is done now."""
        row = await self._db.fetchrow(
            "UPDATE inbox SET attempts = attempts + 1, next_attempt_at = $2 WHERE id = $1 AND state = 'received' "
            "AND next_attempt_at <= $3 RETURNING type, payload, request_id, attempts",
            message_id,
            now() + HOLD,
            now(),
        )
        if row is None:
            return False
        with logging_context(request_id=row["request_id"], event_id=str(message_id)):
            try:
                await self._apply(message_id, row["type"], row["payload"], row["attempts"])
            except Exception as error:
                await self._set_back(message_id, row["type"], row["attempts"], error)
                return False
            logger.info("event handled", type=row["type"], attempts=row["attempts"])
        MESSAGES.labels(self._db.schema, row["type"], "done").inc()
        return True

    async def _apply(self, message_id: UUID, kind: str, payload: dict[str, Any], attempts: int) -> None:
        async with self._db.transaction() as session:
            # The attempt number is the fence: a worker that was thought dead finds another number here.
            held = await run(
                session,
                text(
                    "UPDATE inbox SET state = 'done', done_at = :now, error = NULL "
                    "WHERE id = :id AND state = 'received' AND attempts = :attempts"
                ),
                {"id": message_id, "now": now(), "attempts": attempts},
            )
            if held.rowcount != 1:
                return
            if kind in self._handlers:
                event, handler = self._handlers[kind]
                await handler(session, event.model_validate(payload))

    async def _set_back(self, message_id: UUID, kind: str, attempts: int, error: Exception) -> None:
        failed = attempts >= self._max_attempts
        await self._db.execute(
            "UPDATE inbox SET state = $2, error = $3, next_attempt_at = $4 "
            "WHERE id = $1 AND state = 'received' AND attempts = $5",
            message_id,
            "failed" if failed else "received",
            f"{type(error).__name__}: {error}"[:2000],
            now() + backoff(attempts),
            attempts,
        )
        outcome = "failed" if failed else "retried"
        MESSAGES.labels(self._db.schema, kind, outcome).inc()
        logger.error("event not handled", type=kind, attempts=attempts, outcome=outcome, exc_info=error)

    async def due(self, limit: int = 100) -> list[UUID]:
        """Return ids of messages to try now: set back and due again, or left by a worker that died."""
        rows = await self._db.fetch(
            "SELECT id FROM inbox WHERE state = 'received' AND next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $2",
            now(),
            limit,
        )
        return [row["id"] for row in rows]


async def failed_messages(db: Database) -> list[dict[str, Any]]:
    """Return the dead letters, oldest first."""
    rows = await db.fetch(
        "SELECT id, type, source, request_id, attempts, error, received_at FROM inbox WHERE state = 'failed' "
        "ORDER BY received_at"
    )
    return [dict(row) for row in rows]


async def retry_failed(db: Database, message_id: UUID | None = None) -> int:
    """Offer one dead letter, or all of them, again; return how many."""
    tag = await db.execute(
        "UPDATE inbox SET state = 'received', attempts = 0, next_attempt_at = $1 "
        "WHERE state = 'failed' AND ($2::uuid IS NULL OR id = $2)",
        now(),
        message_id,
    )
    return int(tag.split()[-1])


async def prune(db: Database, keep: timedelta) -> int:
    """Remove handled messages older than `keep` (longer than any replay); return how many."""
    tag = await db.execute("DELETE FROM inbox WHERE state = 'done' AND done_at < $1", now() - keep)
    return int(tag.split()[-1])
