"""Years and intervals of years: `2024`, `2024/2025`."""

import re
from typing import TYPE_CHECKING

import polars as pl

from services.validation.engine.checks import params
from services.validation.engine.checks.contract import ValueCheck, Violation

if TYPE_CHECKING:
    from services.validation.engine.schema import CustomCheck, Schema

YEAR = re.compile(r"[0-9]{4}")
INTERVAL = re.compile(r"([0-9]{4})/([0-9]{4})")
# Other ways people write an interval, from which the expected one can be given.
LOOSE_INTERVAL = re.compile(r"\s*([0-9]{4})\s*[-–—/_à]\s*([0-9]{4})\s*")


def build_year_interval(kind: str, custom: "CustomCheck", schema: "Schema") -> ValueCheck:
    """Build `year-interval-value` (params `column`, `allow-year-only`): `AAAA/AAAA` increasing, or a year."""
    year_allowed = params.flag(custom.params, "allow-year-only", custom)

    def judge(text: str) -> Violation | None:
        return judge_interval(text, year_allowed)

    def accept(column: pl.Expr) -> pl.Expr:
        increasing = column.str.slice(0, 4) < column.str.slice(5, 4)
        interval = column.str.contains(r"^[0-9]{4}/[0-9]{4}$") & increasing
        return interval | column.str.contains(r"^[0-9]{4}$") if year_allowed else interval

    return ValueCheck(kind, params.text(custom, "column"), judge, accept)


def judge_interval(text: str, year_allowed: bool) -> Violation | None:
    """Judge one text against `AAAA/AAAA`, the second year after the first, or `AAAA` when a year is allowed."""
    if year_allowed and YEAR.fullmatch(text):
        return None
    match = INTERVAL.fullmatch(text)
    if match is None:
        return _misshapen(text, year_allowed)
    first, second = match.groups()
    if first < second:
        return None
    if first == second:
        same = {"cell": text, "fix": first}
        return (
            Violation("year-interval-same-fix", same)
            if year_allowed
            else Violation("year-interval-same", {"cell": text})
        )
    return Violation("year-interval-reversed", {"cell": text, "fix": f"{second}/{first}"})


def _misshapen(text: str, year_allowed: bool) -> Violation:
    key = "year-or-interval-format" if year_allowed else "year-interval-format"
    if match := LOOSE_INTERVAL.fullmatch(text):
        first, second = match.groups()
        if first < second:
            return Violation(f"{key}-fix", {"cell": text, "fix": f"{first}/{second}"})
    if year_allowed and YEAR.fullmatch(text.strip()):
        return Violation(f"{key}-fix", {"cell": text, "fix": text.strip()})
    return Violation(key, {"cell": text})
