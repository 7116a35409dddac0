"""Dates as people write them (12/03/2024, 12 mars 2024, 10h30), to propose them in the form a schema wants."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from services.validation.engine.cells.folding import fold

_DAY_FIRST = re.compile(r"(\d{1,2})([/.\- ])(\d{1,2})\2(\d{4})$", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})([/.\- ])(\d{1,2})\2(\d{1,2})$", re.ASCII)
_COMPACT = re.compile(r"(19\d\d|20\d\d)(\d\d)(\d\d)$", re.ASCII)
_IN_WORDS = re.compile(r"(\d{1,2})(?:er)? ([a-z]+)\.? (\d{4})$", re.ASCII)
_TIME = re.compile(r"(\d{1,2})[:hH](\d{2})(?:[:mM](\d{2})s?)?$", re.ASCII)
_DATE_TIME_SEPARATOR = re.compile(r"(?<=\d)t(?=\d)", re.ASCII)
_MIDNIGHT = re.compile(r"00:00(:00(\.0+)?)?$", re.ASCII)
_MONTH_FIRST = re.compile(r"(\d{1,2})[/\-.](\d{4})$", re.ASCII)
_MONTH_LAST = re.compile(r"(\d{4})[/\-. ]?(\d{1,2})$", re.ASCII)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan january",
            "fevrier fevr fev february feb",
            "mars mar march",
            "avril avr april apr",
            "mai may",
            "juin jun june",
            "juillet juil jul july",
            "aout aou august aug",
            "septembre sept sep september",
            "octobre oct october",
            "novembre nov november",
            "decembre dec december",
        ),
        start=1,
    )
    for name in names.split()
}
_DIRECTIVES = {
    "%Y": ("AAAA", "YYYY"),
    "%y": ("AA", "YY"),
    "%m": ("MM", "MM"),
    "%d": ("JJ", "DD"),
    "%H": ("hh", "hh"),
    "%M": ("mm", "mm"),
    "%S": ("ss", "ss"),
    "%z": ("±hhmm", "±hhmm"),
}


def format_params(pattern: str) -> Mapping[str, object]:
    """The parameters of a message that name a strptime pattern to people, and an example of it."""
    french, english = pattern, pattern
    for directive, (in_french, in_english) in _DIRECTIVES.items():
        french, english = french.replace(directive, in_french), english.replace(directive, in_english)
    return {"format_fr": french, "format_en": english, "pattern": pattern}


def read_date(text: str) -> dt.date | None:
    """A day written with a four-digit year, day before month as in France; None when in doubt."""
    text = _DATE_TIME_SEPARATOR.sub(" ", fold(text))
    head, _, tail = text.rpartition(" ")
    if head and _MIDNIGHT.match(tail):
        text = head
    if match := _DAY_FIRST.match(text):
        day, _, month, year = match.groups()
    elif match := _YEAR_FIRST.match(text):
        year, _, month, day = match.groups()
    elif match := _COMPACT.match(text):
        year, month, day = match.groups()
    elif (match := _IN_WORDS.match(text)) and match[2] in _MONTHS:
        day, month, year = match[1], str(_MONTHS[match[2]]), match[3]
    else:
        return None
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None


def read_time(text: str) -> dt.time | None:
    """A time of day written `10:30`, `10h30` or with seconds."""
    match = _TIME.match(text.strip())
    if match is None:
        return None
    try:
        return dt.time(int(match[1]), int(match[2]), int(match[3] or 0))
    except ValueError:
        return None


def rewrite_date(text: str, pattern: str) -> str | None:
    day = read_date(text)
    return None if day is None else _written(dt.datetime.combine(day, dt.time()), pattern)


def rewrite_datetime(text: str, pattern: str) -> str | None:
    written_day, separator, written_time = text.strip().replace("T", " ", 1).rpartition(" ")
    day, time = read_date(written_day), read_time(written_time)
    if not separator or day is None or time is None:
        return None
    return _written(dt.datetime.combine(day, time), pattern)


def rewrite_time(text: str, pattern: str) -> str | None:
    time = read_time(text)
    return None if time is None else _written(dt.datetime.combine(dt.date(2000, 1, 1), time), pattern)


def rewrite_year(text: str) -> str | None:
    year = text.strip().removesuffix(".0").removesuffix(",0")
    return year if len(year) == 4 and year.isascii() and year.isdigit() else None


def rewrite_yearmonth(text: str) -> str | None:
    text = text.strip()
    if match := _MONTH_FIRST.match(text):
        month, year = match.groups()
    elif match := _MONTH_LAST.match(text):
        year, month = match.groups()
    else:
        return None
    return f"{year}-{int(month):02}"


def _written(moment: dt.datetime, pattern: str) -> str | None:
    """In that pattern, or None when the pattern would lose or garble something on the way back."""
    try:
        text = moment.strftime(pattern)
        kept = dt.datetime.strptime(text, pattern)  # noqa: DTZ007
    except ValueError:
        return None
    return text if (kept.time(), kept.month, kept.day) == (moment.time(), moment.month, moment.day) else None
