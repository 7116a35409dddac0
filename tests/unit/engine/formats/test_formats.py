"""Tables in spreadsheets, parquet, GeoJSON, gz and zip, read as the text reader would give them."""

from __future__ import annotations

import datetime as dt
import gzip
import io
from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal
from string import Formatter
from typing import Any

import openpyxl
import orjson
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from services.validation.engine import Options, validate
from services.validation.engine.formats import read_table, unwrap
from services.validation.engine.formats.messages import MESSAGES
from services.validation.engine.formats.sheet_xml import column_name, column_number, padded
from services.validation.engine.messages import Unreadable
from services.validation.engine.schema import Field
from services.validation.engine.text.blocks import Block, Table
from services.validation.engine.text.source import open_source
from tests.unit.engine.formats.workbooks import ods, rows, xlsx, zipped


def read(data: bytes, fields: Sequence[Field] = (), sheet: str | int | None = None, label: str = "") -> Any:
    """The table's header and rows, and the table itself, whose findings are then complete."""
    with closing(open_source(data, label)) as source:
        opened = unwrap(source)
        with closing(opened.source):
            table = read_table(opened, fields, sheet)
            found = [
                [*row, *block.extra.get(at, ())]
                for block in table.blocks
                for at, row in enumerate(zip(*_lists(block), strict=True))
            ]
    return table, table.header, found


def _lists(block: Block) -> list[list[str]]:
    return [column.to_pylist() for column in block.columns]


def keys(table: Table) -> list[str]:
    return [finding.key for finding in table.findings]


def workbook(*table: Sequence[object], **formats: str) -> bytes:
    """An Excel file; `formats` gives number formats by cell."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in table:
        sheet.append(list(row))
    for place, number_format in formats.items():
        sheet[place].number_format = number_format
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def test_values_are_written_as_their_fields_want_them() -> None:
    fields = [
        Field("siret", "string"),
        Field("code", "string"),
        Field("jour", "date"),
        Field("jour2", "date", "%d/%m/%Y"),
        Field("instant", "datetime"),
        Field("heure", "time"),
        Field("montant", "number", options={"decimalChar": ","}),
        Field("total", "number"),
        Field("actif", "boolean", options={"trueValues": ["oui"], "falseValues": ["non"]}),
        Field("annee", "year"),
        Field("nombre", "integer"),
    ]
    day, moment = dt.date(2024, 3, 12), dt.datetime(2024, 3, 12, 10, 30, 5)  # noqa: DTZ001 - a spreadsheet has no zone
    line = [35600000000048, 1001, day, day, day, dt.time(10, 30), 12.5, 0.1 + 0.2, True, 2024, 5.0]
    data = workbook([field.name for field in fields], line, [*line[:4], moment, *line[5:]], B2="00000")
    table, header, found = read(data, fields)
    assert header == [field.name for field in fields]
    expected = [
        "2024-03-12",
        "12/03/2024",
        "2024-03-12T00:00:00",
        "10:30:00",
        "12,5",
        "0.3",
        "oui",
        "2024",
        "5",
    ]
    assert found[0] == ["35600000000048", "01001", *expected]
    assert found[1][1] == "1001"
    assert found[1][4] == "2024-03-12T10:30:05"
    assert keys(table) == ["number-in-text", "number-in-text"]
    assert [(f.params["field"], f.params["count"]) for f in table.findings] == [("siret", 2), ("code", 1)]


def test_error_values_merged_cells_and_formulas() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["a", "b"], ["#N/A", "x"], ["fusion", None], ["=1+1", "y"]):
        sheet.append(row)
    sheet["A2"].data_type = "e"
    sheet.merge_cells("A3:B3")
    table, _, found = read(saved(book))
    assert found == [["#N/A", "x"], ["fusion", ""], ["", "y"]]
    assert keys(table) == ["merged-cells", "formulas-without-value"]
    assert table.findings[0].params["first"] == "A3:B3"


def test_blank_rows_at_the_end_are_dropped_those_between_stay() -> None:
    _, _, found = read(workbook(["a", "b"], ["1", "2"], [], ["3", None], [], B30="0.00", A31="00"))
    assert found == [["1", "2"], ["", ""], ["3", ""]]


def test_cells_beyond_the_header_are_extra() -> None:
    _, header, found = read(workbook(["a", "b"], ["1", "2", "3", None, "5"], ["1", "2"]))
    assert header == ["a", "b"]
    assert found == [["1", "2", "3", "", "5"], ["1", "2"]]


def test_title_rows_and_an_offset_table() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["B2"] = "Subventions de la commune"
    table_rows: list[list[object]] = [["siret", "montant"], ["356", 12]]
    for line, row in enumerate(table_rows, start=4):
        for column, value in zip("BC", row, strict=True):
            sheet[f"{column}{line}"] = value
    table, header, found = read(saved(book), [Field("siret", "string"), Field("montant", "number")])
    assert (header, table.header_line, found) == (["siret", "montant"], 4, [["356", "12"]])


def test_sheets() -> None:
    book = openpyxl.Workbook()
    book.active.title = "Vide"
    for name in ("Données", "Autre"):
        book.create_sheet(name).append([name])
    data = saved(book)
    table, header, _ = read(data)
    assert (table.label, header, keys(table)) == ("Données", ["Données"], ["other-sheets"])
    assert read(data, sheet="Autre")[1] == ["Autre"]
    assert read(data, sheet=3)[1] == ["Autre"]
    for wanted, key in (("Absente", "sheet-absent"), (9, "sheet-absent"), ("Vide", "sheet-empty")):
        with pytest.raises(Unreadable) as refused:
            read(data, sheet=wanted)
        assert refused.value.finding.key == key


def test_a_decimal_format_pads_no_code() -> None:
    assert read(workbook(["code"], [12], A2="0.000"), [Field("code", "string")])[2] == [["12"]]


def test_a_workbook_without_data() -> None:
    with pytest.raises(Unreadable) as refused:
        read(workbook())
    assert refused.value.finding.key == "sheets-empty"


def test_many_blocks_keep_their_row_numbers() -> None:
    data = workbook(["n", "texte"], *([number, "x" * 40] for number in range(45_000)))
    with closing(open_source(data)) as source:
        table = read_table(unwrap(source), [Field("n", "integer")])
        blocks = list(table.blocks)
    assert len(blocks) > 1
    assert [block.first_row for block in blocks] == [
        2 + sum(b.length for b in blocks[:at]) for at in range(len(blocks))
    ]
    assert [text for block in blocks for text in block.columns[0].to_pylist()] == list(
        map(str, range(45_000))
    )


def test_ods() -> None:
    line = (
        '<table:table-row><table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
        '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell></table:table-row>'
    )
    typed = (
        '<table:table-row><table:table-cell office:value-type="float" office:value="12.5"><text:p>12,5</text:p>'
        '</table:table-cell><table:table-cell office:value-type="date" office:date-value="2024-03-12"><text:p>12/03/24'
        "</text:p></table:table-cell></table:table-row>"
    )
    data = ods(f'<table:table table:name="Feuille1">{line.format("montant", "jour")}{typed}</table:table>')
    table, header, found = read(data, [Field("montant", "number"), Field("jour", "date")])
    assert (table.format, table.label, header) == ("ods", "Feuille1", ["montant", "jour"])
    assert found == [["12.5", "2024-03-12"]]


def test_parquet() -> None:
    table = pa.table(
        {
            "texte": pa.array(["a", None, "c"]),
            "entier": pa.array([1, None, 3]),
            "simple": pa.array([0.1, None, 2], pa.float32()),
            "exact": pa.array([Decimal("1.10"), None, Decimal("2.00")]),
            "jour": pa.array([dt.date(2024, 3, 12), None, dt.date(2024, 3, 13)]),
            "instant": pa.array([1, None, 2_000_000_001], pa.timestamp("ns")),
            "liste": pa.array([[1, 2], None, []]),
            "actif": pa.array([True, None, False]),
        }
    )
    packed = io.BytesIO()
    parquet.write_table(table, packed)
    fields = [Field("entier", "integer"), Field("instant", "datetime"), Field("actif", "boolean")]
    _, header, found = read(packed.getvalue(), fields)
    assert header == table.column_names
    assert found == [
        ["a", "1", "0.1", "1.10", "2024-03-12", "1970-01-01T00:00:00", "[1,2]", "true"],
        [""] * 8,
        ["c", "3", "2", "2.00", "2024-03-13", "1970-01-01T00:00:02", "[]", "false"],
    ]


def test_geojson_as_a_table() -> None:
    point = {"type": "Point", "coordinates": [2.35, 48.85]}
    features = [
        {"type": "Feature", "geometry": point, "properties": {"nom": "A", "n": 1, "liste": ["x"]}},
        {"type": "Feature", "geometry": None, "properties": {"nom": None, "autre": True}},
        {"type": "Feature", "geometry": point, "properties": None},
    ]
    data = orjson.dumps({"type": "FeatureCollection", "features": features})
    _, header, found = read(data)
    assert header == ["nom", "n", "liste", "autre"]
    assert found == [["A", "1", '["x"]', ""], ["", "", "", "true"], ["", "", "", ""]]
    assert read(data, [Field("lieu", "geopoint")])[2][0][-1] == "2.35,48.85"
    assert orjson.loads(read(data, [Field("forme", "geojson")])[2][2][-1]) == point


CSV = b"a,b\n1,2\n3,4\n"
SCHEMA = {"fields": [{"name": "a", "type": "integer"}, {"name": "b", "type": "integer"}]}


@pytest.mark.parametrize(
    ("data", "label"),
    [
        (gzip.compress(CSV), "table.csv.gz"),
        (
            zipped({"dossier/table.csv": CSV, "__MACOSX/._table.csv": b"x", "LISEZMOI.txt": b"notes"}),
            "table.zip",
        ),
        (zipped({"table.xlsx": workbook(["a", "b"], [1, 2], [3, 4])}), "table.zip"),
        (gzip.compress(workbook(["a", "b"], [1, 2], [3, 4])), "table.xlsx.gz"),
        (workbook(["a", "b"], [1, 2], [3, 4]), "table.xlsx"),
    ],
    ids=["gz", "zip", "xlsx in zip", "xlsx in gz", "xlsx"],
)
def test_packed_or_not_the_verdict_is_the_same(data: bytes, label: str) -> None:
    report = validate(data, SCHEMA, Options(label=label))
    assert report.valid
    assert report.to_dict()["stats"]["rows"] == 2  # type: ignore[index]


def test_a_packed_text_that_is_not_utf8() -> None:
    text = ("a,b\n" + "1,2\n" * 400_000 + "1,é\n").encode("cp1252")
    report = validate(gzip.compress(text), SCHEMA, Options(label="x.csv.gz"))
    assert not report.valid


def test_an_extension_that_lies_is_a_warning() -> None:
    table, _, found = read(workbook(["a"], [1]), label="table.csv")
    assert found == [["1"]]
    assert keys(table) == ["extension-lies"]
    assert table.findings[0].level == "warning"


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (1000, "00000", "01000"),
        (123456, "00000", "123456"),
        (612345678, '0#" "##" "##" "##" "##', "06 12 34 56 78"),
        (35600000000048, "000\\ 000\\ 000\\ 00000", "356 000 000 00048"),
        (-5, "000", "-005"),
        (1.5, "000", "1.5"),
    ],
)
def test_number_formats_with_leading_zeros(value: float, number_format: str, shown: str) -> None:
    assert padded(value, number_format) == shown


def test_column_names() -> None:
    for number, name in ((0, "A"), (25, "Z"), (26, "AA"), (16_383, "XFD")):
        assert column_name(number) == name
        assert column_number(name.encode()) == number


def test_hand_made_workbooks_are_sound() -> None:
    assert read(xlsx(rows(["a", "b"], ["1", "2"])))[1:] == (["a", "b"], [["1", "2"]])


@pytest.mark.parametrize("key", sorted(MESSAGES))
def test_messages_are_complete_in_both_languages(key: str) -> None:
    message = MESSAGES[key]
    for text in (message.title_fr, message.title_en, message.fr, message.en, message.fix_fr, message.fix_en):
        names = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
        assert text.format(**dict.fromkeys(names, "x"))
    assert message.fr != message.en
