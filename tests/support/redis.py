"""A numbered Redis database per test worker, claimed on the server so that two runs never share one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis

CLAIM_SECONDS = 2 * 3600


@dataclass(frozen=True)
class Claim:
    """A database of our own."""

    url: str


@contextmanager
def claim_redis(server_url: str) -> Iterator[Claim]:
    """Claim a free database of the server and give it back, empty, at the end.

    A database that holds anything is somebody's and is never touched.

    Raises:
        RuntimeError: every database is claimed or holds something.
    """
    with redis.Redis.from_url(with_database(server_url, 0)) as register:
        count = int(register.config_get("databases")["databases"])
        for number in range(1, count):
            url = with_database(server_url, number)
            if empty(url) and register.set(f"socle-test:claim:{number}", "1", nx=True, ex=CLAIM_SECONDS):
                break
        else:
            raise RuntimeError(f"none of the Redis databases 1 to {count - 1} is empty and free")
        try:
            yield Claim(url)
        finally:
            flush(url)
            register.delete(f"socle-test:claim:{number}")


def empty(url: str) -> bool:
    """Tell whether the database holds nothing."""
    with redis.Redis.from_url(url) as client:
        return int(client.dbsize()) == 0


def flush(url: str) -> None:
    """Remove every key of the database."""
    with redis.Redis.from_url(url) as client:
        client.flushdb()


def with_database(url: str, number: int) -> str:
    """Return the URL of another numbered database of the same server."""
    if url.startswith("unix:"):
        return f"{url.split('?', 1)[0]}?db={number}"
    scheme, rest = url.split("://", 1)
    return f"{scheme}://{rest.split('/', 1)[0]}/{number}"
