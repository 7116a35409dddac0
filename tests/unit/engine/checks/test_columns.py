"""Rules between columns: verdicts as the reference gives them, and never a suspect row forgotten."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.validation.engine.checks import CheckDefinitionError, RowCheck, Violation, build_check
from services.validation.engine.schema import CustomCheck, Field, Schema

Row = dict[str, str | None]


def schema(*columns: str) -> Schema:
    fields = [column.partition(":") for column in columns]
    return Schema(fields=tuple(Field(name, type_ or "string") for name, _, type_ in fields))


def row_check(name: str, columns: str, /, **params: object) -> RowCheck:
    check = build_check(CustomCheck(name, params), schema(*columns.split()))
    assert isinstance(check, RowCheck)
    return check


def violation_of(check: RowCheck, *texts: str | None) -> Violation | None:
    """Judge one row, and check on the way that `suspect` would not have hidden it."""
    row = dict(zip(check.columns, texts, strict=True))
    violation = check.judge(row)
    frame = pl.DataFrame({name: pl.Series([text], dtype=pl.String) for name, text in row.items()})
    suspected = frame.select(check.suspect).to_series().to_list()
    assert violation is None or suspected == [True]
    return violation


def key_of(check: RowCheck, *texts: str | None) -> str | None:
    violation = violation_of(check, *texts)
    return violation.key if violation else None


COHESIVE = row_check("cohesive-columns-value", "a b c", column="a", othercolumns=["b", "c"])


@pytest.mark.parametrize(
    ("cells", "valid"),
    [
        (("1", "1", "1"), True),
        ((None, None, None), True),
        (("1", None, None), False),
        ((None, "1", None), False),
        ((None, "1", "1"), False),
        (("0", "0", None), False),
    ],
)
def test_cohesive_columns(cells: tuple[str | None, ...], valid: bool) -> None:
    assert (violation_of(COHESIVE, *cells) is None) == valid


def test_cohesive_columns_name_what_is_empty() -> None:
    violation = violation_of(COHESIVE, "1", None, "2")
    assert violation is not None
    assert violation.params == {"filled": "`a`, `c`", "empty": "`b`"}


def test_cohesive_columns_must_be_in_the_file_together() -> None:
    absence = COHESIVE.on_absent(("c",))
    assert isinstance(absence, Violation)
    assert absence.params["absent"] == "`c`"
    assert COHESIVE.on_absent(("a", "b", "c")) == "skip"


ONE_OF = row_check("one-of-required", "a b", column1="a", column2="b")


@pytest.mark.parametrize(
    ("cells", "valid"),
    [
        (("1", None), True),
        ((None, "1"), True),
        (("0", None), True),
        ((" ", None), True),
        ((None, None), False),
    ],
)
def test_one_of_required(cells: tuple[str | None, ...], valid: bool) -> None:
    assert (violation_of(ONE_OF, *cells) is None) == valid


def test_one_of_required_when_columns_are_absent() -> None:
    assert ONE_OF.on_absent(("a",)) == "as-empty"
    assert isinstance(ONE_OF.on_absent(("a", "b")), Violation)


@pytest.mark.parametrize(
    ("types", "op", "cells", "key"),
    [
        ("string string", ">", ("1", "2"), "compare-greater"),
        ("string string", ">", ("2", "1"), None),
        ("string string", ">", ("10", "9"), None),
        ("string string", ">", ("1.0", "1"), "compare-greater"),
        ("string string", ">", ("1e1", "9"), None),
        ("string string", ">", (" 5", "4"), None),
        ("string string", ">", ("1_0", "9"), None),
        ("string string", ">", ("x", "1"), None),
        ("string string", ">", ("x", "y"), "compare-greater"),
        ("string string", ">", ("a", "A"), None),
        ("string string", ">", ("1,5", "2"), "compare-greater"),
        ("string string", ">", ("0x10", "1"), "compare-greater"),
        ("string string", ">", ("2020-01-01", "2020-01-02"), "compare-greater"),
        ("string string", ">=", ("01", "1"), None),
        ("string string", "==", ("01", "1"), None),
        ("string string", "==", ("a", "b"), "compare-equal"),
        ("string string", "<=", ("2", "1"), "compare-at-most"),
        ("string string", "<", ("1", "1"), "compare-less"),
        ("string string", ">=", (None, "1"), None),
        ("string string", ">=", ("1", None), None),
        ("string string", ">", ("NaN", "1"), "not-comparable"),
        ("string string", ">", ("inf", "1"), None),
        ("integer integer", ">=", ("1", "2"), "compare-at-least"),
        ("integer integer", ">=", ("+5", "4"), None),
        ("integer integer", ">=", ("9007199254740992", "9007199254740993"), "compare-at-least"),
        ("number number", ">=", ("0.1", "0.10000000000000001"), "compare-at-least"),
        ("number number", "==", ("1.10", "1.1"), None),
        ("number number", ">=", ("NaN", "1"), "not-comparable"),
        ("number string", ">=", ("5", "6"), "compare-at-least"),
        ("number string", ">=", ("5", "x"), "not-comparable"),
        ("number date", ">=", ("5", "2020-01-02"), "not-comparable"),
        ("date date", ">=", ("2020-01-01", "2020-01-02"), "compare-at-least-date"),
        ("date date", "<", ("2020-01-02", "2020-01-02"), "compare-less-date"),
        ("date date", ">=", ("2020-1-3", "2020-01-02"), None),
        ("date string", ">=", ("2020-01-03", "2020-01-02"), "not-comparable"),
        ("datetime date", ">=", ("2020-01-03T00:00:00", "2020-01-02"), "not-comparable"),
        ("year integer", ">=", ("5000", "6000"), "compare-at-least"),
        ("boolean boolean", ">=", ("false", "true"), "compare-at-least"),
        ("boolean integer", ">=", ("true", "0"), "not-comparable"),
        ("object object", ">=", ("{}", "{}"), "not-comparable"),
    ],
)
def test_compare_columns(types: str, op: str, cells: tuple[str | None, str | None], key: str | None) -> None:
    left, right = types.split()
    check = row_check("compare-columns-value", f"a:{left} b:{right}", column="a", op=op, column2="b")
    assert key_of(check, *cells) == key
    assert check.on_absent(("b",)) == "skip"


@pytest.mark.parametrize(
    ("types", "cells", "key"),
    [
        ("integer integer integer", ("3", "1", "2"), None),
        ("integer integer integer", ("4", "1", "2"), "sum-differs"),
        ("integer integer integer", ("3", None, "3"), None),
        ("integer integer integer", (None, "1", "2"), None),
        ("number number number", ("0.3", "0.1", "0.2"), None),
        ("number number number", ("0.31", "0.1", "0.2"), "sum-differs"),
        ("number number number", ("0.3", "0.1", "0.20000000000000001"), "sum-differs"),
        ("number number number", ("NaN", "1", "2"), "sum-not-number"),
        ("integer number integer", ("3", "1.0", "2"), None),
        ("integer number integer", ("3", "1.5", "2"), "sum-differs"),
        ("string string string", ("3", "1", "2"), None),
        ("string string string", ("12", "1", "2"), "sum-differs"),
        ("string string string", ("x", "1", "2"), "sum-not-number"),
        ("number number number", ("1e60", "1e60", "1"), "sum-differs"),
        ("number number number", ("1", "9e999999999999999999", "9e999999999999999999"), "sum-differs"),
    ],
)
def test_sum_columns(types: str, cells: tuple[str | None, ...], key: str | None) -> None:
    columns = " ".join(f"{name}:{type_}" for name, type_ in zip("abc", types.split(), strict=True))
    check = row_check("sum-columns-value", columns, column="a", columns=["b", "c"])
    assert key_of(check, *cells) == key


def test_a_column_may_be_named_twice() -> None:
    same = row_check("cohesive-columns-value", "a", column="a", othercolumns=["a"])
    assert key_of(same, "1") is None
    assert key_of(row_check("one-of-required", "a", column1="a", column2="a"), None) == "one-of-required"
    assert key_of(row_check("compare-columns-value", "a", column="a", op=">", column2="a"), "1") is not None
    double = row_check("sum-columns-value", "a:integer b:integer", column="a", columns=["b", "b"])
    assert key_of(double, "4", "2") is None
    assert key_of(double, "5", "2") == "sum-differs"


def test_a_sum_of_absurd_numbers_stays_short() -> None:
    check = row_check("sum-columns-value", "a:number b:number c:number", column="a", columns=["b", "c"])
    violation = check.judge({"a": "1", "b": "1e999999", "c": "1"})
    assert violation is not None
    assert len(str(violation.params["sum"])) < 300


@pytest.mark.parametrize(
    ("name", "params", "key"),
    [
        ("compare-columns-value", {"column": "a", "op": "!=", "column2": "b"}, "check-operator"),
        ("compare-columns-value", {"column": "a", "op": ">"}, "check-param-missing"),
        ("compare-columns-value", {"column": ["a"], "op": ">", "column2": "b"}, "check-param-string"),
        ("cohesive-columns-value", {"column": "a", "othercolumns": 5}, "check-param-list"),
        ("sum-columns-value", {"column": "a", "columns": []}, "check-param-list"),
        ("one-of-required", {"column1": "a"}, "check-param-missing"),
        ("year-interval-value", {"column": "a", "allow-year-only": "peut-être"}, "check-param-boolean"),
        ("compare-column-value", {}, "check-unknown-close"),
        ("🦄", {}, "check-unknown"),
    ],
)
def test_a_badly_declared_check_is_an_explicit_error(name: str, params: dict[str, object], key: str) -> None:
    with pytest.raises(CheckDefinitionError) as caught:
        build_check(CustomCheck(name, params), schema("a", "b"))
    assert caught.value.key == key


CELLS = st.none() | st.integers(-50, 50).map(str) | st.decimals(-9, 9, places=2).map(str)
ODD = st.sampled_from(
    [
        " 1",
        "+1",
        "1e2",
        "1_0",
        "-0",
        "0.0000001",
        "999999999999999",
        "2147483648",
        "9223372036854775807",
        "-9223372036854775808",
        "1.50",
        "inf",
        "-inf",
        "NaN",
    ]
)


@settings(deadline=None)
@given(
    st.lists(st.tuples(CELLS | ODD, CELLS | ODD, CELLS | ODD), min_size=1),
    st.sampled_from([">", ">=", "==", "<=", "<"]),
    st.sampled_from(["integer", "number", "string"]),
)
def test_suspect_never_hides_a_violation(
    rows: list[tuple[str | None, str | None, str | None]], op: str, type_: str
) -> None:
    columns = f"a:{type_} b:{type_} c:{type_}"
    checks = [
        row_check("compare-columns-value", columns, column="a", op=op, column2="b"),
        row_check("sum-columns-value", columns, column="a", columns=["b", "c"]),
        row_check("cohesive-columns-value", columns, column="a", othercolumns=["b", "c"]),
        row_check("one-of-required", columns, column1="a", column2="b"),
    ]
    named: list[Row] = [dict(zip("abc", row, strict=True)) for row in rows]
    frame = pl.DataFrame(named, schema=dict.fromkeys("abc", pl.String))
    for check in checks:
        suspected = frame.select(check.suspect).to_series().to_list()
        for row, suspicion in zip(named, suspected, strict=True):
            assert suspicion is True or check.judge(row) is None
