"""Bring the database's schemas to their newest version: the kernel's first, then each service's."""

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from shared.migrations import ACCESS, Migrations, upgrade
from socle.topology import SERVICES


def every_migration(names: Iterable[str] = ()) -> list[Migrations]:
    """Return the migrations of the named services (all when none is named), the kernel's always first."""
    chosen = tuple(names) or tuple(SERVICES)
    return [ACCESS, *(of_service(name) for name in chosen if find_spec(f"services.{name}.migrations"))]


def of_service(name: str) -> Migrations:
    """Return the migrations of one service, found beside its code."""
    package = import_module(f"services.{name}")
    assert package.__file__ is not None
    return Migrations(name, Path(package.__file__).parent / "migrations")


async def upgrade_all(database_url: str, names: Iterable[str] = ()) -> dict[str, list[str]]:
    """Upgrade the schemas and return the revisions applied to each.

    Raises:
        OSError, asyncpg.PostgresError: the database does not answer or refuses.
    """
    return {
        migrations.schema: await upgrade(database_url, migrations) for migrations in every_migration(names)
    }
