"""PostgreSQL: one transaction per unit of work for writes, raw connections for hot reads."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import CursorResult, Executable, event
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


async def _register_types(connection: Any) -> None:
    # asyncpg's own UUID is a subclass, which orjson refuses.
    await connection.set_type_codec("uuid", encoder=str, decoder=UUID, schema="pg_catalog")
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, encoder=_dumps, decoder=orjson.loads, schema="pg_catalog")


async def _keep_session(_connection: Any) -> None:
    """Do without the statement that resets a session each time: nothing here changes one, locks are transactions'.

    asyncpg has rolled back what was left open by then.
    """


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Have SQLAlchemy's pool replace a connection that the server closed: asyncpg knows, without asking it."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def sqlalchemy_url(database_url: str) -> tuple[str, dict[str, Any]]:
    """Return the SQLAlchemy form of a libpq URL and the arguments that asyncpg wants apart.

    A `host` in the query (a folder with a Unix socket) is how an embedded server is named.
    """
    parts = urlsplit(database_url)
    query = dict(parse_qsl(parts.query))
    connect_args: dict[str, Any] = {}
    host = query.pop("host", None)
    if host is not None:
        connect_args["host"] = host
    if (port := query.pop("port", None)) is not None:
        connect_args["port"] = int(port)
    if (ssl := query.pop("sslmode", None)) is not None:
        connect_args["ssl"] = ssl
    url = urlunsplit(("postgresql+asyncpg", parts.netloc, parts.path, urlencode(query), ""))
    # urlunsplit drops the empty authority that a socket URL needs.
    if not parts.netloc:
        url = f"postgresql+asyncpg://{parts.path}"
    return url, connect_args


class OutcomeUnknown(Exception):
    """The connection was lost during a commit, which may have been done all the same."""


class Database:
    """One service's door to PostgreSQL: `search_path` is the service's own schema, time zone UTC."""

    def __init__(
        self, engine: AsyncEngine, pool: "asyncpg.Pool[asyncpg.Record]", url: str, schema: str
    ) -> None:
        self.engine = engine
        self.pool = pool
        self.url = url
        self.schema = schema
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

    @classmethod
    async def open(cls, database_url: str, *, schema: str, pool_size: int) -> Self:
        """Connect; raises `OSError` or `asyncpg.PostgresError` when the server does not answer."""
        settings = {
            "search_path": schema,
            "timezone": "UTC",
            "application_name": f"socle-{schema}",
            # Rows are looked up in memory or on solid-state disks: reading a whole table is seldom cheaper.
            "random_page_cost": "1.1",
        }
        url, connect_args = sqlalchemy_url(database_url)
        engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            connect_args={**connect_args, "server_settings": settings},
            # A parameter may be a value of somebody's file: errors, and so logs, do not show it.
            hide_parameters=True,
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
        )
        event.listen(engine.sync_engine, "checkout", _refuse_closed)
        pool = await asyncpg.create_pool(
            database_url,
            min_size=1,
            max_size=pool_size,
            server_settings=settings,
            init=_register_types,
            reset=_keep_session,
            command_timeout=60,
        )
        return cls(engine, pool, database_url, schema)

    async def close(self) -> None:
        """Close every connection."""
        await self.pool.close()
        await self.engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Give a session whose work commits when the block ends, and rolls back when it raises.

        Raises `OutcomeUnknown` when the connection is lost while it commits.
        """
        async with self._sessions() as session:
            yield session
            try:
                await session.commit()
            except Exception as error:
                if is_away(error):
                    raise OutcomeUnknown from error
                raise

    async def fetch(self, sql: str, *args: Any) -> "list[asyncpg.Record]":
        """Return the rows of a read, on a raw connection (for the hot paths)."""
        rows: list[asyncpg.Record] = await self.pool.fetch(sql, *args)
        return rows

    async def fetchrow(self, sql: str, *args: Any) -> "asyncpg.Record | None":
        """Return the first row of a read, or None."""
        return await self.pool.fetchrow(sql, *args)

    async def fetchval(self, sql: str, *args: Any) -> Any:
        """Return the first value of the first row, or None."""
        return await self.pool.fetchval(sql, *args)

    async def execute(self, sql: str, *args: Any) -> str:
        """Run one statement in its own transaction and return PostgreSQL's command tag (`UPDATE 1`)."""
        tag: str = await self.pool.execute(sql, *args)
        return tag


def is_away(error: BaseException) -> bool:
    """Tell whether an error means that the server does not answer, or cut the connection."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or isinstance(error, InterfaceError | OperationalError)
    return isinstance(
        error,
        OutcomeUnknown
        | OSError
        | PoolTimeout
        | asyncpg.InterfaceError
        | asyncpg.PostgresConnectionError
        | asyncpg.OperatorInterventionError
        | asyncpg.InsufficientResourcesError,
    )


async def run(
    session: AsyncSession,
    statement: Executable,
    parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
) -> CursorResult[Any]:
    """Run a statement that is not about one model, in the session's transaction; once for each set of parameters."""
    connection = await session.connection()
    return await connection.execute(statement, parameters)
