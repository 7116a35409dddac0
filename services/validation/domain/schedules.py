"""When a file is validated again: in each period at a moment of its own, later and later while it fails."""

from datetime import datetime, timedelta

from shared.cadence import PERIODS, Frequency, next_run

__all__ = ["MOST_FAILURES", "Frequency", "next_run", "retry_at"]

# After so many failures in a row a schedule is paused.
MOST_FAILURES = 8
FIRST_WAIT = timedelta(hours=1)
WAIT_GROWTH = 4


def retry_at(frequency: Frequency, failures: int, moment: datetime) -> datetime:
    """Return when to try again after so many failures in a row: 1 h, 4 h, 16 h… never more than the period."""
    wait = FIRST_WAIT * float(WAIT_GROWTH ** min(failures - 1, 10))
    return moment + min(wait, PERIODS[frequency])
