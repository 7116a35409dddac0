"""Moments as credentials write them: XML Schema dateTimeStamp, in UTC, to the second."""

import re
from datetime import UTC, datetime

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)")


def write_instant(moment: datetime) -> str:
    """Return a moment as `2026-11-22T10:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_instant(text: str) -> datetime:
    """Return the moment of a dateTimeStamp; raises ValueError."""
    if not _STAMP.fullmatch(text):
        raise ValueError("not a dateTimeStamp")
    return datetime.fromisoformat(text)
