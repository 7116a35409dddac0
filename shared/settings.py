"""Settings common to every service, read from the environment (prefix `SOCLE_`) when asked, never at import."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

# How often something may be done.
RATE = r"^[1-9]\d{0,8}/(second|minute|hour|day)$"


class Settings(BaseSettings):
    """What each process needs to start. A service adds its own fields in its `settings.py`."""

    model_config = SettingsConfigDict(
        env_prefix="SOCLE_", extra="forbid", frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    database_url: str = Field(
        default="postgresql://127.0.0.1:5432/socle",
        description="PostgreSQL (15 or newer) as a libpq URL; each service works in its own schema of it.",
    )
    database_pool_size: int = Field(
        default=8, ge=2, le=200, description="Connections kept at most by each pool of a process."
    )
    redis_url: str = Field(
        default="redis://127.0.0.1:6379/0",
        description="Redis or Valkey (`redis://`, `rediss://` or `unix://`) that carries the job queues.",
    )
    storage_url: str = Field(
        default="file://./var/storage",
        description="Where files are kept: `file://<folder>` or `s3://<bucket>/<prefix>`.",
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000",
        description="Address under which clients see the suite; it begins every absolute link.",
    )
    trusted_hosts: tuple[str, ...] = Field(
        default=("*",), description="Values accepted in the Host header; `*` accepts all."
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=("127.0.0.1", "::1"),
        description="Addresses whose X-Forwarded-For and X-Forwarded-Proto are believed (the gateway).",
    )
    cors_origins: tuple[str, ...] = Field(
        default=("*",), description="Web origins that may read the API from a browser."
    )
    http_allowed_hosts: tuple[str, ...] = Field(
        default=(),
        description="Private hosts (`host`, `host:port` or CIDR network) that outgoing requests may reach; "
        "everything else must be a public address.",
    )
    max_body_bytes: int = Field(
        default=2_000_000, ge=1_000, description="Largest JSON body, in bytes; uploads have their own limit."
    )
    rate_per_address: str = Field(
        default="1200/minute",
        pattern=RATE,
        description="Requests accepted from one address, whatever they ask: `<count>/<second|minute|hour|day>`.",
    )
    body_timeout_seconds: float = Field(
        default=30.0, gt=0, description="Longest wait for the next part of a request body, in seconds."
    )
    body_min_bytes_per_second: int = Field(
        default=1_000,
        ge=1,
        description="Slowest pace of a request body, beyond that first wait, in bytes per second.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severity that is logged."
    )
    log_format: Literal["json", "console"] = Field(
        default="json", description="`json` for machines, `console` for a developer's terminal."
    )
    metrics_port: int | None = Field(
        default=None, ge=1, le=65535, description="Private port of the Prometheus metrics; none by default."
    )
    worker_concurrency: int = Field(
        default=8, ge=1, le=500, description="Jobs that one worker process runs at the same time."
    )
    message_max_attempts: int = Field(
        default=8, ge=1, le=50, description="Attempts at one event before it is set aside as failed."
    )
    outbox_keep_days: int = Field(
        default=7, ge=1, le=365, description="Days that sent events are kept for replay, then removed."
    )
    changes_keep_days: int = Field(
        default=400, ge=1, le=3650, description="Days that the change log is kept for those who follow it."
    )
