"""The Redis side of the messaging: job queues of arq, and a bell for each that wakes a sleeping worker at once."""

from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import orjson
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from shared.observability.logging import get_logger

logger = get_logger(__name__)

# Jobs are only a wake-up: what must not be lost is in Postgres. Waiting long is no reason to drop one.
EXPIRES_MS = 30 * 24 * 3600 * 1000
BELL_KEPT = 1000


def serialize(value: dict[str, Any]) -> bytes:
    """Return the bytes of a job as arq keeps it: JSON, never pickle."""
    return orjson.dumps(value)


def deserialize(data: bytes) -> dict[str, Any]:
    """Return the job held by bytes made by `serialize`."""
    value: dict[str, Any] = orjson.loads(data)
    return value


def queue_name(service: str) -> str:
    """Return the name of a service's queue."""
    return f"socle:{service}:queue"


def bell_name(service: str) -> str:
    """Return the name of the list on which a service's idle workers wait."""
    return f"socle:{service}:bell"


def work_bell_name(service: str) -> str:
    """Return the name of the list that tells a service's workers which kinds of long work wait."""
    return f"socle:{service}:work"


def open_redis(redis_url: str) -> ArqRedis:
    """Return a client of Redis or Valkey; it connects at its first command and again after each loss."""
    options: dict[str, Any] = {"socket_timeout": 10, "health_check_interval": 15}
    if not redis_url.startswith("unix:"):
        options |= {"socket_connect_timeout": 2, "socket_keepalive": True}
    pool = ConnectionPool.from_url(_without_empty_host(redis_url), **options)
    return ArqRedis(pool, job_serializer=serialize, job_deserializer=deserialize, expires_extra_ms=EXPIRES_MS)


def _without_empty_host(redis_url: str) -> str:
    parts = urlsplit(redis_url)
    if parts.scheme == "unix":
        database = parse_qs(parts.query).get("db", ["0"])[0]
        return f"unix://{parts.path}?db={database}"
    return redis_url


class Queue:
    """Where jobs are put. Every call is best effort: Postgres holds what must not be lost."""

    def __init__(self, redis: ArqRedis) -> None:
        self.redis = redis

    @classmethod
    def open(cls, redis_url: str) -> Self:
        """Return a queue on this server; nothing is connected yet."""
        return cls(open_redis(redis_url))

    async def close(self) -> None:
        """Close the connections."""
        await self.redis.aclose()
        await self.redis.connection_pool.disconnect()

    async def put(self, service: str, function: str, *args: Any, job_id: str) -> bool:
        """Put a job on a service's queue and ring its bell; return False when Redis is away.

        The same `job_id` twice is one job as long as the first is waiting or running.
        """
        try:
            await self.redis.enqueue_job(
                function, *args, _job_id=f"{service}:{job_id}", _queue_name=queue_name(service)
            )
            await self.ring(service)
        except (RedisError, OSError) as error:
            logger.warning("queue is away", service=service, error=type(error).__name__)
            return False
        return True

    async def ring(self, service: str) -> None:
        """Wake one idle worker of a service."""
        await self._push(bell_name(service), "1")

    async def ring_work(self, service: str, kind: str) -> None:
        """Tell a worker of a service that long work of this kind waits; to be called after the commit."""
        try:
            await self._push(work_bell_name(service), kind)
        except (RedisError, OSError) as error:
            logger.warning("queue is away", service=service, error=type(error).__name__)

    async def _push(self, bell: str, what: str) -> None:
        async with self.redis.pipeline(transaction=False) as pipe:
            pipe.lpush(bell, what)
            pipe.ltrim(bell, 0, BELL_KEPT)
            await pipe.execute()

    async def alive(self) -> bool:
        """Tell whether Redis answers."""
        try:
            return bool(await self.redis.ping())
        except (RedisError, OSError):
            return False

    async def forgot(self, service: str) -> bool:
        """Tell whether Redis may have lost jobs since the last call for this service.

        A mark in Redis holds the server's own run id: no mark (flushed) or another run id (restarted, another
        server) means that what had been sent may be gone. The first call of all says True.
        """
        info = await self.redis.info("server")
        run_id = str(info.get("run_id", ""))
        mark = f"socle:{service}:mark"
        held = await self.redis.get(mark)
        if held is not None and held.decode() == run_id:
            return False
        await self.redis.set(mark, run_id)
        return True
