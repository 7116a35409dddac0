"""Plans, runs and pages of harvests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.catalog.tables import HarvestPage, HarvestPlan, HarvestRun
from shared.db import Database, run
from shared.messaging.work import Claim

_OPEN = "state IN ('queued', 'running')"
_RUN = (
    "SELECT r.*, s.slug AS source, s.owner, s.kind, s.url, "
    "coalesce(p.most_deletions_percent, 20) AS most_deletions_percent, coalesce(p.grace_days, 7) AS grace_days "
    "FROM harvest_run AS r JOIN source AS s ON s.id = r.source_id LEFT JOIN harvest_plan AS p ON p.source_id = s.id "
)
_COUNTS = (
    "(SELECT coalesce(jsonb_object_agg(name, number), '{}') FROM (SELECT c.key AS name, sum(c.value::bigint) AS number "
    "FROM harvest_page AS h, jsonb_each_text(h.counts) AS c WHERE h.run_id = r.id GROUP BY c.key) AS summed) AS counts"
)
# What a harvest gives back of a run.
_SEEN = (
    "SELECT DISTINCT item ->> 'remote_id' AS remote_id FROM harvest_page AS h, jsonb_array_elements(h.items) AS item "
    "WHERE h.run_id = :run AND h.url IS NOT NULL AND item ->> 'remote_id' IS NOT NULL"
)


async def plan(session: AsyncSession, source_id: UUID) -> HarvestPlan | None:
    """Return the plan of a source, locked."""
    query = select(HarvestPlan).where(HarvestPlan.source_id == source_id).with_for_update()
    return (await session.exec(query)).first()


async def plan_of(db: Database, source_id: UUID) -> dict[str, Any] | None:
    """Return the columns of the plan of a source."""
    row = await db.fetchrow("SELECT * FROM harvest_plan WHERE source_id = $1", source_id)
    return None if row is None else dict(row)


async def hold_due(session: AsyncSession, moment: datetime) -> HarvestPlan | None:
    """Return the plan that is due for longest, locked; passed over: one that another holds, or whose run goes on."""
    query = (
        select(HarvestPlan)
        .where(col(HarvestPlan.next_run_at) <= moment)
        .where(
            ~select(HarvestRun.id)
            .where(col(HarvestRun.source_id) == col(HarvestPlan.source_id))
            .where(col(HarvestRun.state).in_(("queued", "running")))
            .exists()
        )
        .order_by(col(HarvestPlan.next_run_at))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.exec(query)).first()


async def open_run(session: AsyncSession, source_id: UUID) -> UUID | None:
    """Return the run of a source that has not ended; who asks waits for whoever starts one."""
    await run(session, text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": f"harvest {source_id}"})
    found = await run(
        session,
        text(f"SELECT id FROM harvest_run WHERE source_id = :source AND {_OPEN} LIMIT 1"),
        {"source": source_id},
    )
    run_id: UUID | None = found.scalar()
    return run_id


async def get(db: Database, run_id: UUID) -> dict[str, Any] | None:
    """Return a run with its source, or None."""
    row = await db.fetchrow(_RUN + "WHERE r.id = $1", run_id)
    return None if row is None else dict(row)


async def find(db: Database, source: str, run_id: UUID) -> dict[str, Any] | None:
    """Return a run of a source (slug) with its `counts`, or None."""
    row = await db.fetchrow(
        f"SELECT r.*, s.slug AS source, {_COUNTS} FROM harvest_run AS r JOIN source AS s ON s.id = r.source_id "
        "WHERE r.id = $1 AND s.slug = $2",
        run_id,
        source,
    )
    return None if row is None else dict(row)


async def page(db: Database, source_id: UUID, *, before: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Return the runs of a source with their `counts`, the latest first."""
    rows = await db.fetch(
        f"SELECT r.*, s.slug AS source, {_COUNTS} FROM harvest_run AS r JOIN source AS s ON s.id = r.source_id "
        "WHERE r.source_id = $1 AND ($2::uuid IS NULL OR r.id < $2) ORDER BY r.id DESC LIMIT $3",
        source_id,
        before,
        limit,
    )
    return [dict(row) for row in rows]


async def items(
    db: Database, run_id: UUID, *, outcome: str | None, after: tuple[int, int, int], limit: int
) -> list[dict[str, Any]]:
    """Return the datasets of a run in the order in which they were read, each with its place."""
    rows = await db.fetch(
        "SELECT h.page, h.part, item.place::int AS place, item.value AS item FROM harvest_page AS h, "
        "jsonb_array_elements(h.items) WITH ORDINALITY AS item (value, place) WHERE h.run_id = $1 "
        "AND (h.page, h.part) >= ($2, $3) AND (h.page, h.part, item.place) > ($2, $3, $4) "
        "AND ($5::text IS NULL OR item.value ->> 'outcome' = $5) ORDER BY h.page, h.part, item.place LIMIT $6",
        run_id,
        *after,
        outcome,
        limit,
    )
    return [dict(row) for row in rows]


async def hold(session: AsyncSession, run_id: UUID) -> HarvestRun | None:
    """Return a run, locked until the transaction ends."""
    query = select(HarvestRun).where(HarvestRun.id == run_id).with_for_update()
    return (await session.exec(query)).first()


async def is_latest(session: AsyncSession, run: HarvestRun) -> bool:
    """Tell whether no harvest of the same source that writes came after a run."""
    query = select(HarvestRun.id).where(
        HarvestRun.source_id == run.source_id, HarvestRun.id > run.id, col(HarvestRun.dry_run).is_(False)
    )
    return (await session.exec(query.limit(1))).first() is None


async def start(db: Database, claim: Claim, moment: datetime) -> None:
    """Note when a run began."""
    await db.execute(
        "UPDATE harvest_run SET started_at = $3 WHERE id = $1 AND fence = $2 AND started_at IS NULL",
        claim.id,
        claim.fence,
        moment,
    )


async def note_problem(db: Database, claim: Claim, problem: dict[str, Any]) -> None:
    """Note why an attempt failed."""
    await db.execute(
        "UPDATE harvest_run SET problem = $3 WHERE id = $1 AND fence = $2", claim.id, claim.fence, problem
    )


async def read_so_far(
    db: Database, run_id: UUID, pages: int
) -> tuple[set[str], set[str], dict[str, Any] | None]:
    """Return what a run has read: identifiers and addresses of its pages, and the page begun after the last of them.

    The page begun is told by its `sha256`, its `parts` that are written, and the identifiers in them.
    """
    rows = await db.fetch(
        "SELECT page, part, url, sha256, items FROM harvest_page WHERE run_id = $1 ORDER BY page, part",
        run_id,
    )
    seen: set[str] = set()
    begun: dict[str, Any] | None = None
    for row in rows:
        named = {item["remote_id"] for item in row["items"] if item["remote_id"]}
        if row["page"] <= pages:
            seen |= named
        else:
            begun = begun or {"sha256": row["sha256"], "parts": 0, "seen": set()}
            begun["parts"] += 1
            begun["seen"] |= named
    return seen, {row["url"] for row in rows if row["url"] and row["page"] <= pages}, begun


async def former(db: Database, source_id: UUID, run_id: UUID) -> dict[str, Any] | None:
    """Return the last harvest of a source, before a run, that came to its end and wrote."""
    row = await db.fetchrow(
        "SELECT id, finished_at FROM harvest_run WHERE source_id = $1 AND id < $2 AND complete AND NOT dry_run "
        "AND state = 'done' ORDER BY id DESC LIMIT 1",
        source_id,
        run_id,
    )
    return None if row is None else dict(row)


async def former_page(db: Database, run_id: UUID, url: str, reader: str) -> list[dict[str, Any]]:
    """Return the parts of a page as a run read it, if the same program did."""
    rows = await db.fetch(
        "SELECT * FROM harvest_page WHERE run_id = $1 AND url = $2 AND reader = $3 ORDER BY page, part",
        run_id,
        url,
        reader,
    )
    return [dict(row) for row in rows]


async def still_there(db: Database, source_id: UUID, remote_ids: Sequence[str], since: datetime) -> bool:
    """Tell whether datasets of a source are all there, and as they were since a moment."""
    found = await db.fetchval(
        "SELECT count(*) FROM dataset WHERE source_id = $1 AND remote_id = ANY($2) AND deleted_at IS NULL "
        "AND modified_at <= $3",
        source_id,
        list(remote_ids),
        since,
    )
    return bool(found == len(set(remote_ids)))


async def hold_claim(session: AsyncSession, claim: Claim) -> bool:
    """Lock a run that is still the claim's; False when it no longer is."""
    found = await run(
        session,
        text("SELECT 1 FROM harvest_run WHERE id = :id AND fence = :fence AND state = 'running' FOR UPDATE"),
        {"id": claim.id, "fence": claim.fence},
    )
    return found.first() is not None


async def drop_page(session: AsyncSession, run_id: UUID, page: int) -> None:
    """Forget a page that was read in part."""
    await run(
        session,
        text("DELETE FROM harvest_page WHERE run_id = :run AND page = :page"),
        {"run": run_id, "page": page},
    )


async def add_part(session: AsyncSession, part: HarvestPage) -> None:
    """Write a part of a page."""
    row = part.model_dump()
    names = ", ".join(row)
    await run(
        session,
        text(
            f"INSERT INTO harvest_page ({names}) SELECT {names} "
            "FROM json_populate_record(NULL::harvest_page, CAST(:row AS json))"
        ),
        {"row": orjson.dumps(row, default=str).decode()},
    )


async def advance(
    session: AsyncSession, run_id: UUID, *, page: int, following: str | None, total: int | None
) -> None:
    """Write that a page was read to its end; the attempts of the next one count anew."""
    await run(
        session,
        text(
            "UPDATE harvest_run SET page = :page, following = CAST(:following AS varchar), problem = NULL, "
            "attempt = 1, complete = CAST(:following AS varchar) IS NULL, "
            "total = coalesce(:total, total) WHERE id = :id"
        ),
        {"id": run_id, "page": page, "following": following, "total": total},
    )


async def live(session: AsyncSession, source_id: UUID) -> int:
    """Return how many datasets a source has here."""
    found = await run(
        session,
        text("SELECT count(*) FROM dataset WHERE source_id = :source AND deleted_at IS NULL"),
        {"source": source_id},
    )
    return int(found.scalar_one())


async def seen(session: AsyncSession, run_id: UUID) -> list[str]:
    """Return the identifiers that a run has seen, those of datasets that failed too."""
    found = await run(session, text(_SEEN), {"run": run_id})
    return [row.remote_id for row in found]


async def missing(session: AsyncSession, source_id: UUID, seen: Sequence[str]) -> list[dict[str, Any]]:
    """Return the datasets of a source that a run has not seen."""
    found = await run(
        session,
        text(
            "SELECT d.id, d.remote_id, d.missing_since, d.modified_at FROM dataset AS d WHERE d.source_id = :source "
            "AND d.deleted_at IS NULL AND d.remote_id <> ALL(:seen) ORDER BY d.id"
        ),
        {"source": source_id, "seen": list(seen)},
    )
    return [dict(row._mapping) for row in found]


async def mark_missing(session: AsyncSession, ids: Sequence[UUID], moment: datetime) -> None:
    """Note that a source no longer has datasets."""
    if ids:
        await run(
            session,
            text("UPDATE dataset SET missing_since = :moment WHERE id = ANY(:ids) AND missing_since IS NULL"),
            {"ids": list(ids), "moment": moment},
        )


async def unmark(session: AsyncSession, source_id: UUID, seen: Sequence[str]) -> None:
    """Note that what was missing is there again."""
    await run(
        session,
        text(
            "UPDATE dataset SET missing_since = NULL WHERE source_id = :source AND missing_since IS NOT NULL "
            "AND remote_id = ANY(:seen)"
        ),
        {"source": source_id, "seen": list(seen)},
    )


async def missing_resources(session: AsyncSession, before: datetime, limit: int) -> dict[UUID, list[UUID]]:
    """Return resources, by dataset, that have been missing since before a moment, longer than their source's grace."""
    found = await run(
        session,
        text(
            "SELECT r.dataset_id, r.id FROM resource AS r JOIN dataset AS d ON d.id = r.dataset_id "
            "LEFT JOIN harvest_plan AS p ON p.source_id = d.source_id WHERE r.missing_since IS NOT NULL "
            "AND r.deleted_at IS NULL AND r.missing_since <= CAST(:now AS timestamptz) "
            "- make_interval(days => coalesce(p.grace_days, 7)) ORDER BY r.missing_since LIMIT :limit"
        ),
        {"now": before, "limit": limit},
    )
    grouped: dict[UUID, list[UUID]] = {}
    for row in found:
        grouped.setdefault(row.dataset_id, []).append(row.id)
    return grouped


async def prune(db: Database, before: datetime) -> None:
    """Forget runs that ended before a moment, but the last one of each source that came to its end."""
    await db.execute(
        "DELETE FROM harvest_run AS r WHERE finished_at < $1 AND id IS DISTINCT FROM "
        "(SELECT max(l.id::text)::uuid FROM harvest_run AS l WHERE l.source_id = r.source_id "
        "AND l.complete AND NOT l.dry_run)",
        before,
    )
