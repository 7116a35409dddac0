"""Native values of spreadsheets, parquet and JSON as the texts that the field's reader expects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson

from services.validation.engine.scan.sheets import Column, GivenUp
from services.validation.engine.schema import Field

Renderer = Callable[[object], str]


class Rendering:
    """The texts of one column. `numbers_in_text` counts the whole numbers met where the field wants a text."""

    def __init__(self, field: Field | None) -> None:
        self.field = field
        type_ = "any" if field is None else field.type
        self._warns = type_ == "string"
        self._decimal_char = _option(field, "decimalChar") if type_ == "number" else "."
        self._true = _first(field, "trueValues", "true")
        self._false = _first(field, "falseValues", "false")
        self._date = _pattern(field, "date", "%Y-%m-%d")
        self._datetime = _pattern(field, "datetime", "")
        self._time = _pattern(field, "time", "")
        self._always_datetime = type_ == "datetime"
        self.numbers_in_text = 0
        self.example = ""

    def column(self, values: tuple[object, ...]) -> list[str]:
        """The texts of consecutive cells."""
        cells: tuple[Any, ...] = values
        kinds = set(map(type, cells))
        if kinds == {str}:
            return list(cells)
        if kinds <= {float, str}:
            return self._numbers(cells)
        if kinds == {dt.date} and self._date == "%Y-%m-%d" and not self._always_datetime:
            return list(map(dt.date.isoformat, cells))
        return [cell if type(cell) is str else self.text(cell) for cell in cells]

    def _numbers(self, cells: tuple[Any, ...]) -> list[str]:
        """Floating-point numbers and texts, quickly: what `text` gives."""
        if self._warns or self._decimal_char != ".":
            return [cell if type(cell) is str else self._number(cell) for cell in cells]
        texts = [cell if type(cell) is str else f"{cell:.15g}" for cell in cells]
        return [
            text if "e" not in text or type(cell) is str else number_text(cell)
            for text, cell in zip(texts, cells, strict=True)
        ]

    def text(self, value: object) -> str:
        """One value; "" for none."""
        match value:
            case None:
                return ""
            case str():
                return value
            case bool():
                return self._true if value else self._false
            case int() | float() | Decimal():
                return self._number(value)
            case dt.datetime():
                return self._moment(value)
            case dt.date():
                return (
                    self._moment(dt.datetime.combine(value, dt.time()))
                    if self._always_datetime
                    else self._day(value)
                )
            case dt.time():
                return value.strftime(self._time) if self._time else value.isoformat()
            case dt.timedelta():
                return _duration_text(value)
            case bytes():
                return value.decode("utf-8", "replace")
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()

    def compiled(self) -> Column:
        """The same, for the compiled pass over a sheet. Raises GivenUp for what it cannot write."""
        decimal = self._decimal_char
        if len(decimal) != 1 or not " " < decimal <= "~" or "\0" in self._true + self._false:
            raise GivenUp
        iso = not self._datetime if self._always_datetime else self._date == "%Y-%m-%d"
        return Column(
            warns=self._warns,
            padded=self.field is None or self.field.type in ("string", "any"),
            decimal=decimal,
            days=int(self._always_datetime) if iso else None,
            moments=not self._datetime,
            times=not self._time,
            yes=self._true,
            no=self._false,
        )

    def _number(self, value: int | float | Decimal) -> str:
        text = number_text(value) if isinstance(value, float) else str(value)
        if self._warns and text.lstrip("-").isdigit():
            self.numbers_in_text += 1
            self.example = self.example or text
        return text if self._decimal_char == "." else text.replace(".", self._decimal_char)

    def _day(self, value: dt.date) -> str:
        return value.strftime(self._date) if self._date != "%Y-%m-%d" else value.isoformat()

    def _moment(self, value: dt.datetime) -> str:
        if self._datetime:
            return value.strftime(self._datetime)
        midnight = value.time() == dt.time() and value.tzinfo is None
        return self._day(value.date()) if midnight and not self._always_datetime else value.isoformat()


def number_text(value: float) -> str:
    """A floating-point number with the fifteen digits a spreadsheet shows; whole numbers without decimals."""
    if value.is_integer():
        return str(int(value))
    return f"{value:.15g}"


def _duration_text(value: dt.timedelta) -> str:
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _option(field: Field | None, key: str) -> str:
    value = None if field is None else field.options.get(key)
    return value if isinstance(value, str) and value else "."


def _first(field: Field | None, key: str, default: str) -> str:
    values = None if field is None or field.type != "boolean" else field.options.get(key)
    return str(values[0]) if isinstance(values, list) and values else default


def _pattern(field: Field | None, type_: str, default: str) -> str:
    """The strptime format of a field of that type, else the default."""
    if field is None or field.type != type_:
        return default
    pattern = field.format.removeprefix("fmt:")
    return default if pattern in ("default", "any") else pattern
