"""PostgreSQL databases for tests: made, migrated once per worker, emptied after each test, dropped at the end."""

import secrets
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tests.support.loop import LoopThread

# Children before parents, so that no foreign key is in the way; migrations' own records stay.
TABLES_CHILDREN_FIRST = """
WITH RECURSIVE owned AS (
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'alembic_version'
      AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
), depths AS (
    SELECT oid, 0 AS depth FROM owned
    UNION
    SELECT k.conrelid, d.depth + 1 FROM depths d
    JOIN pg_constraint k ON k.confrelid = d.oid AND k.contype = 'f' AND k.conrelid <> k.confrelid
    WHERE d.depth < 30
)
SELECT o.name FROM owned o JOIN depths d USING (oid) GROUP BY o.name ORDER BY max(d.depth) DESC, o.name
"""


class Databases:
    """The databases of one test worker on one server. `url` may name any database of that server."""

    def __init__(self, url: str) -> None:
        self._admin_url = url
        self._loop = LoopThread()
        self._made: list[str] = []
        self._keepers: dict[str, Any] = {}
        self._emptying: dict[str, str] = {}

    def create(self) -> str:
        """Make an empty database and return its URL."""
        name = f"socle_test_{secrets.token_hex(6)}"
        self._admin(f'CREATE DATABASE "{name}"')
        url = with_database(self._admin_url, name)
        self._made.append(url)
        return url

    def create_migrated(self) -> str:
        """Make a database with the tables of every service, and remember which tables to empty."""
        url = self.create()
        self._loop.call(migrate(url))
        self._emptying[url] = self._loop.call(self._emptying_statements(url))
        return url

    def empty(self, url: str) -> None:
        """Delete every row written since the migrations.

        Raises:
            asyncpg.LockNotAvailableError: the test left a transaction open.
        """
        if self._emptying[url]:
            self._loop.call(self._keepers[url].execute(self._emptying[url]))

    def drop(self, url: str) -> None:
        """Remove a database, even one that something is still connected to."""
        keeper = self._keepers.pop(url, None)
        if keeper is not None:
            self._loop.call(keeper.close())
        self._admin(f'DROP DATABASE IF EXISTS "{urlsplit(url).path[1:]}" WITH (FORCE)')
        self._made.remove(url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for url in list(self._made):
            self.drop(url)
        self._loop.close()

    async def _emptying_statements(self, url: str) -> str:
        """Return one statement per table. A table that a migration filled holds reference data and stays."""
        keeper = self._keepers[url] = await asyncpg.connect(url, server_settings={"lock_timeout": "10s"})
        names = [row["name"] for row in await keeper.fetch(TABLES_CHILDREN_FIRST)]
        filled = [name for name in names if await keeper.fetchval(f"SELECT EXISTS (SELECT FROM {name})")]
        return "".join(_emptied(name) for name in names if name not in filled)

    def _admin(self, statement: str) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(self._admin_url)
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        self._loop.call(run())


def _emptied(name: str) -> str:
    # Some tables refuse to lose a row.
    return (
        f"ALTER TABLE {name} DISABLE TRIGGER USER;DELETE FROM {name};ALTER TABLE {name} ENABLE TRIGGER USER;"
    )


def with_database(url: str, name: str) -> str:
    """Return the URL of another database of the same server."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc or "@", f"/{name}", parts.query, ""))


async def migrate(url: str) -> None:
    """Bring every service's schema to its newest version."""
    from socle.migrate import upgrade_all

    await upgrade_all(url)
