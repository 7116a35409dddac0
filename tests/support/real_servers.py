"""Look for a PostgreSQL and a Redis on loopback that tests may use, and print them as `SOCLE_TEST_*=…` lines."""

import asyncio
import contextlib
import getpass

import asyncpg
import redis

PORT_POSTGRES = 5432
PORT_REDIS = 6379


async def postgres_url() -> str | None:
    """Return the URL of a server on which we may create databases without a password."""
    for user in dict.fromkeys((getpass.getuser(), "postgres")):
        url = f"postgresql://{user}@127.0.0.1:{PORT_POSTGRES}/postgres"
        with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection = await asyncpg.connect(url, timeout=3, passfile=None)
            try:
                allowed = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
                if await connection.fetchval(allowed):
                    return url
            finally:
                await connection.close()
    return None


def redis_url() -> str | None:
    """Return the URL of a Redis that answers without a password."""
    url = f"redis://127.0.0.1:{PORT_REDIS}/0"
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2) as client:
            client.ping()
    except (redis.RedisError, OSError):
        return None
    return url


def main() -> None:
    """Print both, or nothing unless both answer."""
    database, queue = asyncio.run(postgres_url()), redis_url()
    if database is not None and queue is not None:
        print(f"SOCLE_TEST_DATABASE_URL={database}")  # noqa: T201
        print(f"SOCLE_TEST_REDIS_URL={queue}")  # noqa: T201


if __name__ == "__main__":
    main()
