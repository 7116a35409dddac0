"""How long a label lives: pure rules of dates, of versions and of states."""

import calendar
from datetime import date, timedelta

from services.validation.domain.labels.facts import LabelState

VALID_MONTHS = 12
GRACE_MONTHS = 6
NOTICE = timedelta(days=30)


def months_later(day: date, months: int) -> date:
    """Return the same day some months later; the last one of a month that is too short."""
    number = day.month - 1 + months
    year, month = day.year + number // 12, number % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def last_day(granted: date) -> date:
    """Return the last day of a label given on a day."""
    return months_later(granted, VALID_MONTHS) - timedelta(days=1)


def last_day_of_grace(valid_until: date, superseded: date) -> date:
    """Return the last day of a label once a newer version of its schema is there; it is never put off."""
    return min(valid_until, months_later(superseded, GRACE_MONTHS))


def state_at(state: LabelState, valid_until: date, today: date) -> LabelState:
    """Return the state that time gives a label: suspended, it may still expire; at its end, it stays there."""
    if state in (LabelState.REVOQUE, LabelState.EXPIRE):
        return state
    if today > valid_until:
        return LabelState.EXPIRE
    if state is LabelState.SUSPENDU:
        return state
    return LabelState.A_RENOUVELER if today > valid_until - NOTICE else LabelState.VALIDE


def major_of(version: str) -> str:
    """Return the part of a version whose change starts again: what comes before its first dot.

    major_of("v4.2.1") == "4"; a version without a number is all of it.
    """
    plain = version.strip().lower().removeprefix("version").strip().removeprefix("v")
    return plain.partition(".")[0].strip() or version.strip()
