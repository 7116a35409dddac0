"""The worker process of the directory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.directory.jobs import HANDLERS, clockwork, work
from services.directory.migrations import MIGRATIONS
from services.directory.settings import DirectorySettings
from shared.app import open_context, worker_parts
from shared.messaging.events import Routes
from shared.messaging.worker import Worker, WorkerParts


def create_worker(settings: DirectorySettings, routes: Routes) -> Worker:
    """Return the worker; it opens its connections when it runs."""
    return Worker("directory", lambda: _open_parts(settings, routes))


@asynccontextmanager
async def _open_parts(settings: DirectorySettings, routes: Routes) -> AsyncIterator[WorkerParts]:
    async with open_context(MIGRATIONS, settings) as context:
        yield worker_parts(
            context, routes, handlers=HANDLERS, work=work(context), clockwork=clockwork(context)
        )
