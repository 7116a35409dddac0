"""When something that is done again and again is due: at a moment of its own in each day, week or month."""

import calendar
import hashlib
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

Frequency = Literal["daily", "weekly", "monthly"]

PERIODS: dict[Frequency, timedelta] = {
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=28),
}
# The shortest month has 28 days.
_DAYS_OF_MONTH = 28
_SECONDS_OF_DAY = 86_400


def next_run(id: UUID, frequency: Frequency, after: datetime) -> datetime:
    """Return the first turn after a moment (UTC).

    The second of the day, and the day of the week or month, follow from the id: turns are spread evenly over them.
    """
    digest = int.from_bytes(hashlib.sha256(id.bytes).digest()[:8])
    day, second = divmod(digest % (_DAYS_OF_MONTH * 7 * _SECONDS_OF_DAY), _SECONDS_OF_DAY)
    midnight = after.replace(hour=0, minute=0, second=0, microsecond=0)
    if frequency == "monthly":
        first = midnight.replace(day=1)
        turn = first + timedelta(days=day % _DAYS_OF_MONTH, seconds=second)
        days = calendar.monthrange(first.year, first.month)[1]
        return turn if turn > after else turn + timedelta(days=days)
    if frequency == "weekly":
        midnight += timedelta(days=day % 7 - midnight.weekday())
    turn = midnight + timedelta(seconds=second)
    return turn if turn > after else turn + PERIODS[frequency]
