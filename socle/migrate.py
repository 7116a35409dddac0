"""Bring the database's schemas to their newest version: the kernel's first, then each service's."""

import logging
from collections.abc import Iterable

from shared.migrations import ACCESS, Migrations
from shared.migrations.upgrading import upgrade
from socle.topology import SERVICES

# Alembic announces its transactions at each step; what was applied is returned.
logging.getLogger("alembic").setLevel(logging.WARNING)


def every_migration(names: Iterable[str] = ()) -> list[Migrations]:
    """Return the migrations of the named services (all when none is named), the kernel's always first."""
    return [ACCESS, *(SERVICES[name].migrations for name in tuple(names) or tuple(SERVICES))]


async def upgrade_all(database_url: str, names: Iterable[str] = ()) -> dict[str, list[str]]:
    """Upgrade the schemas and return the revisions applied to each.

    Raises:
        OSError, asyncpg.PostgresError: the database does not answer or refuses.
    """
    return {
        migrations.schema: await upgrade(database_url, migrations) for migrations in every_migration(names)
    }
