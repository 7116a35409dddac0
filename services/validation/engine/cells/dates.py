"""Cells of type date, datetime, time, year, yearmonth and duration."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

import isodate
from dateutil import parser as dateutil_parser
from dateutil import tz

from services.validation.engine.cells import written_dates
from services.validation.engine.cells.celltype import CellType, ValueReader
from services.validation.engine.schema import Field

# No date is longer; the free-form parser's time grows faster than its input.
_LONGEST_FREE_FORM = 200


class YearMonth(NamedTuple):
    """A value of type yearmonth; compares in calendar order."""

    year: int
    month: int


def date(field: Field) -> CellType:
    """`default` is `%Y-%m-%d`, `any` whatever dateutil reads, else a strptime format."""
    pattern = "%Y-%m-%d" if field.format == "default" else field.format
    parse = (
        (lambda text: _free_form(text).date())
        if field.format == "any"
        else (lambda text: dt.datetime.strptime(text, pattern).date())  # noqa: DTZ007
    )
    return CellType(
        _guarded(parse),
        "date-any" if field.format == "any" else "date",
        written_dates.format_params(pattern),
        lambda text: written_dates.rewrite_date(text, pattern),
    )


def datetime(field: Field) -> CellType:
    """`default` is ISO 8601 down to the second at least, `any` free form, else a strptime format."""
    pattern = "%Y-%m-%dT%H:%M:%S" if field.format == "default" else field.format
    parse = _by_format(field.format, _iso_datetime, _free_form)
    return CellType(
        _guarded(parse),
        "datetime-any" if field.format == "any" else "datetime",
        written_dates.format_params(pattern),
        lambda text: written_dates.rewrite_datetime(text, pattern),
    )


def time(field: Field) -> CellType:
    """`default` is `%H:%M:%S` with an optional offset, `any` free form, else a strptime format."""
    pattern = "%H:%M:%S" if field.format == "default" else field.format
    moment = _by_format(field.format, _iso_time, _free_form)
    return CellType(
        _guarded(lambda text: moment(text).timetz()),
        "time-any" if field.format == "any" else "time",
        written_dates.format_params(pattern),
        lambda text: written_dates.rewrite_time(text, pattern),
    )


def year(field: Field) -> CellType:
    """Four characters that read as an integer between 0 and 9999."""

    def read(cell: object) -> object:
        if isinstance(cell, str):
            if len(cell) != 4:
                return None
            try:
                cell = int(cell)
            except ValueError:
                return None
        return cell if isinstance(cell, int) and 0 <= cell <= 9999 else None

    return CellType(read, "year", propose=written_dates.rewrite_year)


def yearmonth(field: Field) -> CellType:
    """`YYYY-MM`; the month is between 1 and 12."""

    def read(cell: object) -> object:
        if isinstance(cell, list | tuple):
            return YearMonth(*cell) if len(cell) == 2 else None
        if not isinstance(cell, str):
            return None
        try:
            written_year, written_month = cell.split("-")
            value = YearMonth(int(written_year), int(written_month))
        except ValueError:
            return None
        return value if 1 <= value.month <= 12 else None

    return CellType(read, "yearmonth", propose=written_dates.rewrite_yearmonth)


def duration(field: Field) -> CellType:
    """ISO 8601 durations: `P1Y2M10DT2H30M`."""
    return CellType(_guarded(_duration), "duration")


def _by_format(
    format_: str, default: Callable[[str], dt.datetime], free_form: Callable[[str], dt.datetime]
) -> Callable[[str], dt.datetime]:
    if format_ == "default":
        return default
    if format_ == "any":
        return free_form
    return lambda text: dt.datetime.strptime(text, format_)  # noqa: DTZ007


def _guarded(parse: Callable[[str], object]) -> ValueReader:
    """Parsers of dates raise a dozen kinds of exceptions on texts that are no dates; all mean the same."""

    def read(cell: object) -> object:
        if not isinstance(cell, str):
            return None
        try:
            return parse(cell)
        except Exception:
            return None

    return read


def _iso_datetime(text: str) -> dt.datetime:
    """ISO 8601; the forms without seconds, which isoparse accepts, are refused."""
    if len(text) < 19 or text[16] != ":":
        raise ValueError(text)
    value: dt.datetime = dateutil_parser.isoparse(text)
    return value


def _iso_time(text: str) -> dt.datetime:
    if len(text) < 8 or text[5] != ":":
        raise ValueError(text)
    value: dt.datetime = dateutil_parser.isoparse(f"2000-01-01T{text}")
    return value


def _free_form(text: str) -> dt.datetime:
    if len(text) > _LONGEST_FREE_FORM:
        raise ValueError(text)
    value: dt.datetime = dateutil_parser.parse(text, tzinfos=_time_zone)
    return value


def _time_zone(name: str | None, offset: int | None) -> dt.tzinfo | None:
    """The zone dateutil itself would choose, less its warning on the names it does not know."""
    zone: dt.tzinfo | None = None if offset is None else tz.tzoffset(name, offset)
    return tz.UTC if offset == 0 else zone


def _duration(text: str) -> object:
    return isodate.parse_duration(text)
