"""All the SQL of the subscriptions, and of their deliveries as their owner sees them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db import Database, run
from shared.webhooks.fan_out import MATCHES

# What an owner may see: neither secret is among it.
_SHOWN = (
    "id, url, events, subject, description, state, created_at, modified_at, failing_since, disabled_at, "
    "disabled_reason, previous_secret_until"
)
_DELIVERY = (
    "d.id, d.subscription_id, d.state, d.attempt, d.created_at, d.next_attempt_at, d.finished_at, d.log, "
    "c.id AS event_id, c.type AS event_type, c.subject AS event_subject, c.position AS event_sequence"
)
_DELIVERIES = f"SELECT {_DELIVERY} FROM webhook_delivery AS d JOIN change AS c ON c.id = d.change_id "
REDELIVERED_AT_MOST = 10_000


async def hold_owner(session: AsyncSession, owner: str) -> int:
    """Return how many subscriptions an owner has; nobody else adds one for them until the transaction ends."""
    await run(session, text("SELECT pg_advisory_xact_lock(hashtext(:owner))"), {"owner": f"webhooks {owner}"})
    counted = await run(
        session,
        text("SELECT count(*) FROM webhook_subscription WHERE owner = :owner AND NOT once"),
        {"owner": owner},
    )
    return int(counted.scalar_one())


async def add(session: AsyncSession, columns: Mapping[str, Any]) -> None:
    """Write a new subscription, given all that is not null of it."""
    names = ", ".join(columns)
    values = ", ".join(f":{name}" for name in columns)
    await run(session, text(f"INSERT INTO webhook_subscription ({names}) VALUES ({values})"), columns)


async def get(db: Database, owner: str, webhook_id: UUID) -> dict[str, Any] | None:
    """Return an owner's subscription without its secrets, or None."""
    row = await db.fetchrow(
        f"SELECT {_SHOWN} FROM webhook_subscription WHERE id = $1 AND owner = $2 AND NOT once",
        webhook_id,
        owner,
    )
    return None if row is None else dict(row)


async def lock(session: AsyncSession, owner: str, webhook_id: UUID) -> dict[str, Any] | None:
    """Return an owner's subscription without its secrets, locked until the transaction ends; None if there is none."""
    found = await run(
        session,
        text(
            f"SELECT {_SHOWN} FROM webhook_subscription WHERE id = :id AND owner = :owner AND NOT once FOR UPDATE"
        ),
        {"id": webhook_id, "owner": owner},
    )
    row = found.first()
    # The driver's own type of UUID is not ours.
    return None if row is None else {**row._mapping, "id": webhook_id}


async def page(db: Database, owner: str, *, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Return an owner's subscriptions in the order in which they were made."""
    rows = await db.fetch(
        f"SELECT {_SHOWN} FROM webhook_subscription WHERE owner = $1 AND NOT once "
        "AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        owner,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def has_listener(session: AsyncSession, owner: str, event: str, subject: str) -> bool:
    """Tell whether an owner has an active subscription to an event, for this subject or for any."""
    found = await run(
        session,
        text(
            "SELECT EXISTS (SELECT 1 FROM webhook_subscription AS s WHERE s.owner = :owner AND s.state = 'active' "
            "AND (s.subject IS NULL OR s.subject = :subject) AND (:event = ANY(s.events) OR '*' = ANY(s.events)))"
        ),
        {"owner": owner, "event": event, "subject": subject},
    )
    return bool(found.scalar_one())


async def change(session: AsyncSession, webhook_id: UUID, columns: Mapping[str, Any]) -> None:
    """Write some columns of a subscription."""
    written = ", ".join(f"{name} = :{name}" for name in columns)
    await run(
        session,
        text(f"UPDATE webhook_subscription SET {written} WHERE id = :id"),
        {**columns, "id": webhook_id},
    )


async def replace_secret(session: AsyncSession, webhook_id: UUID, secret: bytes, until: datetime) -> None:
    """Give a subscription a new secret; the one before signs too until a moment."""
    await run(
        session,
        text(
            "UPDATE webhook_subscription SET previous_secret = secret, previous_secret_until = :until, "
            "secret = :secret WHERE id = :id"
        ),
        {"id": webhook_id, "secret": secret, "until": until},
    )


async def remove(session: AsyncSession, webhook_id: UUID) -> None:
    """Remove a subscription with its deliveries."""
    await run(session, text("DELETE FROM webhook_subscription WHERE id = :id"), {"id": webhook_id})


async def deliveries(
    db: Database, webhook_id: UUID, *, state: str | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[dict[str, Any]]:
    """Return the deliveries of a subscription, the newest first."""
    moment, delivery_id = after or (None, None)
    rows = await db.fetch(
        _DELIVERIES + "WHERE d.subscription_id = $1 AND ($2::text IS NULL OR d.state = $2) "
        "AND ($3::timestamptz IS NULL OR (d.created_at, d.id) < ($3, $4::uuid)) "
        "ORDER BY d.created_at DESC, d.id DESC LIMIT $5",
        webhook_id,
        state,
        moment,
        delivery_id,
        limit,
    )
    return [dict(row) for row in rows]


async def delivery(db: Database, webhook_id: UUID, delivery_id: UUID) -> dict[str, Any] | None:
    """Return a delivery of a subscription, or None."""
    row = await db.fetchrow(
        _DELIVERIES + "WHERE d.subscription_id = $1 AND d.id = $2", webhook_id, delivery_id
    )
    return None if row is None else dict(row)


async def delivery_of(db: Database, webhook_id: UUID, change_id: UUID) -> dict[str, Any] | None:
    """Return the delivery that tells a subscription of a change, or None."""
    row = await db.fetchrow(_DELIVERIES + "WHERE d.subscription_id = $1 AND c.id = $2", webhook_id, change_id)
    return None if row is None else dict(row)


async def send_again(session: AsyncSession, delivery_id: UUID, moment: datetime) -> None:
    """Queue a delivery anew, with all its attempts; one that is being sent goes on."""
    await run(
        session,
        text(
            "UPDATE webhook_delivery SET state = 'queued', attempt = 0, next_attempt_at = :moment, finished_at = NULL "
            "WHERE id = :id AND state <> 'running'"
        ),
        {"id": delivery_id, "moment": moment},
    )


async def send_again_since(session: AsyncSession, webhook_id: UUID, since: datetime, moment: datetime) -> int:
    """Queue anew all that a subscription was to be told since a moment, told or not; return how many."""
    result = await run(
        session,
        text(
            "INSERT INTO webhook_delivery (id, subscription_id, change_id, state, attempt, fence, request_id, "
            "created_at, next_attempt_at, log) "
            "SELECT gen_random_uuid(), s.id, c.id, 'queued', 0, 0, '', :moment, :moment, '[]' "
            f"FROM change AS c JOIN webhook_subscription AS s ON s.id = :id AND {MATCHES} "
            "WHERE c.recorded_at >= :since AND c.position IS NOT NULL ORDER BY c.position LIMIT :most "
            "ON CONFLICT (subscription_id, change_id) DO UPDATE SET state = 'queued', attempt = 0, "
            "next_attempt_at = EXCLUDED.next_attempt_at, finished_at = NULL WHERE webhook_delivery.state <> 'running'"
        ),
        {"id": webhook_id, "since": since, "moment": moment, "most": REDELIVERED_AT_MOST},
    )
    return int(result.rowcount)


async def to_send(db: Database, delivery_id: UUID) -> dict[str, Any]:
    """Return what the sending of a delivery needs: the change, the address, and the secrets that sign now."""
    row = await db.fetchrow(
        "SELECT s.id AS subscription_id, s.url, s.secret, s.previous_secret, s.previous_secret_until, s.failing_since, "
        "c.id, c.type, c.subject, c.position, c.data, c.recorded_at FROM webhook_delivery AS d "
        "JOIN webhook_subscription AS s ON s.id = d.subscription_id JOIN change AS c ON c.id = d.change_id "
        "WHERE d.id = $1",
        delivery_id,
    )
    assert row is not None, "a delivery has its subscription and change by foreign key, and is claimed"
    return dict(row)


async def log_attempt(
    session: AsyncSession,
    delivery_id: UUID,
    entry: Mapping[str, Any],
    finished_at: datetime | None,
    keep: int,
) -> None:
    """Add an attempt to the log of a delivery, that keeps the latest ones."""
    await run(
        session,
        text(
            "UPDATE webhook_delivery SET finished_at = :finished_at, log = ("
            "SELECT jsonb_agg(kept.entry ORDER BY kept.n) FROM (SELECT entry, n FROM "
            "jsonb_array_elements(log || CAST(:entry AS jsonb)) WITH ORDINALITY AS e (entry, n) "
            "ORDER BY n DESC LIMIT :keep) AS kept) WHERE id = :id"
        ),
        {
            "id": delivery_id,
            "entry": orjson.dumps([entry]).decode(),
            "finished_at": finished_at,
            "keep": keep,
        },
    )


async def note_health(session: AsyncSession, webhook_id: UUID, failing_at: datetime | None) -> None:
    """Note since when a subscription fails; None when it does not."""
    await run(
        session,
        text(
            "UPDATE webhook_subscription SET failing_since = :moment "
            "WHERE id = :id AND (failing_since IS NULL) <> (CAST(:moment AS timestamptz) IS NULL)"
        ),
        {"id": webhook_id, "moment": failing_at},
    )


async def disable(session: AsyncSession, webhook_id: UUID, reason: str, moment: datetime) -> None:
    """Stop telling a subscription, for a reason that its owner sees."""
    await run(
        session,
        text(
            "UPDATE webhook_subscription SET state = 'disabled', disabled_reason = :reason, disabled_at = :moment "
            "WHERE id = :id AND state <> 'disabled'"
        ),
        {"id": webhook_id, "reason": reason, "moment": moment},
    )


async def retire(session: AsyncSession, delivery_id: UUID) -> None:
    """Put away the subscription for a single message, when that is what a delivery was."""
    await run(
        session,
        text(
            "UPDATE webhook_subscription SET state = 'paused' "
            "WHERE once AND id = (SELECT subscription_id FROM webhook_delivery WHERE id = :id)"
        ),
        {"id": delivery_id},
    )


async def prune(db: Database, before: datetime) -> None:
    """Forget the deliveries that ended before a moment, and the subscriptions for a single message made before it."""
    await db.execute("DELETE FROM webhook_delivery WHERE finished_at < $1", before)
    await db.execute("DELETE FROM webhook_subscription WHERE once AND created_at < $1", before)
