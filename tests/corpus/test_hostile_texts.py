"""Texts that break readers: each ends soon, in bounded memory, with located errors and exact counts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from services.validation.engine import Options, Report, validate

SCHEMA: dict[str, Any] = {
    "fields": [
        {"name": "a", "type": "integer"},
        {"name": "b", "type": "string"},
        {"name": "c", "type": "date"},
    ]
}
Place = tuple[str, int | None, int | None, int | None]


def places(report: Report) -> list[Place]:
    """(code, row, line, column) of every error kept."""
    return [(entry.code, entry.row, entry.line, entry.field_number) for entry in report.errors]


def test_a_lone_carriage_return_ends_a_line() -> None:
    report = validate(b"a,b,c\r1,x,2020-01-01\rx,y,2020-01-02\r", SCHEMA)
    assert places(report) == [("type-error", 3, 3, 1)]


def test_line_ends_of_three_kinds_in_one_long_file() -> None:
    data = b"a,b,c\r\n" + b"1,x,2020-01-01\n2,y,2020-01-02\r3,z,\r\n" * 40_000 + b"x,1,\n"
    report = validate(data, SCHEMA)
    assert places(report) == [("type-error", 120_002, 120_002, 1)]
    assert report.table.rows == 120_001


def test_nul_characters_are_told_and_hide_nothing() -> None:
    report = validate(b"a,b,c\n1,\x00x,2020-01-01\n\x00,2,\n", SCHEMA)
    assert ("source-error", None, 2, None) in places(report)
    assert ("type-error", 3, 3, 1) in places(report)


def test_a_repeated_label_leaves_the_first_column_judged() -> None:
    report = validate(b"a,a,b,c\n1,x,y,2020-01-01\nx,2,y,z\n", SCHEMA)
    assert [(code, row, number) for code, row, _, number in places(report)] == [
        ("duplicate-label", 1, 2),
        ("type-error", 3, 1),
        ("type-error", 3, 4),
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_are_found(encoding: str) -> None:
    text = "a,b,c\n" + "1,é€,2020-01-01\nx,𝄞,2020-01-02\n" * 20_000
    report = validate(text.encode(encoding), SCHEMA)
    assert report.error_count == 20_000
    assert places(report)[0] == ("type-error", 3, 3, 1)


def test_the_first_byte_that_is_not_utf8_may_stand_anywhere() -> None:
    ascii_half = b"1,e,2020-01-01\n" * 100_000
    report = validate(b"a,b,c\n" + ascii_half + b"x,\xe9t\xe9,\n" + ascii_half, SCHEMA)
    assert places(report) == [("type-error", 100_002, 100_002, 1)]
    assert report.table.encoding == "cp1252"


@pytest.mark.parametrize("cell", [b"x" * (10 << 20), b'"' + b"x\n" * (5 << 20) + b'"'])
def test_a_cell_of_ten_megabytes(cell: bytes) -> None:
    report = validate(b"a,b,c\n1," + cell + b",2020-01-01\nx,y,\n", SCHEMA)
    line = 3 + cell.count(b"\n")
    assert places(report) == [("type-error", 3, line, 1)]


def test_a_hundred_thousand_columns() -> None:
    labels = ",".join(f"c{number}" for number in range(100_000))
    data = f"a,{labels}\nx,{',' * 99_999}\n".encode()
    report = validate(data, {"fields": [{"name": "a", "type": "integer"}]})
    assert places(report) == [("type-error", 2, 2, 1)]


@pytest.mark.parametrize("cell", ["a", ""], ids=["doubled", "blank"])
def test_labels_without_end_are_counted_in_a_report_of_a_bounded_size(cell: str) -> None:
    """A short record of a wide table is not looked for anew for each of its cells."""
    width = 30_000
    data = ",".join(["a", *[cell] * width]) + "\n1\n"
    report = validate(data.encode(), {"fields": [{"name": "a", "type": "integer"}]})
    assert report.error_count == 2 * width
    document: dict[str, Any] = {**report.to_dict()}
    assert document["stats"]["byType"]["missing-cell"] == width
    assert len(document["summary"]) == 10_000
    long = validate(b"a," + b"x" * (5 << 20) + b"\n1,2\n", {"fields": [{"name": "a"}]})
    assert (long.warning_count, long.error_count) == (1, 0)
    assert len(str(long.to_dict())) < 10_000
    extra = ",".join(["a", *(f"c{number}" for number in range(width))]) + "\n"
    warned = validate(extra.encode(), {"fields": [{"name": "a", "type": "integer"}]})
    assert (warned.warning_count, len(warned.warnings)) == (width, 1_000)


ABSURD = (
    *("1e999999999", "-1e999999999", "1e-999999999", "9" * 5_000, "9" * 100_000, "0" * 5_000 + "1"),
    *("NaN", "sNaN", "-NaN", "Infinity", "1e1000000", "0000-00-00", "99999-12-31", "2020-02-30", "24:00:00"),
    *(
        "9999-12-31T23:59:60Z",
        "P999999999999999999Y",
        "P1e5Y",
        "١٢٣",
        "½",
        "1,1" * 1_000,
        "0x10",
        "1__0",
        "+-1",
    ),
    *("\u200b1", "1\u00a0000", "−5", "\ud7ff", "\U0010ffff"),
)
TYPES = (
    *("number", "integer", "date", "datetime", "time", "year", "yearmonth", "duration", "geopoint", "array"),
    *("object", "boolean", "list", "geojson"),
)


@pytest.mark.parametrize("type_", TYPES)
def test_absurd_values_are_errors_of_their_row_or_values(type_: str) -> None:
    constraints: dict[str, Any] = {"unique": True}
    if type_ in ("number", "integer"):
        constraints |= {"minimum": 0, "maximum": 1e300}
    schema = {"fields": [{"name": "a", "type": type_, "constraints": constraints}], "primaryKey": "a"}
    lines = ['"' + value + '"' for value in ABSURD]
    report = validate("\n".join(["a", *lines, ""]).encode(), schema)
    assert report.table.rows == len(ABSURD)
    assert all(entry.row for entry in report.errors)
    assert report.to_dict()


def test_a_million_errors_are_counted() -> None:
    report = validate(b"a,b,c\n" + b"x,y,z\n" * 500_000, SCHEMA, Options(samples=7))
    assert report.error_count == 1_000_000
    assert [line.count for line in report.summary] == [500_000, 500_000]
    assert len(report.errors) == 14


@pytest.mark.parametrize("pattern", ["(a+)+$", r"(a+)+\1$", "(?=a)(a+)+$", "(a|a)*b", "(.*)*x"])
def test_a_pattern_that_runs_away_on_a_long_cell(pattern: str) -> None:
    schema = {"fields": [{"name": "b", "type": "string", "constraints": {"pattern": pattern}}]}
    report = validate(b"a,b\n1," + b"a" * 100_000 + b"!\n", schema)
    assert places(report) == [("constraint-error", 2, 2, 2)]


@pytest.mark.parametrize(
    "data", [b"\0" * 1_000, b"\xef\xbb\xbf", b'"', b"\xff\xfe", b"\n", b'"a,b,c\n1,2,3\n', b"\xed\xa0\x80"]
)
def test_what_is_hardly_a_text_is_a_report(data: bytes) -> None:
    assert not validate(data, SCHEMA).valid


MEASURE = """
import resource, sys
from services.validation.engine import Options, validate
report = validate(sys.argv[1], {"fields": [{"name": "a"}, {"name": "b"}]}, Options(samples=5))
print(report.error_count, report.table.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_quote_left_open_over_three_hundred_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "open.csv"
    with path.open("wb") as file:
        file.write(b'a,b\n1,"open\n')
        for _ in range(300):
            file.write(b"1,some text of it\n" * 58_254)
    assert path.stat().st_size > 290 << 20
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True, timeout=280
    )
    errors, rows, megabytes = map(int, run.stdout.split())
    assert errors >= 1
    assert rows > 17_000_000
    assert megabytes < 700
