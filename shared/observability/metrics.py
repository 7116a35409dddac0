"""Prometheus metrics on a registry of our own, served on a private port."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

REGISTRY = CollectorRegistry()

REQUESTS = Histogram(
    "socle_http_request_seconds",
    "Time to answer a request, in seconds.",
    ["service", "method", "route", "status"],
    registry=REGISTRY,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
MESSAGES = Counter(
    "socle_messages_total",
    "Events by outcome: sent, done, retried, failed.",
    ["service", "type", "outcome"],
    registry=REGISTRY,
)
WORK = Counter(
    "socle_work_total",
    "Long work by outcome: done, failed, lost (finished by a worker that no longer held it).",
    ["service", "kind", "outcome"],
    registry=REGISTRY,
)
OLDEST_QUEUED = Gauge(
    "socle_oldest_queued_seconds",
    "Age of the oldest work still queued: the one service level.",
    ["service", "kind"],
    registry=REGISTRY,
)


def serve_metrics(port: int | None) -> None:
    """Serve the metrics on a port of the loopback interface, from a thread; nothing when `port` is None."""
    if port is not None:
        start_http_server(port, addr="127.0.0.1", registry=REGISTRY)
