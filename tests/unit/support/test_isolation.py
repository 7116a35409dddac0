"""The fixtures keep their promises: nothing leaves the machine, nothing survives from test to test."""

import asyncio
import socket

import asyncpg
import pytest
import redis

from tests.support.network import OutsideNetworkError

ACCESS_KEYS = "access.api_key"


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "2001:db8::1"])
def test_connecting_outside_is_refused(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as connection, pytest.raises(OutsideNetworkError):
        connection.connect((host, 80))


def test_resolving_an_outside_name_is_refused() -> None:
    with pytest.raises(OutsideNetworkError):
        socket.getaddrinfo("example.org", 443)


def test_loopback_is_open() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        assert client.getpeername() == server.getsockname()


async def count_keys(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        found: int = await connection.fetchval(f"SELECT count(*) FROM {ACCESS_KEYS}")
        return found
    finally:
        await connection.close()


@pytest.mark.parametrize("turn", [1, 2])
async def test_rows_do_not_survive_a_test(database_url: str, turn: int) -> None:
    assert await count_keys(database_url) == 0
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        f"INSERT INTO {ACCESS_KEYS} (id, digest, label, scopes, created_at) VALUES ('k', '\\x00', '', '{{}}', now())"
    )
    await connection.close()
    assert await count_keys(database_url) == 1


@pytest.mark.parametrize("turn", [1, 2])
def test_keys_do_not_survive_a_test(redis_url: str, turn: int) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", turn)


def test_an_empty_database_has_no_table(empty_database_url: str) -> None:
    async def schemas() -> list[str]:
        connection = await asyncpg.connect(empty_database_url)
        try:
            rows = await connection.fetch(
                "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
            )
        finally:
            await connection.close()
        return [row["nspname"] for row in rows]

    assert asyncio.run(schemas()) == ["public"]
