"""The annotated workbook, read back with another library."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import openpyxl
import pytest

from services.validation.engine import Options, resolve_schema, validate
from services.validation.engine.formats.opening import unwrap
from services.validation.engine.messages import Language
from services.validation.engine.read import ReadAs, read_table
from services.validation.engine.render import ReportDocument, document
from services.validation.engine.render.xlsx import Limits, annotate, write_workbook
from services.validation.engine.text.source import open_source
from tests.unit.engine.render.made import INVALID, SCHEMA

WRONG = "FFFFC7CE"


def annotated(
    data: bytes, schema: Mapping[str, Any], options: Options | None = None, language: Language = "fr"
) -> tuple[Any, ReportDocument]:
    parsed = resolve_schema(schema)
    assert parsed.schema is not None
    report = document(validate(data, parsed, options))
    target = io.BytesIO()
    annotate(data, parsed.schema, report, target, options, language)
    target.seek(0)
    return openpyxl.load_workbook(target), report


def limited(data: bytes, schema: Mapping[str, Any], limits: Limits) -> Any:
    parsed = resolve_schema(schema)
    assert parsed.schema is not None
    report = document(validate(data, parsed))
    table = read_table(unwrap(open_source(data)), parsed.schema, Options(), ReadAs(None))
    target = io.BytesIO()
    write_workbook(target, table, report, "fr", limits)
    target.seek(0)
    return openpyxl.load_workbook(target)


def notes(book: Any) -> list[str]:
    return [str(row[0]) for row in book.worksheets[1].iter_rows(values_only=True) if row[0]]


def test_cells_in_error_are_marked_where_the_report_says() -> None:
    book, report = annotated(INVALID, SCHEMA)
    sheet = book.worksheets[0]
    for entry in report["errors"]:
        if entry["rowNumber"] is None:
            continue
        cell = sheet.cell(entry["rowNumber"], entry["fieldNumber"] or 1)
        assert cell.fill.fgColor.rgb == WRONG
        assert cell.comment is not None
    sound = sheet["A2"]
    assert (sound.value, sound.comment) == ("1", None)
    assert sound.fill.fgColor.rgb != WRONG
    assert "AAAA-MM-JJ" in sheet["B3"].comment.text
    assert not any("ne sont pas marquées" in note for note in notes(book))


def test_every_cell_of_the_source_is_there_as_text() -> None:
    data = b'a,b\n=1+1,00123\n@x,y\n"deux\nlignes",  espace \nhttps://exemple.fr,1e5\n'
    book, _ = annotated(data, {"fields": [{"name": "a"}, {"name": "b"}]})
    sheet = book.worksheets[0]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["a", "b"],
        ["=1+1", "00123"],
        ["@x", "y"],
        ["deux\nlignes", "  espace "],
        ["https://exemple.fr", "1e5"],
    ]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}


def test_what_is_cut_is_told() -> None:
    schema = {"fields": [{"name": "a", "type": "integer"}, {"name": "b"}, {"name": "c"}]}
    data = b"a,b,c\n" + b"x,yyyyyyyy,z\n" * 10
    book = limited(data, schema, Limits(rows=4, columns=2, cell=5, comments=2))
    sheet = book.worksheets[0]
    assert (sheet.max_row, sheet.max_column) == (4, 2)
    assert sheet["B2"].value == "yyyyy"
    assert [sheet[f"A{row}"].comment is not None for row in (2, 3, 4)] == [True, True, False]
    assert sheet["A4"].fill.fgColor.rgb == WRONG
    told = " ".join(notes(book))
    for figure in ("4 premières lignes", "2 premières colonnes", "5 caractères", "2 premières cellules"):
        assert figure in told
    assert "7 erreurs sont comptées" in told


def test_unlisted_errors_are_counted_in_the_notes() -> None:
    data = b"a\n" + b"x\n" * 50
    book, _ = annotated(data, {"fields": [{"name": "a", "type": "integer"}]}, Options(samples=5), "en")
    assert "45 errors are counted but not marked in the data." in notes(book)


def test_the_source_is_read_as_the_report_says(tmp_path: Any) -> None:
    data = "nom;é\nchâteau;1\n".encode("cp1252")
    book, report = annotated(data, {"fields": [{"name": "nom"}, {"name": "é", "type": "integer"}]})
    assert report["source"]["encoding"] != "utf-8"
    assert [cell.value for cell in book.worksheets[0][2]] == ["château", "1"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_summary_sheet(language: Language) -> None:
    book, report = annotated(INVALID, SCHEMA, None, language)
    rows = list(book.worksheets[1].iter_rows(values_only=True))
    counts = [row[3] for row in rows if isinstance(row[3], int)]
    assert sum(counts) == report["stats"]["errors"]
