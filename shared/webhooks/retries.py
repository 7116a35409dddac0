"""When a message that did not arrive is sent again: ten attempts over three days, the schedule of Standard Webhooks."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
MAX_ATTEMPTS = len(WAITS) + 1
# So that a receiver that comes back is not met by all that waited at once.
JITTER = 0.2
LONGEST_ASKED = timedelta(hours=24)

_chance = random.SystemRandom()


def next_attempt(attempt: int, moment: datetime, asked: timedelta | None) -> datetime | None:
    """Return when to try again after the attempt of this number (1 is the first); None when there is no more.

    A receiver that asks for a longer wait (`Retry-After`) is given it, up to a day.
    """
    if attempt >= MAX_ATTEMPTS:
        return None
    wait = WAITS[attempt - 1] * _chance.uniform(1 - JITTER, 1 + JITTER)
    return moment + max(wait, min(asked or wait, LONGEST_ASKED))


def asked_wait(headers: Mapping[str, str], moment: datetime) -> timedelta | None:
    """Return the wait that an answer asks for (RFC 9110, section 10.2.3), as seconds or as a date; None if none."""
    written = headers.get("retry-after", "").strip()
    if written.isascii() and written.isdigit():
        return timedelta(seconds=min(int(written[:12]), LONGEST_ASKED.total_seconds()))
    try:
        until = parsedate_to_datetime(written)
    except ValueError:
        return None
    return max((until if until.tzinfo else until.replace(tzinfo=UTC)) - moment, timedelta(0))
