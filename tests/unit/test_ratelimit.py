"""Rate limits, on a real Redis and without it."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import redis
from limits.aio.storage import MemoryStorage

import shared.ratelimit
from shared.ratelimit import RateLimiter, Verdict

NOWHERE = "redis://127.0.0.1:1/0"


class Clock:
    """A clock that a test turns by hand."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.25

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["redis", "memory"])
async def limiter(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[RateLimiter]:
    """A limiter on each kind of store."""
    store = request.getfixturevalue("redis_url") if request.param == "redis" else MemoryStorage()
    limiter = RateLimiter(store, now=clock)
    yield limiter
    await limiter.close()


async def test_the_quota_is_exactly_the_quota(limiter: RateLimiter, clock: Clock) -> None:
    verdicts = [await limiter.hit("5/minute", "a") for _ in range(7)]
    assert [verdict.allowed for verdict in verdicts] == [True] * 5 + [False] * 2
    assert [verdict.remaining for verdict in verdicts] == [4, 3, 2, 1, 0, 0, 0]
    assert {(verdict.limit, verdict.window_seconds) for verdict in verdicts} == {(5, 60)}
    assert not limiter.degraded


async def test_after_the_seconds_it_names_the_whole_quota_is_back(limiter: RateLimiter, clock: Clock) -> None:
    for key in "abcdefgh":
        *_, verdict = [await limiter.hit("3/minute", key) for _ in range(3)]
        assert 1 <= verdict.reset_seconds <= 60
        clock.now += verdict.reset_seconds - 1.1
        assert not (await limiter.hit("3/minute", key)).allowed
        clock.now += 1.1
        assert [(await limiter.hit("3/minute", key)).remaining for _ in range(3)] == [2, 1, 0]


async def test_keys_and_rules_do_not_share(limiter: RateLimiter) -> None:
    for key in (
        "a",
        "b",
        "a/",
        "A",
        "é",
        "a\0",
        "\ud800",
        "",
        "x" * 100_000,
        "2001:db8::/64",
        "a:1",
        "LIMITS:a",
    ):
        assert (await limiter.hit("1/hour", key)).allowed, key[:20]
        assert not (await limiter.hit("1/hour", key)).allowed, key[:20]
        assert (await limiter.hit("2/hour", key)).allowed, key[:20]
        assert (await limiter.hit("1/day", key)).allowed, key[:20]


async def test_quotas_do_not_all_come_back_at_once(limiter: RateLimiter) -> None:
    resets = {(await limiter.hit("10/hour", f"key {number}")).reset_seconds for number in range(50)}
    assert len(resets) > 40


@pytest.mark.parametrize("rule", ["", "many", "0x5/minute", "5/fortnight", "5", "-5/minute"])
async def test_a_wrong_rule_is_a_mistake_of_ours(rule: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        await RateLimiter(MemoryStorage()).hit(rule, "a")


async def test_concurrent_hits_are_all_counted(limiter: RateLimiter) -> None:
    verdicts = await asyncio.gather(*(limiter.hit("20/hour", "a") for _ in range(60)))
    assert sum(verdict.allowed for verdict in verdicts) == 20


async def test_two_processes_share_one_quota(redis_url: str, clock: Clock) -> None:
    one, two = RateLimiter(redis_url, now=clock), RateLimiter(redis_url, now=clock)
    allowed = [(await limiter.hit("4/hour", "a")).allowed for limiter in (one, two) * 3]
    assert allowed == [True] * 4 + [False] * 2
    await one.close()
    await two.close()


async def test_redis_keeps_no_name_and_nothing_for_long(redis_url: str) -> None:
    limiter = RateLimiter(redis_url)
    await limiter.hit("5/minute", "192.0.2.7")
    await limiter.close()
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        (key,) = client.keys("*")
        assert re.fullmatch(r"socle:limit:5:60:[0-9a-f]{32}:\d+", key)
        assert 0 < client.ttl(key) <= 60


async def test_without_redis_each_process_counts_for_itself(clock: Clock) -> None:
    limiter = RateLimiter(NOWHERE, now=clock)
    verdicts = [await limiter.hit("3/minute", "a") for _ in range(5)]
    assert [verdict.allowed for verdict in verdicts] == [True] * 3 + [False] * 2
    assert limiter.degraded
    await limiter.close()


async def test_a_redis_that_hangs_delays_one_hit_only(monkeypatch: pytest.MonkeyPatch) -> None:
    connections = 0

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    limiter = RateLimiter(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
    verdicts = [await limiter.hit("50/minute", "a") for _ in range(60)]
    assert sum(verdict.allowed for verdict in verdicts) == 50
    assert limiter.degraded
    assert connections == 1
    await limiter.close()
    server.close()


async def test_a_redis_that_comes_back_is_used_again(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.ratelimit, "RETRY_REDIS_SECONDS", 0.2)
    upstream = redis.connection.parse_url(redis_url)  # type: ignore[no-untyped-call]
    server = await asyncio.start_server(_refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    limiter = RateLimiter(f"redis://127.0.0.1:{port}/{upstream['db']}")
    assert (await limiter.hit("5/hour", "a")).allowed
    assert limiter.degraded
    server.close()
    await server.wait_closed()
    server = await asyncio.start_server(_forward_to(upstream), "127.0.0.1", port)
    async with asyncio.timeout(10):
        while limiter.degraded:
            await asyncio.sleep(0.05)
            await limiter.hit("500/hour", "b")
    await limiter.close()
    server.close()


async def test_a_full_redis_degrades_too(redis_url: str) -> None:
    """What Redis refuses (here: the key holds a list) is an error of Redis like any other."""
    limiter = RateLimiter(redis_url, now=lambda: 1_800_000_000.0)
    await limiter.hit("5/hour", "a")
    with redis.Redis.from_url(redis_url) as client:
        (key,) = client.keys("*")
        client.delete(key)
        client.lpush(key, "not a number")
    assert (await limiter.hit("5/hour", "a")).allowed
    assert limiter.degraded
    await limiter.close()


async def test_a_flood_of_keys_without_redis_stays_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.ratelimit, "MAX_KEYS_IN_MEMORY", 100)
    limiter = RateLimiter(NOWHERE)
    for number in range(1000):
        await limiter.hit("5/hour", f"address {number}")
    assert len(limiter._memory.storage) <= 100
    await limiter.close()


def test_the_headers_follow_the_draft() -> None:
    left = Verdict(allowed=True, limit=60, remaining=12, reset_seconds=34, window_seconds=60)
    assert left.headers("api") == {"RateLimit-Policy": '"api";q=60;w=60', "RateLimit": '"api";r=12;t=34'}
    none = Verdict(allowed=False, limit=60, remaining=0, reset_seconds=7, window_seconds=3600)
    assert none.headers()["Retry-After"] == "7"


def test_the_refusal_is_a_429_with_its_headers() -> None:
    problem = Verdict(allowed=False, limit=60, remaining=0, reset_seconds=7, window_seconds=3600).problem(
        "api"
    )
    assert (problem.status, problem.headers["Retry-After"], problem.extra["retry_after"]) == (429, "7", 7)
    assert "60 requêtes par heure" in problem.fr
    assert "60 requests per hour" in problem.en


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


def _forward_to(
    upstream: dict[str, Any],
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """Return a server's handler that is a pipe to the Redis at `upstream`."""

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if "path" in upstream:
            other_reader, other_writer = await asyncio.open_unix_connection(upstream["path"])
        else:
            other_reader, other_writer = await asyncio.open_connection(upstream["host"], upstream["port"])

        async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while part := await source.read(65536):
                target.write(part)
            target.close()

        await asyncio.gather(copy(reader, other_writer), copy(other_reader, writer), return_exceptions=True)

    return forward
