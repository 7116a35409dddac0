"""What a verdict, or a failure, does to the schedule that asked for it. Operations never commit."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.domain.schedules import MOST_FAILURES, Frequency, retry_at
from services.validation.store import schedules as store
from services.validation.tables import Schedule
from shared.changes.log import record_change
from shared.clock import now
from shared.problems import Problem

VERDICT_CHANGED = "schedule.verdict_changed"
PAUSED = "schedule.paused"


async def note(session: AsyncSession, validation: Mapping[str, Any]) -> None:
    """Take what a validation that just ended says into its schedule; tell a change of verdict."""
    schedule = await store.hold(session, validation["schedule_id"])
    if schedule is None or validation["state"] == "cancelled":
        return
    if validation["outcome"] is None:
        # The next turn looks at the file whole: what was kept of this one is no reason to call it unchanged.
        schedule.etag = schedule.last_modified = schedule.sha256 = None
        await fail(session, schedule, validation["problem"], now())
        return
    schedule.failures = 0
    previous, schedule.outcome = schedule.outcome, validation["outcome"]
    if previous is not None and previous != schedule.outcome:
        await verdict_changed(session, schedule, validation, previous)
    await session.flush()


async def verdict_changed(
    session: AsyncSession, schedule: Schedule, validation: Mapping[str, Any], previous: str
) -> None:
    """Tell the webhooks of the schedule's owner that its file became valid, or no longer is."""
    await record_change(
        session,
        VERDICT_CHANGED,
        schedule.id,
        {
            "label": schedule.label,
            "url": schedule.url,
            "previous": previous,
            "outcome": validation["outcome"],
            "validation_id": str(validation["id"]),
            "errors": validation["errors"],
        },
        audience=schedule.caller,
    )


async def fail(
    session: AsyncSession, schedule: Schedule, problem: Mapping[str, Any] | None, moment: datetime
) -> None:
    """Count a failure: the next turn waits longer; after too many in a row the schedule is paused, and says why."""
    schedule.failures += 1
    if schedule.state == "active" and schedule.failures >= MOST_FAILURES:
        pause(
            schedule,
            "failures",
            moment,
            fr=f"{schedule.failures} échecs de suite : corrigez la cause (« problem »), puis relancez (« resume »).",
            en=f"{schedule.failures} failures in a row: correct the cause (see `problem`), then `resume`.",
            problem=problem,
        )
        told = {"label": schedule.label, "url": schedule.url, "failures": schedule.failures}
        await record_change(session, PAUSED, schedule.id, told, audience=schedule.caller)
    else:
        schedule.next_run_at = retry_at(cast(Frequency, schedule.frequency), schedule.failures, moment)
    await session.flush()


def pause(
    schedule: Schedule,
    reason: str,
    moment: datetime,
    *,
    fr: str,
    en: str,
    problem: Mapping[str, Any] | None = None,
) -> None:
    """Stop a schedule until it is resumed, and say why."""
    schedule.state = "paused"
    schedule.pause = {
        "reason": reason,
        "since": moment.isoformat(),
        "detail": fr,
        "detail_en": en,
        "problem": None if problem is None else dict(problem),
    }


def told(problem: Problem) -> dict[str, Any]:
    """Return a problem as it is kept."""
    document: dict[str, Any] = orjson.loads(problem.body())
    return document
