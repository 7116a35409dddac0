"""The outbox: an event is written with the change it tells, then relayed to the queues of those who hear it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import asyncpg
import orjson
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.clock import now
from shared.db import Database, run
from shared.ids import new_id
from shared.messaging.events import Envelope, Event, Routes
from shared.messaging.listener import Listener
from shared.messaging.queue import Queue
from shared.messaging.stopping import told_to_stop
from shared.observability.logging import current_request_id, get_logger
from shared.observability.metrics import MESSAGES

logger = get_logger(__name__)

BATCH = 200
# When Redis lost its memory, what was sent within this time is offered again; the inbox makes it harmless.
REOFFERED = timedelta(days=1)
POLL_SECONDS = 1.0
MARK_SECONDS = 2.0

_INSERT = text(
    "WITH written AS (INSERT INTO outbox (id, type, payload, request_id, occurred_at) SELECT id, type, payload, "
    "request_id, occurred_at FROM json_populate_recordset(NULL::outbox, CAST(:rows AS json))) "
    "SELECT pg_notify('outbox_' || current_schema(), '')"
)


def channel(schema: str) -> str:
    """Return the name of the PostgreSQL channel that tells of new outbox rows."""
    return f"outbox_{schema}"


async def emit(session: AsyncSession, event: Event) -> None:
    """Write an event in the session's transaction: it is sent if, and only if, that commits."""
    await emit_all(session, [event])


async def emit_all(session: AsyncSession, events: Sequence[Event]) -> None:
    """Write several events at once; none is no work."""
    if not events:
        return
    rows = [
        {
            "id": new_id(),
            "type": event.type,
            "payload": event.model_dump(mode="json"),
            "request_id": current_request_id(),
            "occurred_at": now(),
        }
        for event in events
    ]
    await run(session, _INSERT, {"rows": orjson.dumps(rows).decode()})


class Relay:
    """Sends what the outbox of one service holds. Several may run: each row is taken by one at a time."""

    def __init__(self, db: Database, listener: Listener, queue: Queue, routes: Routes) -> None:
        self._db = db
        self._listener = listener
        self._queue = queue
        self._routes = routes
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Relay until cancelled: at once when told by PostgreSQL, else every second."""
        async with (
            self._listener.hearing(channel(self._db.schema), lambda _: self._wake.set()),
            asyncio.TaskGroup() as group,
        ):
            group.create_task(self._watch_mark())
            group.create_task(self._relay_forever())

    async def _relay_forever(self) -> None:
        while not told_to_stop():
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            try:
                while await self.relay_batch() == BATCH:
                    pass
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                logger.warning("outbox relay waits", error=str(error))

    async def _watch_mark(self) -> None:
        while not told_to_stop():
            try:
                if await self._queue.forgot(self._db.schema):
                    count = await self.reoffer()
                    logger.info("queue lost its memory, events offered again", count=count)
            except (RedisError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                pass
            await asyncio.sleep(MARK_SECONDS)

    async def reoffer(self) -> int:
        """Mark as unsent what was sent within the last day; return how many rows."""
        tag = await self._db.execute("UPDATE outbox SET sent_at = NULL WHERE sent_at > $1", now() - REOFFERED)
        self._wake.set()
        return int(tag.split()[-1])

    async def relay_batch(self) -> int:
        """Send one batch of unsent rows and return how many were sent."""
        async with self._db.pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(
                "SELECT id, type, payload, request_id, occurred_at FROM outbox "
                "WHERE sent_at IS NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED",
                BATCH,
            )
            sent = [row["id"] for row in rows if await self._send(row)]
            if sent:
                await connection.execute("UPDATE outbox SET sent_at = $2 WHERE id = ANY($1)", sent, now())
        return len(sent)

    async def _send(self, row: Any) -> bool:
        envelope = Envelope(source=self._db.schema, **dict(row))
        for service in self._routes.get(envelope.type, ()):
            if not await self._queue.put(
                service, "receive", envelope.model_dump(mode="json"), job_id=f"event:{envelope.id}"
            ):
                return False
            logger.info(
                "event sent",
                type=envelope.type,
                event_id=str(envelope.id),
                to=service,
                request_id=envelope.request_id,
            )
        MESSAGES.labels(self._db.schema, envelope.type, "sent").inc()
        return True


async def prune(db: Database, keep: timedelta) -> int:
    """Remove sent events older than `keep`; return how many."""
    tag = await db.execute("DELETE FROM outbox WHERE sent_at < $1", now() - keep)
    return int(tag.split()[-1])
