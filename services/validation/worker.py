"""The worker process of the validation service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from services.validation.jobs import ValidationJobs, remove_old_uploads, remove_orphan_uploads
from services.validation.migrations import MIGRATIONS
from services.validation.operations import validations as operations
from services.validation.operations.children import ChildPool
from services.validation.settings import ValidationSettings
from shared.app import open_context, worker_parts
from shared.contracts.catalog import ResourceRegistered
from shared.messaging.events import Routes
from shared.messaging.work import Work, WorkTable
from shared.messaging.worker import Clockwork, Worker, WorkerParts


def create_worker(settings: ValidationSettings, routes: Routes) -> Worker:
    """Return the worker; it opens its connections and processes when it runs."""
    return Worker("validation", lambda: _open_parts(settings, routes))


@asynccontextmanager
async def _open_parts(settings: ValidationSettings, routes: Routes) -> AsyncIterator[WorkerParts]:
    async with open_context(MIGRATIONS, settings) as context:
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
                handlers={ResourceRegistered: operations.validate_resource},
                work=[Work(operations.KIND, table, jobs.run, jobs.gave_up, settings.validation_processes)],
                clockwork=[
                    Clockwork("remove old uploads", timedelta(hours=1), partial(remove_old_uploads, context)),
                    Clockwork(
                        "remove orphan uploads", timedelta(hours=6), partial(remove_orphan_uploads, context)
                    ),
                ],
            )
        finally:
            await children.close()
