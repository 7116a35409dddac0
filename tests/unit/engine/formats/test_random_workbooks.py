"""Random and real workbooks read by the compiled pass as by the parser alone."""

# ruff: noqa: DTZ001 - a spreadsheet knows no time zone

from __future__ import annotations

import datetime as dt
import io
import random
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from tests.unit.engine.formats.readings import FIELDS, agreed, needs_compiled, parser_alone, report

pytestmark = needs_compiled

_DATA = Path(__file__).parents[4].parent / "shared" / "data"
_WORDS = [
    *(
        "",
        "a",
        "été",
        "12",
        "0012",
        "a,b",
        'dit "oui"',
        '"',
        "deux\nlignes",
        "a\r\nb",
        " bords ",
        "\u00a0x",
        "x…",
        "« a »",
    ),
    *(
        "&<>'",
        "_x000D_",
        "_x0041_",
        "a_x005F_b",
        "😀",
        "x" * 300,
        "2024-01-02",
        "1,5",
        "true",
        "#N/A",
        "é\n",
        "\tx",
        ",",
    ),
]
_NUMBERS = [
    *(
        0,
        1,
        -1,
        12,
        123456789012345,
        1234567890123456,
        99999999999999999999,
        0.1,
        0.2 + 0.1,
        -0.5,
        1e-4,
        1e-5,
        1.5e-7,
    ),
    *(
        1e15,
        1e16,
        1e300,
        3.0,
        2.50,
        123456.789,
        1 / 3,
        2 / 3,
        100 / 7,
        0.29,
        1234567890.9999999,
        -1e-10,
        48.856613,
    ),
]
_DAYS = [
    *(dt.date(2024, 2, 29), dt.date(1900, 3, 1), dt.date(9999, 12, 31), dt.datetime(2023, 3, 15, 12, 0)),
    *(
        dt.datetime(2023, 3, 15, 23, 59, 59),
        dt.datetime(2023, 3, 15, 2, 57, 46, 598000),
        dt.time(8, 30),
        dt.time(0, 0),
    ),
    *(dt.datetime(2001, 1, 1), dt.datetime(1904, 1, 5, 6, 7, 8), dt.date(1900, 1, 5), dt.timedelta(hours=30)),
]


def _value(draw: random.Random, tame: bool) -> object:
    kind = draw.randrange(10)
    if kind < 3:
        return draw.choice(_WORDS)
    if kind < 6:
        return draw.choice([number for number in _NUMBERS if abs(number) < 1e18] if tame else _NUMBERS)
    if kind == 6 or (kind == 7 and tame):
        return draw.choice(_DAYS[:5] if tame else _DAYS)
    if kind == 7:
        return draw.choice([True, False, dt.time(12, 30)])
    return round(draw.uniform(-1e6, 1e6), draw.randrange(8)) if kind == 8 else None


def _with_xlsxwriter(draw: random.Random) -> bytes:
    packed, tame = io.BytesIO(), draw.random() < 0.7
    options = {"in_memory": True, "constant_memory": draw.random() < 0.3, "date_1904": draw.random() < 0.3}
    book = xlsxwriter.Workbook(packed, {**options, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("Données & co")
    formats = {
        dt.date: book.add_format({"num_format": "dd/mm/yyyy"}),
        dt.datetime: book.add_format({"num_format": draw.choice(["yyyy-mm-dd hh:mm", "[$-40C]d mmm yyyy"])}),
        dt.time: book.add_format({"num_format": "hh:mm"}),
        dt.timedelta: book.add_format({"num_format": "[h]:mm:ss"}),
    }
    padded = book.add_format({"num_format": draw.choice(["00000", "0000000", "0.00", "#,##0 €"])})
    bold = book.add_format({"bold": True})
    left, top = draw.choice([(0, 0), (2, 3)])
    sheet.write_row(top, left, [field.name for field in FIELDS])
    width = len(FIELDS) + draw.choice([0, 0, 2])
    for line in range(top + 1, top + draw.randrange(5, 90)):
        if draw.random() < 0.1:
            continue
        for column in range(left, left + width):
            value, kind = _value(draw, tame), draw.random()
            if value is None or (column - left >= len(FIELDS) and kind < 0.8):
                continue
            if kind < 0.03 and isinstance(value, str) and value:
                sheet.write_rich_string(line, column, bold, "gras ", value)
            elif kind < 0.06:
                sheet.write_formula(
                    line, column, "=1+1", value=draw.choice([2, "a&b", "", 1.5, True, "#N/A"])
                )
            elif kind < 0.08:
                sheet.write_blank(line, column, None, bold)
            elif isinstance(value, int | float) and not isinstance(value, bool):
                sheet.write_number(line, column, value, padded if kind < 0.2 else None)
            elif isinstance(value, str):
                sheet.write_string(line, column, value)
            else:
                sheet.write(line, column, value, formats.get(type(value)))
    if draw.random() < 0.3:
        sheet.merge_range(top + 2, left + 20, top + 3, left + 21, "")
    if draw.random() < 0.3:
        book.add_worksheet("Autre").write(0, 0, "x")
    book.close()
    return packed.getvalue()


def _with_openpyxl(draw: random.Random) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([field.name for field in FIELDS])
    for _ in range(draw.randrange(5, 60)):
        row = [_value(draw, tame=True) for _ in FIELDS]
        row = [None if isinstance(cell, str) and "\r" in cell else cell for cell in row]
        sheet.append(row if draw.random() > 0.1 else [])
    for place, code in (("A3", "00000"), ("H4", "0000"), ("C5", "0.00"), ("A6", "@")):
        sheet[place] = draw.choice([12, 7, 123456, "x"])
        sheet[place].number_format = code
    sheet["A7"] = "=SUM(B2:B6)"
    sheet["B8"] = "#DIV/0!"
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


@pytest.mark.parametrize("make", [_with_xlsxwriter, _with_openpyxl])
def test_random_workbooks(make: Any) -> None:
    compiled = [agreed(make(random.Random(seed))) for seed in range(40)]
    assert all(compiled) if make is _with_openpyxl else 20 < sum(compiled) < 40, (
        "the compiled pass should read most sheets"
    )


SCHEMA: dict[str, Any] = {
    "name": "s",
    "fields": [
        {"name": "texte", "type": "string", "constraints": {"required": True, "maxLength": 5}},
        {"name": "nombre", "type": "number", "decimalChar": ",", "constraints": {"minimum": 0}},
        {"name": "entier", "type": "integer", "constraints": {"unique": True}},
        {"name": "jour", "type": "date"},
        {"name": "instant", "type": "datetime"},
        {"name": "heure", "type": "string"},
        {"name": "vrai", "type": "boolean"},
        {"name": "libre", "type": "any"},
    ],
    "primaryKey": ["texte", "libre"],
}


def test_reports_on_random_workbooks() -> None:
    for seed in range(100, 115):
        data = _with_xlsxwriter(random.Random(seed))
        found = report(data, SCHEMA)
        with parser_alone():
            assert report(data, SCHEMA) == found


def _of_rows(rows: list[list[str]]) -> bytes:
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate(rows):
            sheet.write_row(line, 0, row)
    return packed.getvalue()


@pytest.mark.parametrize(
    "rows",
    [
        [["texte", "libre"], *(["a", "b", "de trop"] for _ in range(2_500)), ["fin", "", "", "x"]],
        [[*"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"], ["x" * 32_000] * 40, ["y"], ["z\nz"] * 40],
        [["texte"], ["a"], [""], ["b\r\nc"], [""], ["1"]],
        [["texte", "libre"], ["Ã©tÃ©", "a\nb"], ["b", "c"]],
    ],
    ids=["surplus cells", "a long record", "one column", "a wrong encoding"],
)
def test_texts_that_are_not_read_fast(rows: list[list[str]]) -> None:
    data = _of_rows(rows)
    assert agreed(data)
    found = report(data, SCHEMA)
    with parser_alone():
        assert report(data, SCHEMA) == found


def test_real_spreadsheets() -> None:
    files = sorted((_DATA / "corpus" / "files").rglob("*.xlsx"))
    if not files:
        pytest.skip(f"no real spreadsheets under {_DATA}")
    compiled = [agreed(path, ()) for path in files if path.stat().st_size < 1 << 20]
    assert sum(compiled) > len(compiled) // 2, "the compiled pass should read most sheets"
