"""The worker process of the catalog."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from services.catalog.jobs import remove_old_contents
from services.catalog.migrations import MIGRATIONS
from services.catalog.operations import harvests, links, suggestions
from services.catalog.operations import resources as operations
from services.catalog.operations.harvest_runs import HarvestRuns
from services.catalog.operations.links import LinkChecks
from services.catalog.operations.pace import HostPace
from services.catalog.settings import CatalogSettings
from shared.app import open_context, worker_parts
from shared.contracts.validation import SchemaSuggested, ValidationCompleted
from shared.messaging.events import Routes
from shared.messaging.work import Work, WorkTable
from shared.messaging.worker import Clockwork, Worker, WorkerParts

HARVEST_LEASE = timedelta(seconds=60)
LINK_LEASE = timedelta(seconds=60)
LINK_ATTEMPTS = 3
TICK = timedelta(seconds=20)


def create_worker(settings: CatalogSettings, routes: Routes) -> Worker:
    """Return the worker; it opens its connections when it runs."""
    return Worker("catalog", lambda: _open_parts(settings, routes))


@asynccontextmanager
async def _open_parts(settings: CatalogSettings, routes: Routes) -> AsyncIterator[WorkerParts]:
    async with open_context(MIGRATIONS, settings) as context:
        pace = HostPace(settings.catalog_host_pause_seconds)
        harvests_table = WorkTable(
            context.db,
            harvests.KIND,
            lease=HARVEST_LEASE,
            max_attempts=settings.catalog_harvest_max_attempts,
        )
        runs = HarvestRuns(context, harvests_table, pace)
        hosts_table = WorkTable(context.db, links.KIND, lease=LINK_LEASE, max_attempts=LINK_ATTEMPTS)
        checks = LinkChecks(context, hosts_table, pace)
        yield worker_parts(
            context,
            routes,
            handlers={ValidationCompleted: operations.record_verdict, SchemaSuggested: suggestions.record},
            work=[
                Work(harvests.KIND, harvests_table, runs.run, runs.gave_up, settings.catalog_harvest_slots),
                Work(links.KIND, hosts_table, checks.run, checks.gave_up, settings.catalog_link_slots),
            ],
            clockwork=[
                Clockwork("remove old contents", timedelta(hours=6), partial(remove_old_contents, context)),
                Clockwork("start due harvests", TICK, partial(harvests.clock_tick, context), at_start=True),
                Clockwork(
                    "remove missing resources",
                    timedelta(hours=1),
                    partial(operations.remove_missing, context),
                    at_start=True,
                ),
                Clockwork("take in new links", timedelta(minutes=5), partial(links.enroll, context)),
                Clockwork("check due links", TICK, partial(links.clock_tick, context)),
                Clockwork("forget old link events", timedelta(days=1), partial(links.prune, context)),
                Clockwork("forget old harvests", timedelta(days=1), partial(harvests.prune, context)),
            ],
        )
