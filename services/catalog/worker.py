"""The worker process of the catalog."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from services.catalog.jobs import remove_old_contents
from services.catalog.migrations import MIGRATIONS
from services.catalog.operations import resources as operations
from services.catalog.settings import CatalogSettings
from shared.app import open_context, worker_parts
from shared.contracts.validation import ValidationCompleted
from shared.messaging.events import Routes
from shared.messaging.worker import Clockwork, Worker, WorkerParts


def create_worker(settings: CatalogSettings, routes: Routes) -> Worker:
    """Return the worker; it opens its connections when it runs."""
    return Worker("catalog", lambda: _open_parts(settings, routes))


@asynccontextmanager
async def _open_parts(settings: CatalogSettings, routes: Routes) -> AsyncIterator[WorkerParts]:
    async with open_context(MIGRATIONS, settings) as context:
        yield worker_parts(
            context,
            routes,
            handlers={ValidationCompleted: operations.record_verdict},
            clockwork=[
                Clockwork("remove old contents", timedelta(hours=6), partial(remove_old_contents, context))
            ],
        )
