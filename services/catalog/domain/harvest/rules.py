"""When a harvest stops and asks, what it refuses, what it calls an outcome."""

from collections.abc import Iterator
from typing import Any

from services.catalog.domain.record import Record

# A few datasets may always go: a portal of three that closes one is no accident.
FEW = 5


def too_many_gone(missing: int, live: int, *, saw_any: bool, percent: int) -> bool:
    """Tell whether so many datasets of a source are gone at once that somebody must say that it is meant."""
    if not missing:
        return False
    if not saw_any:
        return True
    return missing > FEW and missing * 100 > live * percent


def is_ours(record: Record, home: str) -> bool:
    """Tell whether a dataset comes from this very catalogue, whose addresses begin with `home`."""
    return any(value.startswith(home) for value in _addresses(record))


def _addresses(record: Record) -> Iterator[str]:
    said: list[Any] = [record.remote_id, record.uri, record.landing_page, *record.harvest.values()]
    for resource in record.resources:
        said += [resource.uri, resource.harvest.get("uri")]
    yield from (value for value in said if isinstance(value, str))
