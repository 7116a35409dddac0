"""The worker process of the validation service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from services.validation.jobs import ValidationJobs
from services.validation.operations import label_life, label_subjects, schedules, uploads, withdrawals
from services.validation.operations import validations as operations
from services.validation.operations.children import ChildPool
from services.validation.operations.context import open_validation
from services.validation.operations.schedule_turns import ScheduleTurns
from services.validation.operations.schema_sync import sync_clockwork
from services.validation.operations.submissions import validate_resource
from services.validation.operations.suggestions import suggest_schema
from services.validation.settings import ValidationSettings
from shared.app import worker_parts
from shared.contracts.catalog import DatasetPublished, DatasetRemoved, ResourceRegistered, ResourceUndeclared
from shared.contracts.directory import ExportModuleChanged, ProgicielChanged, UsageChanged
from shared.messaging.events import Routes
from shared.messaging.work import Work, WorkTable
from shared.messaging.worker import Clockwork, Worker, WorkerParts

# A scheduled file is fetched within its turn; the validation that follows is work of its own.
TURNS_AT_ONCE = 4
TURN_LEASE = timedelta(seconds=60)
TICK = timedelta(seconds=20)
LABELS_TICK = timedelta(minutes=10)


def create_worker(settings: ValidationSettings, routes: Routes) -> Worker:
    """Return the worker; it opens its connections and processes when it runs."""
    return Worker("validation", lambda: _open_parts(settings, routes))


@asynccontextmanager
async def _open_parts(settings: ValidationSettings, routes: Routes) -> AsyncIterator[WorkerParts]:
    async with open_validation(settings) as context:
        children = ChildPool.of(settings, settings.validation_processes)
        table = WorkTable(
            context.db,
            "validation",
            lease=timedelta(seconds=settings.validation_lease_seconds),
            max_attempts=settings.validation_max_attempts,
        )
        jobs = ValidationJobs(context, children, table)
        turns_table = WorkTable(
            context.db, schedules.KIND, lease=TURN_LEASE, max_attempts=settings.validation_max_attempts
        )
        turns = ScheduleTurns(context, turns_table)
        try:
            await children.warm()
            yield worker_parts(
                context,
                routes,
                handlers={
                    ResourceRegistered: partial(validate_resource, context),
                    ResourceUndeclared: partial(suggest_schema, context),
                    DatasetPublished: label_subjects.follow_published,
                    DatasetRemoved: label_subjects.follow_removed,
                    ProgicielChanged: label_subjects.follow_progiciel,
                    ExportModuleChanged: label_subjects.follow_module,
                    UsageChanged: label_subjects.follow_usage,
                },
                work=[
                    Work(operations.KIND, table, jobs.run, jobs.gave_up, settings.validation_processes),
                    Work(schedules.KIND, turns_table, turns.run, turns.gave_up, TURNS_AT_ONCE),
                ],
                clockwork=[
                    Clockwork(
                        "end what awaits too long",
                        timedelta(minutes=10),
                        partial(withdrawals.expire, context),
                        at_start=True,
                    ),
                    *sync_clockwork(context),
                    Clockwork(
                        "start what is due", TICK, partial(schedules.clock_tick, context), at_start=True
                    ),
                    Clockwork(
                        "look after labels", LABELS_TICK, partial(label_life.tick, context), at_start=True
                    ),
                    Clockwork("forget old turns", timedelta(days=1), partial(schedules.prune_runs, context)),
                    Clockwork("remove old uploads", timedelta(hours=1), partial(uploads.remove_old, context)),
                    Clockwork(
                        "remove orphan uploads", timedelta(hours=6), partial(uploads.remove_orphans, context)
                    ),
                ],
            )
        finally:
            await children.close()
