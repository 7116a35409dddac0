"""Constraints on a value that its type has read: lengths, bounds, pattern, enum (Table Schema, "Constraints")."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.validation.engine.cells.errors import CellError
from services.validation.engine.cells.folding import fold
from services.validation.engine.cells.patterns import Matcher, PatternError, matcher_for
from services.validation.engine.cells.readers import cell_type, item_field, item_reader
from services.validation.engine.schema import Field

_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_LENGTHS = ("minLength", "maxLength")
# In the order in which they are judged.
SUPPORTED: Mapping[str, tuple[str, ...]] = {
    "string": (*_LENGTHS, "pattern", "enum"),
    "array": (*_LENGTHS, "enum"),
    "object": (*_LENGTHS, "enum"),
    "list": _LENGTHS,
    **dict.fromkeys(
        ("integer", "number", "date", "datetime", "time", "year", "yearmonth"), (*_BOUNDS, "enum")
    ),
    **dict.fromkeys(("any", "boolean", "duration", "geojson", "geopoint"), ("enum",)),
}
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
}


@dataclass(frozen=True, slots=True)
class ConstraintJudge:
    """One constraint. `limit` is as the schema writes it; `ok` takes a value read by `reader_for`.

    `ok` may raise CellTooCostly (a pattern that only a backtracking engine can run, and that runs away).
    `explain` gives the error of a refused cell: message key, parameters and the fix when it is certain.
    """

    name: str
    limit: object
    ok: Callable[[object], bool]
    propose: Callable[[str], str | None] = lambda text: None

    def explain(self, text: str) -> CellError:
        """The error to tell for the cell written `text`."""
        one = self.name == "enum" and isinstance(self.limit, list) and len(self.limit) == 1
        key = f"constraint-{self.name}-one" if one else f"constraint-{self.name}"
        params: dict[str, object] = {"limit": self.limit, "constraint": self.name}
        if self.name in _LENGTHS:
            params["length"] = len(text)
        return CellError(key, params, self.propose(text))


def judges_for(field: Field) -> tuple[ConstraintJudge, ...]:
    """The judges of the field, in the order of their errors.

    `required` and `unique` look at more than a value and are judged by the table. A constraint that cannot be built
    is left out here: `check_field` reports it as an error of the schema.
    """
    return (*_own_judges(field), *_item_judges(field))


def _own_judges(field: Field) -> Iterator[ConstraintJudge]:
    for name in SUPPORTED.get(field.type, ()):
        limit = field.constraints.get(name)
        if limit is None:
            continue
        judge = _judge(field, name, limit)
        if judge is not None:
            yield judge


def _judge(field: Field, name: str, limit: object) -> ConstraintJudge | None:
    if name in _LENGTHS:
        return _length_judge(name, limit)
    if name == "pattern":
        return _pattern_judge(limit)
    if name == "enum":
        return _enum_judge(field, limit) if isinstance(limit, list) else None
    bound = cell_type(field).read(limit)
    return None if bound is None else ConstraintJudge(name, limit, _bound_test(_COMPARISONS[name], bound))


def _length_judge(name: str, limit: object) -> ConstraintJudge | None:
    length = as_length(limit)
    if length is None:
        return None
    shortest = name == "minLength"

    def ok(value: object) -> bool:
        size = len(value) if isinstance(value, str | list | dict) else 0
        return size >= length if shortest else size <= length

    def propose(text: str) -> str | None:
        trimmed = text.strip()
        return trimmed if not shortest and trimmed != text and len(trimmed) <= length else None

    return ConstraintJudge(name, limit, ok, propose)


def as_length(limit: object) -> int | None:
    """A length as JSON writes it (`3`, `3.0`), or None."""
    if isinstance(limit, bool) or not isinstance(limit, int | float) or limit != limit // 1:
        return None
    return int(limit)


def _pattern_judge(limit: object) -> ConstraintJudge | None:
    try:
        matches = matcher_for(str(limit))
    except PatternError:
        return None
    return ConstraintJudge(
        "pattern",
        limit,
        lambda value: isinstance(value, str) and matches(value),
        lambda text: _rewrite_for_pattern(text, matches),
    )


def _rewrite_for_pattern(text: str, matches: Matcher) -> str | None:
    """The same characters less their spaces, or in capitals: a number typed in groups, a code in lower case."""
    if len(text) > 200:
        return None
    compact = "".join(text.split())
    for candidate in (text.strip(), compact, text.strip().upper(), compact.upper()):
        if candidate != text and matches(candidate):
            return candidate
    return None


def _enum_judge(field: Field, limit: list[object]) -> ConstraintJudge:
    read = cell_type(field).read
    allowed = [value for value in map(read, limit) if value is not None]
    # Durations that are equal do not always have the same hash.
    hashed = None if field.type == "duration" else _hashed(allowed)

    def ok(value: object) -> bool:
        if _is_signaling(value):
            return False
        return value in (allowed if hashed is None or isinstance(value, dict | list) else hashed)

    meant: dict[str, set[str]] = {}
    for entry in limit:
        if isinstance(entry, str):
            meant.setdefault(fold(entry), set()).add(entry)

    def propose(text: str) -> str | None:
        entries = meant.get(fold(text), set()) if len(text) <= 1000 else set()
        return next(iter(entries)) if len(entries) == 1 else None

    return ConstraintJudge("enum", limit, ok, propose)


def _hashed(values: list[object]) -> frozenset[object] | None:
    """For a quick look-up; None when a value (an object, an array, NaN) does not allow it."""
    try:
        return frozenset(values) if all(value == value for value in values) else None
    except (TypeError, ArithmeticError):
        return None


def _bound_test(compare: Callable[[Any, Any], bool], bound: object) -> Callable[[object], bool]:
    def ok(value: object) -> bool:
        if _is_signaling(value) or value != value:
            return False
        try:
            return bool(compare(value, bound))
        except TypeError:
            # One has a time zone and the other has none: compare what their clocks show.
            return bool(compare(_without_zone(value), _without_zone(bound)))
        except ArithmeticError:
            return False

    return ok


def _is_signaling(value: object) -> bool:
    return isinstance(value, Decimal) and value.is_snan()


def _without_zone(value: object) -> object:
    return value.replace(tzinfo=None) if isinstance(value, dt.datetime | dt.time) else value


def _item_judges(field: Field) -> Iterator[ConstraintJudge]:
    """Constraints inside `arrayItem`: each judges all the items of an array."""
    item = item_field(field) if field.type == "array" else None
    if item is None:
        return
    read = item_reader(item)
    if item.required:
        yield ConstraintJudge("required", True, _for_items(read, lambda value: value is not None, True))
    for judge in judges_for(item):
        yield ConstraintJudge(judge.name, judge.limit, _for_items(read, judge.ok, False))


def _for_items(
    read: Callable[[object], object], ok: Callable[[object], bool], judge_missing: bool
) -> Callable[[object], bool]:
    def all_ok(value: object) -> bool:
        items = map(read, value if isinstance(value, list) else ())
        return all(ok(item) for item in items if judge_missing or item is not None)

    return all_ok
