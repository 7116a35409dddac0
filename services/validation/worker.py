"""The worker process of the validation service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from services.validation.jobs import ValidationJobs
from services.validation.operations import uploads, withdrawals
from services.validation.operations import validations as operations
from services.validation.operations.children import ChildPool
from services.validation.operations.context import open_validation
from services.validation.operations.submissions import validate_resource
from services.validation.settings import ValidationSettings
from shared.app import worker_parts
from shared.contracts.catalog import ResourceRegistered
from shared.messaging.events import Routes
from shared.messaging.work import Work, WorkTable
from shared.messaging.worker import Clockwork, Worker, WorkerParts


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
        try:
            await children.warm()
            yield worker_parts(
                context,
                routes,
                handlers={ResourceRegistered: partial(validate_resource, context)},
                work=[Work(operations.KIND, table, jobs.run, jobs.gave_up, settings.validation_processes)],
                clockwork=[
                    Clockwork(
                        "end what awaits too long",
                        timedelta(minutes=10),
                        partial(withdrawals.expire, context),
                        at_start=True,
                    ),
                    Clockwork("remove old uploads", timedelta(hours=1), partial(uploads.remove_old, context)),
                    Clockwork(
                        "remove orphan uploads", timedelta(hours=6), partial(uploads.remove_orphans, context)
                    ),
                ],
            )
        finally:
            await children.close()
