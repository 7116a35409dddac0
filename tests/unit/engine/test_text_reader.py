"""Delimited texts as people really write them: encodings, line ends, quotes, delimiters, broken bytes."""

from __future__ import annotations

import csv
import io
import tracemalloc

import pytest

from services.validation.engine import Options, Report, collector, validate
from services.validation.engine.messages import Unreadable
from services.validation.engine.render import FileReport, document, render
from services.validation.engine.text import fast, lines
from services.validation.engine.text.blocks import Table
from services.validation.engine.text.encoding import detect, detect_legacy, known_encoding
from services.validation.engine.text.layout import find_delimiter
from services.validation.engine.text.reader import read_text
from services.validation.engine.text.source import open_source

Row = tuple[str | None, ...]
AB = {"fields": [{"name": "a", "type": "string"}, {"name": "b", "type": "string"}]}


def open_text(data: bytes, *, always_exact: bool = False) -> Table:
    return read_text(open_source(data), ["a", "b"], delimiter=",", always_exact=always_exact)


def rows_of(table: Table) -> list[Row]:
    rows: list[Row] = []
    for block in table.blocks:
        assert block.first_row == len(rows) + 2
        columns = [column.to_pylist() for column in block.columns]
        for offset, cells in enumerate(zip(*columns, strict=True)):
            rows.append((*cells, *block.extra.get(offset, ())))
    return rows


def keys(report: Report) -> list[tuple[str, int | None, int | None]]:
    return [(entry.key, entry.row, entry.line) for entry in report.errors]


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
        ("mac_roman", "mac_roman"),
    ],
)
def test_encodings_of_french_files(encoding: str, told: str) -> None:
    text = "a,b\n" + "Délibération à l'été,Évêché d'Orléans où naît\n" * 20
    report = validate(text.encode(encoding), {**AB, "custom_checks": []}, Options())
    assert report.table.encoding == told
    assert report.table.header == ("a", "b")
    assert report.valid
    assert ("encoding-warning" in [entry.code for entry in report.warnings]) == (told != "utf-8")


def test_the_first_accent_may_come_after_megabytes() -> None:
    data = b"a,b\n" + b"x" * 50 + b",1\n" + (b"plain text,1\n" * 200_000) + "été,2\n".encode("cp1252")
    schema = {
        "fields": [{"name": "a", "constraints": {"enum": ["x" * 50, "plain text", "été"]}, "type": "string"}]
    }
    report = validate(data, schema)
    assert report.valid
    assert (report.table.encoding, report.table.rows) == ("cp1252", 200_002)


def test_a_damaged_utf8_file_is_told_with_its_line() -> None:
    data = "a,b\némotion à fêter,1\nnaïve œuvre,2\nbad ".encode() + b"\xff" + b",3\n"
    report = validate(data, AB)
    assert keys(report) == [("bytes-damaged", None, 4)]
    assert report.table.rows == 3


def test_encodings_by_their_usual_names() -> None:
    assert known_encoding("ISO-8859-1") == "latin-1"
    assert known_encoding("Windows-1252") == "cp1252"
    with pytest.raises(LookupError):
        known_encoding("base64")
    assert validate(b"a\n", AB, Options(encoding="klingon")).errors[0].key == "encoding-unknown"
    assert detect_legacy("été à Nîmes".encode("cp850")) == "cp850"
    assert detect(b"").name == "utf-8"


def test_nul_bytes_are_located_and_swallow_nothing() -> None:
    report = validate(b"a,b\n1,2\n3,\x004\n5,6\n", AB)
    assert keys(report) == [("nul-bytes", None, 3)]
    assert report.table.rows == 3


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str, exact: bool) -> None:
    data = end.join(["a,b", "1,2", '"x\ny",4', "5,6"]).encode()
    assert rows_of(open_text(data, always_exact=exact)) == [("1", "2"), ("x\ny", "4"), ("5", "6")]


@pytest.mark.parametrize("size", range(20, 60))
def test_blocks_may_end_anywhere(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'a,b\r\n"q\r\nr",é\r\n1,2\r\n\r\n"é""é",\r\nlong cell here,3\r\n4\r\n5,6,7\r\n'
    monkeypatch.setattr(fast, "CHUNK", size)
    expected = rows_of(open_text(text.encode(), always_exact=True))
    found = rows_of(open_text(text.encode()))
    blank = (None, None)
    assert [blank if row == ("", "") else row for row in found] == expected
    padded = [tuple(cells) for cells in csv.reader(io.StringIO(text, newline=""))][1:]
    assert [tuple(cell for cell in row if cell is not None) for row in expected] == padded


def test_a_cell_larger_than_a_block() -> None:
    data = b"a,b\n1,2\n" + b"x" * (3 << 20) + b',3\n4,"' + b"y" * (2 << 20) + b'"\n5,6\n'
    rows = rows_of(open_text(data))
    assert [(len(row[0] or ""), len(row[1] or "")) for row in rows] == [
        (1, 1),
        (3 << 20, 1),
        (1, 2 << 20),
        (1, 1),
    ]


def test_a_file_of_ragged_rows_goes_on_exactly() -> None:
    data = b"a,b\n" + b"".join(b"%d\n%d,x\n%d,y,z\n" % (n, n, n) for n in range(40_000))
    rows = rows_of(open_text(data))
    assert len(rows) == 120_000
    assert rows[-3:] == [("39999", None), ("39999", "x"), ("39999", "y", "z")]


def test_an_unclosed_quote_is_located_and_the_rest_still_read() -> None:
    report = validate(b'a,b\n1,2\n3,"oops\n5,6\n7,8\n', AB)
    assert keys(report) == [("unclosed-quote", 3, 3)]
    assert report.table.rows == 4


def test_an_unclosed_quote_over_a_long_file_keeps_memory_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_CELL", 100_000)
    data = b'a,b\n"oops,2\n' + b"3,4\n" * 400_000
    report = validate(data, AB)
    assert keys(report) == [("unclosed-quote", 2, 2), ("missing-cell", 2, 2)]
    assert report.table.rows == 400_001


def test_an_unclosed_quote_over_short_lines_costs_little_more_than_its_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "MAX_CELL", 2_000_000)
    text = 'a,b\n"oops,2\n' + "3,4\n" * 600_000
    tracemalloc.start()
    try:
        records = lines.Records(lines.split_lines(text), ",", 1, 1)
        assert sum(1 for _ in records) == 600_002
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 15 * len(text)  # a text object a line would take more than that


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_CELL", 100_000)
    assert keys(validate(b"a,b\n" + b"z" * 4_000_000, AB))[0][0] == "line-too-long"


def test_quotes_inside_cells_are_read_as_the_csv_module_does() -> None:
    text = 'a,b\nx"y,1\n"p"q,2\n"""",3\n "s",4\n'
    expected = [tuple(row) for row in csv.reader(io.StringIO(text, newline=""))][1:]
    assert rows_of(open_text(text.encode())) == expected


def test_line_numbers_after_quoted_newlines_over_blocks() -> None:
    schema = {"fields": [{"name": "a", "type": "string"}, {"name": "b", "type": "integer"}]}
    data = b"a,b\n" + b'"two\nlines",1\n' * 200_000 + b"x,bad\n"
    (error,) = validate(data, schema).errors
    assert (error.row, error.line) == (200_002, 400_002)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter: str) -> None:
    text = delimiter.join(["a", "b"]) + "\n" + delimiter.join(["un, deux, trois", "x"]) + "\n"
    report = validate(text.encode(), AB)
    if delimiter == ",":
        assert report.table.header == ("a", "b")
        return
    assert report.table.delimiter == delimiter
    assert report.valid


def test_a_semicolon_file_full_of_commas() -> None:
    text = "x;y\n" + '"1,5, environ";"2,5, ou plus"\n' * 30
    assert find_delimiter(text) == ";"


def test_a_hundred_thousand_columns() -> None:
    width = 100_000
    header = ",".join(f"c{number}" for number in range(width))
    report = validate(f"{header}\n{',' * (width - 2)}\n".encode(), AB)
    assert report.counts["unmatched-header"] == 1
    assert report.counts.get("blank-row") == 1


def test_warnings_are_counted_all_and_listed_up_to_a_bound() -> None:
    labels = ",".join(f"c{number}" for number in range(3_000))
    report = validate(f"a,b,{labels}\n".encode(), AB)
    assert report.valid
    assert (report.warning_count, len(report.warnings)) == (3_000, collector.MOST_WARNINGS)
    shown = "".join(render("text", [FileReport("wide.csv", document(report))]))
    assert shown.endswith("  … et 2\u202f000 de plus\n")


def test_a_missing_value_list_without_the_empty_text() -> None:
    schema = {
        "fields": [{"name": "a", "type": "string"}, {"name": "b", "type": "integer"}],
        "missingValues": ["-"],
    }
    report = validate(b"a,b\n-,-\n,\n\nx,-\n", schema)
    assert [(entry.code, entry.row) for entry in report.errors] == [
        ("blank-row", 2),
        ("type-error", 3),
        ("blank-row", 4),
    ]


def test_a_source_that_is_not_a_table_says_so() -> None:
    for data in (b"%PDF-1.4 ...", b"<!DOCTYPE html><html></html>", b"\x89PNG\r\n"):
        report = validate(data, AB)
        assert not report.could_run
        assert report.errors[0].wording("fr").text


def test_no_header_is_an_exception_of_the_reader_only() -> None:
    with pytest.raises(Unreadable):
        open_text(b"\n\n")
