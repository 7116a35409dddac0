"""Rules between columns of one row: filled together, compared, summed, at least one filled."""

import datetime
import operator
from collections.abc import Callable, Iterable, Mapping
from decimal import Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import polars as pl

from services.validation.engine.checks import params
from services.validation.engine.checks.contract import (
    Absence,
    CheckDefinitionError,
    RowCheck,
    Violation,
)

if TYPE_CHECKING:
    from services.validation.engine.schema import CustomCheck, Field, Schema

Row = Mapping[str, str | None]
Read = Callable[[str], object]

OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "<=": operator.le,
    "<": operator.lt,
}
SUM_CONTEXT = Context(prec=200, traps=[])
NUMERIC_TYPES = frozenset({"integer", "number", "year"})
# Field options that give digits, points or commas another meaning than polars'.
NUMBER_OPTIONS = frozenset({"decimalChar", "groupChar", "bareNumber"})


def build_cohesive(kind: str, custom: "CustomCheck", schema: "Schema") -> RowCheck:
    """Build `cohesive-columns-value` (params `column`, `othercolumns`): all filled or all empty."""
    names = _once(params.text(custom, "column"), *params.texts(custom, "othercolumns"))

    empty = pl.col(*names).is_null()
    suspect = pl.any_horizontal(empty) & ~pl.all_horizontal(empty)

    def judge(row: Row) -> Violation | None:
        empty = [name for name in names if row.get(name) is None]
        if not empty or len(empty) == len(names):
            return None
        filled = [name for name in names if name not in empty]
        return Violation("cohesive-columns", {"filled": _listed(filled), "empty": _listed(empty)})

    def on_absent(absent: tuple[str, ...]) -> Absence:
        if len(absent) == len(names):
            return "skip"
        return Violation("cohesive-columns-absent", {"columns": _listed(names), "absent": _listed(absent)})

    return RowCheck(kind, names, suspect, judge, on_absent)


def build_one_of_required(kind: str, custom: "CustomCheck", schema: "Schema") -> RowCheck:
    """Build `one-of-required` (params `column1`, `column2`): at least one is filled."""
    names = _once(params.text(custom, "column1", "column"), params.text(custom, "column2"))
    violation = Violation("one-of-required", {"columns": _listed(names)})

    suspect = pl.all_horizontal(pl.col(*names).is_null())

    def judge(row: Row) -> Violation | None:
        return violation if all(row.get(name) is None for name in names) else None

    def on_absent(absent: tuple[str, ...]) -> Absence:
        if len(absent) < len(names):
            return "as-empty"
        return Violation("one-of-required-absent", {"columns": _listed(names)})

    return RowCheck(kind, names, suspect, judge, on_absent)


def build_compare(kind: str, custom: "CustomCheck", schema: "Schema") -> RowCheck:
    """Build `compare-columns-value` (params `column`, `op`, `column2`), skipped if either cell is empty."""
    left, right = params.text(custom, "column"), params.text(custom, "column2")
    op = params.text(custom, "op")
    if op not in OPERATORS:
        allowed = " ".join(OPERATORS)
        raise CheckDefinitionError("check-operator", {"name": custom.name, "found": op, "allowed": allowed})
    compare = OPERATORS[op]
    read_left, read_right = _reader(schema.field(left)), _reader(schema.field(right))
    certain = _certain_compare(schema.field(left), schema.field(right), op)

    both = pl.col(left).is_not_null() & pl.col(right).is_not_null()
    suspect = both if certain is None else both & ~certain.fill_null(False)

    def judge(row: Row) -> Violation | None:
        first, second = row.get(left), row.get(right)
        if first is None or second is None:
            return None
        shown = {"column": left, "value": first, "column2": right, "value2": second}
        pair = _comparable(read_left(first), read_right(second))
        try:
            if pair is not None and compare(*pair):
                return None
        except TypeError:
            pair = None
        if pair is None:
            return Violation("not-comparable", shown)
        dates = "-date" if isinstance(pair[0], datetime.date) else ""
        return Violation(f"compare-{_WORDS[op]}{dates}", shown)

    return RowCheck(kind, _once(left, right), suspect, judge)


_WORDS = {">": "greater", ">=": "at-least", "==": "equal", "<=": "at-most", "<": "less"}


def build_sum(kind: str, custom: "CustomCheck", schema: "Schema") -> RowCheck:
    """Build `sum-columns-value` (params `column`, `columns`), skipped if any cell is empty."""
    total, terms = params.text(custom, "column"), params.texts(custom, "columns")
    names = _once(total, *terms)
    readers = {name: _reader(schema.field(name)) for name in names}
    exact = _exact_numbers(*(schema.field(name) for name in names))

    suspect = pl.all_horizontal(pl.col(*names).is_not_null())
    if exact is not None:
        equal = exact(total) == pl.sum_horizontal(*map(exact, terms), ignore_nulls=False)
        suspect &= ~equal.fill_null(False)

    def judge(row: Row) -> Violation | None:
        texts = {name: text for name in names if (text := row.get(name)) is not None}
        if len(texts) < len(names):
            return None
        numbers = {name: _as_number(readers[name](text)) for name, text in texts.items()}
        for name, number in numbers.items():
            if number is None or not number.is_finite():
                return Violation("sum-not-number", {"column": name, "value": texts[name]})
        found = _exact_sum(numbers[name] or Decimal(0) for name in terms)
        if found == numbers[total]:
            return None
        detail = " + ".join(texts[name] for name in terms)
        shown = {"column": total, "value": texts[total], "columns": _listed(terms)}
        return Violation("sum-differs", {**shown, "detail": detail, "sum": _written(found)})

    return RowCheck(kind, names, suspect, judge)


def integers(name: str) -> pl.Expr:
    """Read a column's integers, exactly; null for a text that is none or that 32 bits cannot hold."""
    # Sums are made in 64 bits, where numbers of 32 cannot overflow.
    return pl.col(name).cast(pl.Int32, strict=False).cast(pl.Int64)


def thousandths(name: str) -> pl.Expr:
    """Read a column's plain decimal texts, exactly, as a whole number of thousandths; null for any other text."""
    text = pl.col(name)
    plain = text.str.contains(r"^-?[0-9]{1,12}(\.[0-9]{1,3})?$")
    # Below 10^15 thousandths a double is within half a unit of the exact value, so rounding is exact.
    number = (text.cast(pl.Float64, strict=False) * 1000).round().cast(pl.Int64, strict=False)
    return pl.when(plain).then(number)


def _certain_compare(left: "Field | None", right: "Field | None", op: str) -> pl.Expr | None:
    """Give an expression that is true where the comparison certainly holds; None when there is no fast way."""
    if left is None or right is None:
        return None
    exact = _exact_numbers(left, right)
    if exact is not None:
        return _compare(exact(left.name), exact(right.name), op)
    if all(field.type == "date" and field.format == "default" for field in (left, right)):
        first, second = pl.col(left.name), pl.col(right.name)
        # A cell that passed its type and has ten bytes is AAAA-MM-JJ: its text sorts as its date.
        whole = (first.str.len_bytes() == 10) & (second.str.len_bytes() == 10)
        return whole & _compare(first, second, op)
    return None


def _compare(first: pl.Expr, second: pl.Expr, op: str) -> pl.Expr:
    result = OPERATORS[op](first, second)
    assert isinstance(result, pl.Expr)
    return result


def _exact_numbers(*fields: "Field | None") -> Callable[[str], pl.Expr] | None:
    """Give what reads these columns as integers that compare and add up exactly; None when nothing does."""
    types = set()
    for field in fields:
        if field is None or field.type not in NUMERIC_TYPES or NUMBER_OPTIONS & field.options.keys():
            return None
        types.add(field.type)
    return thousandths if "number" in types else integers


def _reader(field: "Field | None") -> Read:
    """Give what reads a cell of this column; a column that the schema lacks is read as text."""
    from services.validation.engine.cells import CellError, reader_for

    if field is None or field.type in ("string", "any"):
        return str
    read = reader_for(field)

    def tolerant(text: str) -> object:
        # A cell that failed its type never comes here; were it to, its text is not comparable with a value.
        try:
            return read(text)
        except CellError:
            return text

    return tolerant


def _comparable(first: object, second: object) -> tuple[object, object] | None:
    """Give two values that may be compared: both as numbers if both are numeric, else of the same type."""
    numbers = _as_number(first), _as_number(second)
    if numbers[0] is not None and numbers[1] is not None:
        return None if numbers[0].is_nan() or numbers[1].is_nan() else numbers
    return (first, second) if type(first) is type(second) else None


def _as_number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        return Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        return None


def _exact_sum(numbers: Iterable[Decimal]) -> Decimal:
    """Add numbers of up to 200 digits without rounding; what overflows becomes infinite, which equals nothing."""
    total = Decimal(0)
    for number in numbers:
        total = SUM_CONTEXT.add(total, number)
    return total


def _written(number: Decimal) -> str:
    """Write a number in full, unless its exponent makes that absurd."""
    return f"{number:f}" if abs(number.adjusted()) < 40 and number.is_finite() else str(number)


def _once(*names: str) -> tuple[str, ...]:
    """Keep the first of each name, in order: a schema may name a column twice."""
    return tuple(dict.fromkeys(names))


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
