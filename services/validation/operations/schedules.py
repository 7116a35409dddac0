"""Scheduled validations: made, changed, paused, run when due. Operations never commit."""

from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.domain.ownership import owner_name
from services.validation.domain.problems import ScheduleNotFound, TooManySchedules
from services.validation.domain.schedules import Frequency, next_run
from services.validation.operations import schedule_verdicts
from services.validation.operations.context import ValidationContext
from services.validation.schemas.schedules import ScheduleInput, SchedulePatch
from services.validation.store import schedules as store
from services.validation.tables import Schedule, ScheduleRun
from shared import idempotency
from shared.auth import Caller
from shared.clock import now
from shared.ids import new_id
from shared.observability.logging import current_request_id

KIND = "schedule_run"
RUNS_KEPT = timedelta(days=400)


def owner_of(caller: Caller) -> str:
    """Return the owner of what a caller with a key makes."""
    owner = owner_name(caller.key_id, caller.owner_siren)
    assert owner is not None, "asked without a key"
    return owner


async def create(
    context: ValidationContext,
    session: AsyncSession,
    body: ScheduleInput,
    *,
    caller: Caller,
    key: str | None,
    moment: datetime,
) -> UUID:
    """Make a schedule, due at once, and return its id; an equal request made before with the same key gives its id.

    Raises `UnknownSchema`, `UrlNotAllowed`, `TooManySchedules`, `IdempotencyKeyReused`.
    """
    context.registry.choose(body.schema_)
    context.http.check(body.url)
    schedule_id = new_id()
    replayed = await idempotency.claim(
        session,
        caller=caller.name,
        key=key,
        request_fingerprint=idempotency.fingerprint("schedule", body.model_dump_json()),
        resource_id=schedule_id,
    )
    if replayed is not None:
        return replayed
    owner = owner_of(caller)
    if await store.count(session, owner) >= (limit := context.settings.validation_schedules_per_owner):
        raise TooManySchedules.past(limit)
    schedule = Schedule(
        id=schedule_id,
        owner=owner,
        caller=caller.name,
        label=body.label,
        url=body.url,
        schema_reference=body.schema_,
        frequency=body.frequency,
        created_at=moment,
        next_run_at=moment,
    )
    await store.add(session, schedule)
    return schedule_id


async def change(
    context: ValidationContext, session: AsyncSession, schedule: Schedule, body: SchedulePatch
) -> None:
    """Change a schedule held in the session; raises `UnknownSchema`, `UrlNotAllowed`."""
    if body.schema_ is not None:
        context.registry.choose(body.schema_)
        schedule.schema_reference = body.schema_
    if body.url is not None and body.url != schedule.url:
        context.http.check(body.url)
        schedule.url = body.url
        schedule.etag = schedule.last_modified = schedule.sha256 = schedule.outcome = None
        schedule.failures = 0
    if body.frequency is not None and body.frequency != schedule.frequency:
        schedule.frequency = body.frequency
        schedule.next_run_at = next_run(schedule.id, body.frequency, now())
    schedule.label = schedule.label if body.label is None else body.label
    await session.flush()


async def pause(session: AsyncSession, schedule: Schedule, moment: datetime) -> None:
    """Stop a schedule held in the session until it is resumed; paused already, it stays as it is."""
    if schedule.state == "active":
        schedule_verdicts.pause(
            schedule,
            "asked",
            moment,
            fr="En pause à votre demande : relancez-la (« resume ») quand vous voulez.",
            en="Paused at your request: `resume` it when you like.",
        )
    await session.flush()


async def resume(session: AsyncSession, schedule: Schedule, moment: datetime) -> None:
    """Let a schedule held in the session run again, at once; active already, it stays as it is."""
    if schedule.state == "paused":
        schedule.state, schedule.pause, schedule.failures = "active", None, 0
        schedule.next_run_at = moment
    await session.flush()


async def hold(session: AsyncSession, caller: Caller, schedule_id: UUID) -> Schedule:
    """Return a caller's schedule, locked until the transaction ends; raises `ScheduleNotFound`."""
    schedule = await store.hold(session, schedule_id, owner_of(caller))
    if schedule is None:
        raise ScheduleNotFound.of(schedule_id)
    return schedule


async def find(context: ValidationContext, caller: Caller, schedule_id: UUID) -> dict[str, Any]:
    """Return a caller's schedule as the API shows it; raises `ScheduleNotFound`."""
    row = await store.get(context.db, owner_of(caller), schedule_id)
    if row is None:
        raise ScheduleNotFound.of(schedule_id)
    return view(context, row)


async def start_due(context: ValidationContext, moment: datetime) -> list[UUID]:
    """Queue one turn of each schedule that is due, each once whatever the number of workers; return their ids."""
    started: list[UUID] = []
    while (turn := await _start_one(context, moment)) is not None:
        started.append(turn)
        await context.queue.ring_work("validation", KIND)
    return started


async def _start_one(context: ValidationContext, moment: datetime) -> UUID | None:
    async with context.db.transaction() as session:
        schedule = await store.hold_due(session, moment)
        if schedule is None:
            return None
        turn = ScheduleRun(
            id=new_id(),
            schedule_id=schedule.id,
            due_at=schedule.next_run_at,
            request_id=current_request_id(),
            created_at=moment,
        )
        await store.add_run(session, turn)
        # A worker that slept over several turns makes up for one.
        schedule.next_run_at = next_run(schedule.id, cast(Frequency, schedule.frequency), moment)
        return turn.id


async def clock_tick(context: ValidationContext) -> None:
    """Queue what is due now."""
    await start_due(context, now())


async def prune_runs(context: ValidationContext) -> None:
    """Forget the turns of more than a year ago."""
    await store.prune_runs(context.db, now() - RUNS_KEPT)


def view(context: ValidationContext, row: dict[str, Any]) -> dict[str, Any]:
    """Return a schedule as the API shows it (see `schemas.schedules.ScheduleView`)."""
    home = context.link(f"/validation/v1/schedules/{row['id']}")
    return {
        "id": str(row["id"]),
        "self": home,
        "label": row["label"],
        "url": row["url"],
        "schema": row["schema_reference"],
        "frequency": row["frequency"],
        "state": row["state"],
        "pause": row["pause"],
        "created_at": row["created_at"],
        "next_run_at": row["next_run_at"] if row["state"] == "active" else None,
        "failures": row["failures"],
        "outcome": row["outcome"],
        "links": {"runs": f"{home}/runs", "pause": f"{home}/pause", "resume": f"{home}/resume"},
    }


def run_view(context: ValidationContext, row: dict[str, Any]) -> dict[str, Any]:
    """Return a turn as the API shows it (see `schemas.schedules.RunView`)."""
    validated = row["validation_id"] is not None
    link = context.link(f"/validation/v1/validations/{row['validation_id']}") if validated else None
    schema = {"name": row["schema_name"], "version": row["schema_version"]} if row["schema_name"] else None
    return {
        **{name: row[name] for name in ("id", "due_at", "finished_at", "result", "outcome", "problem")},
        "validation": link,
        "schema": schema,
    }
