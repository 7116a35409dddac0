"""Addresses of resources, their hosts, what became of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.catalog.tables import LinkEvent
from shared.db import Database, run
from shared.ids import new_id

_HOST = "lower(substring(r.url FROM '^https?://([^/?#]+)'))"


async def enroll(db: Database, moment: datetime) -> None:
    """Take in the addresses that are new or changed, and their hosts; forget those that are gone."""
    await db.execute(
        "DELETE FROM link AS l USING resource AS r, dataset AS d WHERE r.id = l.resource_id AND d.id = r.dataset_id "
        "AND (r.url IS DISTINCT FROM l.url OR r.deleted_at IS NOT NULL OR d.deleted_at IS NOT NULL)"
    )
    await db.execute(
        f"INSERT INTO link (resource_id, url, host, next_check_at, level) SELECT r.id, r.url, {_HOST}, $1, 0 "
        "FROM resource AS r JOIN dataset AS d ON d.id = r.dataset_id WHERE r.deleted_at IS NULL "
        f"AND d.deleted_at IS NULL AND {_HOST} IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM link AS l WHERE l.resource_id = r.id) ON CONFLICT DO NOTHING",
        moment,
    )
    hosts = await db.fetch(
        "SELECT DISTINCT host FROM link AS l WHERE NOT EXISTS (SELECT 1 FROM link_host AS h WHERE h.host = l.host)"
    )
    await db.execute(
        "INSERT INTO link_host (id, host, state, attempt, fence, request_id, created_at, free_at) "
        "SELECT id, host, 'done', 0, 0, '', $3, $3 FROM unnest($1::uuid[], $2::varchar[]) AS h (id, host) "
        "ON CONFLICT DO NOTHING",
        [new_id() for _ in hosts],
        [row["host"] for row in hosts],
        moment,
    )


async def queue_due(db: Database, moment: datetime) -> int:
    """Queue the hosts that have an address to look at and may be asked; return how many."""
    tag = await db.execute(
        "UPDATE link_host AS h SET state = 'queued', attempt = 0, created_at = $1 "
        "WHERE state IN ('done', 'failed') AND free_at <= $1 "
        "AND EXISTS (SELECT 1 FROM link AS l WHERE l.host = h.host AND l.next_check_at <= $1)",
        moment,
    )
    return int(tag.split()[-1])


async def due(db: Database, host_id: UUID, moment: datetime, limit: int) -> list[dict[str, Any]]:
    """Return the addresses of a host that are due, the oldest first."""
    rows = await db.fetch(
        "SELECT l.*, r.id, r.format, r.type, r.validated_checksum, r.schema_name, r.schema_url, "
        "r.revision, r.filename, r.suggested_revision FROM link AS l JOIN link_host AS h ON h.host = l.host "
        "JOIN resource AS r ON r.id = l.resource_id WHERE h.id = $1 AND l.next_check_at <= $2 "
        "ORDER BY l.next_check_at LIMIT $3",
        host_id,
        moment,
        limit,
    )
    return [dict(row) for row in rows]


async def write(session: AsyncSession, link: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Write what was found at an address; False when somebody else wrote meanwhile, or the address changed."""
    sets = ", ".join(f"{name} = :{name}" for name in values)
    result = await run(
        session,
        text(
            f"UPDATE link SET {sets} WHERE resource_id = :resource AND url = :url AND next_check_at = :planned"
        ),
        {
            **values,
            "resource": link["resource_id"],
            "url": link["url"],
            "planned": link["next_check_at"],
        },
    )
    return bool(result.rowcount == 1)


async def add_event(session: AsyncSession, event: LinkEvent) -> None:
    """Write a change of what is known of an address."""
    session.add(event)
    await session.flush()


async def free_later(session: AsyncSession, host_id: UUID, moment: datetime) -> None:
    """Let a host in peace until a moment."""
    await run(
        session,
        text("UPDATE link_host SET free_at = :moment WHERE id = :id"),
        {"id": host_id, "moment": moment},
    )


async def availability(
    db: Database, dataset_id: UUID, resource_id: UUID, limit: int
) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """Return what is known of the address of a public resource and its last changes, or None."""
    row = await db.fetchrow(
        "SELECT l.* FROM link AS l JOIN resource AS r ON r.id = l.resource_id JOIN dataset AS d ON d.id = r.dataset_id "
        "WHERE l.resource_id = $1 AND d.id = $2 AND r.deleted_at IS NULL AND d.deleted_at IS NULL AND NOT d.private",
        resource_id,
        dataset_id,
    )
    if row is None:
        return None
    events = await db.fetch(
        "SELECT kind, at, status, reason FROM link_event WHERE resource_id = $1 ORDER BY id DESC LIMIT $2",
        resource_id,
        limit,
    )
    return dict(row), [dict(event) for event in events]


async def prune(db: Database, before: datetime) -> None:
    """Forget the changes before a moment."""
    await db.execute("DELETE FROM link_event WHERE at < $1", before)
