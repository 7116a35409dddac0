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

    Raises:
        RuntimeError: every database is claimed.
    """
    with redis.Redis.from_url(with_database(server_url, 0)) as register:
        count = int(register.config_get("databases")["databases"])
        for number in range(1, count):
            if register.set(f"socle-test:claim:{number}", "1", nx=True, ex=CLAIM_SECONDS):
                break
        else:
            raise RuntimeError(f"all {count - 1} Redis databases are claimed by other test runs")
        url = with_database(server_url, number)
        try:
            flush(url)
            yield Claim(url)
        finally:
            flush(url)
            register.delete(f"socle-test:claim:{number}")


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
