"""How often a caller may ask: counters in Redis shared by all processes, in memory while Redis is away.

Fixed windows, each key's shifted by its own hash so that not everybody's quota comes back in the same second. One
Redis round trip per hit, and `reset_seconds` is exact: after it the whole quota is there again.
"""

import asyncio
import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.storage.redis.redispy import RedispyBridge
from limits.errors import StorageError

from shared.problems import TooManyRequests

REDIS_TIMEOUT_SECONDS = 0.25
RETRY_REDIS_SECONDS = 5.0
MAX_KEYS_IN_MEMORY = 10_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a hit is allowed, and what is left: `remaining` of `limit` hits for the next `reset_seconds`."""

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: int
    window_seconds: int

    def headers(self, name: str = "default") -> dict[str, str]:
        """Return the response headers of the policy `name` (draft-ietf-httpapi-ratelimit-headers-10), with Retry-After
        (RFC 9110, section 10.2.3) when the hit is refused."""
        headers = {
            "RateLimit-Policy": f'"{name}";q={self.limit};w={self.window_seconds}',
            "RateLimit": f'"{name}";r={self.remaining};t={self.reset_seconds}',
        }
        if not self.allowed:
            headers["Retry-After"] = str(self.reset_seconds)
        return headers

    def problem(self, name: str = "default") -> TooManyRequests:
        """Return the 429 to raise for a refused hit, headers included."""
        return TooManyRequests(
            fr=f"La limite de {self.limit} requêtes par {_duration_fr(self.window_seconds)} est atteinte (« {name} »). "
            f"Réessayez dans {self.reset_seconds} s (en-tête Retry-After) ; une clé d'API relève bien des limites.",
            en=f"The limit of {self.limit} requests per {_duration_en(self.window_seconds)} is reached (`{name}`). "
            f"Try again in {self.reset_seconds} s (Retry-After header); an API key raises most limits.",
            headers=self.headers(name),
            limit_name=name,
            limit=self.limit,
            retry_after=self.reset_seconds,
        )


class RateLimiter:
    """Counts hits. `store` is a Redis URL (`redis://`, `rediss://` or `unix://`), or a storage of `limits`.

    Never raises because of Redis: while it is away each process counts for itself (`degraded`), and asks Redis
    again every RETRY_REDIS_SECONDS.
    """

    def __init__(self, store: str | Storage, *, now: Callable[[], float] = time.time) -> None:
        self._shared = _redis(store) if isinstance(store, str) else store
        self._memory = MemoryStorage()
        self._now = now
        self._retry_at: float | None = None

    @property
    def degraded(self) -> bool:
        """Whether hits are counted in this process only, Redis being away."""
        return self._retry_at is not None

    async def hit(self, rule: str, key: str) -> Verdict:
        """Count one hit of `key` under `rule`, such as `60/minute` or `10/5 seconds`, and judge it.

        Raises ValueError when `rule` is not one.
        """
        item = _parsed(rule)
        window = item.get_expiry()
        digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16)
        # Shifted within the window, in whole seconds, so that the header's seconds are exact.
        moment = self._now() + int.from_bytes(digest.digest()) % window
        count = await self._count(
            f"{item.amount}:{window}:{digest.hexdigest()}:{int(moment // window)}", window
        )
        return Verdict(
            allowed=count <= item.amount,
            limit=item.amount,
            remaining=max(0, item.amount - count),
            reset_seconds=max(1, math.ceil(window - moment % window)),
            window_seconds=window,
        )

    async def close(self) -> None:
        """Close the connections to Redis."""
        if isinstance(self._shared, RedisStorage) and isinstance(self._shared.bridge, RedispyBridge):
            await cast(Any, self._shared.bridge.get_connection()).aclose()  # its protocol forgets to name it

    async def _count(self, key: str, window: int) -> int:
        monotonic = asyncio.get_running_loop().time()
        if self._retry_at is not None and monotonic < self._retry_at:
            return await self._count_in_memory(key, window)
        if self._retry_at is not None:
            self._retry_at = monotonic + RETRY_REDIS_SECONDS  # one hit tries, the others need not wait for it
        try:
            count = await self._shared.incr(key, window)
        except StorageError:
            self._retry_at = asyncio.get_running_loop().time() + RETRY_REDIS_SECONDS
            return await self._count_in_memory(key, window)
        self._retry_at = None
        return count

    async def _count_in_memory(self, key: str, window: int) -> int:
        # The storage looks through all its keys at each hit: a flood from many addresses must not make that dear.
        if len(self._memory.storage) >= MAX_KEYS_IN_MEMORY:
            await self._memory.reset()
        return await self._memory.incr(key, window)


@lru_cache(maxsize=256)
def _parsed(rule: str) -> RateLimitItem:
    return parse(rule)


def _redis(url: str) -> RedisStorage:
    return RedisStorage(
        url.replace("unix://", "redis+unix://", 1) if url.startswith("unix://") else url,
        wrap_exceptions=True,
        implementation="redispy",
        key_prefix="socle:limit",
        socket_timeout=REDIS_TIMEOUT_SECONDS,
        socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
    )


def _duration_fr(seconds: int) -> str:
    return {1: "seconde", 60: "minute", 3600: "heure", 86400: "jour"}.get(seconds, f"{seconds} s")


def _duration_en(seconds: int) -> str:
    return {1: "second", 60: "minute", 3600: "hour", 86400: "day"}.get(seconds, f"{seconds} s")
