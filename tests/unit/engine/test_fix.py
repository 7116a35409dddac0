"""The corrected copy: what is certain is written, everything told, and no meaning changed."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from services.validation.engine import Unreadable, inspect_schema, validate
from services.validation.engine.fix import Change, fix
from socle.cli import main

DESCRIPTOR: dict[str, Any] = {
    "fields": [
        {"name": "nom", "type": "string", "constraints": {"required": True}},
        {"name": "dateConvention", "type": "date"},
        {"name": "montant", "type": "number"},
        {
            "name": "nature",
            "type": "string",
            "constraints": {"enum": ["aide en numéraire", "aide en nature"]},
        },
        {"name": "siret", "type": "string", "constraints": {"pattern": r"\d{14}"}},
        {"name": "actif", "type": "boolean"},
    ]
}


def fixed(data: bytes, descriptor: object = DESCRIPTOR) -> tuple[bytes, list[Change]]:
    schema = inspect_schema(descriptor).schema
    assert schema is not None
    target, changes = io.BytesIO(), list[Change]()
    fix(data, schema, target, changes.append)
    return target.getvalue(), changes


MESSY = (
    "Montant;NOM;date convention;nature;siret;actif;libre\r\n"
    '1 234,50;"Amicale ""A""";12/03/2024;Aide en numeraire;356 000 000 00048;Oui; x \r\n'
    "12.5;Été;2024-03-12;aide en nature;35600000000048;false;=1+1\r\n"
    ";Vide;;;;;\r\n"
).encode("cp1252")


def test_a_messy_file_becomes_valid() -> None:
    assert not validate(MESSY, DESCRIPTOR).valid
    copy, changes = fixed(MESSY)
    report = validate(copy, DESCRIPTOR)
    assert report.valid
    assert (report.table.encoding, report.table.delimiter) == ("utf-8", ",")
    assert list(csv.reader(io.StringIO(copy.decode()))) == [
        ["nom", "dateConvention", "montant", "nature", "siret", "actif", "libre"],
        ['Amicale "A"', "2024-03-12", "1234.50", "aide en numéraire", "35600000000048", "true", " x "],
        ["Été", "2024-03-12", "12.5", "aide en nature", "35600000000048", "false", "=1+1"],
        ["Vide", "", "", "", "", "", ""],
    ]
    told = [(change.kind, change.row, change.field) for change in changes]
    assert told[:6] == [
        ("encoding", None, ""),
        ("delimiter", None, ""),
        ("label", 1, "montant"),
        ("label", 1, "nom"),
        ("label", 1, "dateConvention"),
        ("order", 1, ""),
    ]
    assert sorted(told[6:]) == [
        ("value", 2, name) for name in ("actif", "dateConvention", "montant", "nature", "siret")
    ]


def test_a_valid_file_is_copied_byte_for_byte() -> None:
    copy, _ = fixed(MESSY)
    assert fixed(copy) == (copy, [])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("12/03/24", True),  # which century
        ("31/02/2024", True),  # no such day
        ("1,234", True),  # a thousand or a little more than one
        ("45 %", True),
        ("n.c.", True),
        ("1 234,5", False),
    ],
)
def test_what_is_doubtful_is_left(text: str, kept: bool) -> None:
    type_ = "date" if "/" in text else "number"
    copy, changes = fixed(
        f'a,b\n"{text}",x\n'.encode(), {"fields": [{"name": "a", "type": type_}, {"name": "b"}]}
    )
    assert (text.encode() in copy) == kept == (not changes)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ({"type": "integer"}, "1.000"),  # one, or a thousand
        ({"type": "number", "decimalChar": ","}, "1.234"),
        ({"type": "number"}, "1.234 €"),
    ],
)
def test_a_point_that_may_part_thousands_is_left(field: dict[str, str], text: str) -> None:
    data = f"a,b\n{text},x\n".encode()
    assert fixed(data, {"fields": [{"name": "a", **field}, {"name": "b"}]}) == (data, [])


@pytest.mark.parametrize(
    "rule",
    [
        {"primaryKey": "a"},
        {"foreignKeys": [{"fields": "b", "reference": {"resource": "", "fields": "a"}}]},
        {},
    ],
)
def test_spaces_that_tell_two_keys_apart_stay(rule: dict[str, object]) -> None:
    unique = {} if rule else {"constraints": {"unique": True}}
    schema = {"fields": [{"name": "a", "type": "string", **unique}, {"name": "b", "type": "string"}], **rule}
    data = b"a,b\nx,x\nx ,x \n"
    copy, _ = fixed(data, schema)
    assert validate(data, schema).valid
    assert validate(copy, schema).valid


def test_garbled_accents_are_repaired_in_a_file_of_two_encodings_too() -> None:
    schema = {"fields": [{"name": "a", "type": "string"}, {"name": "b", "type": "string"}]}
    copy, changes = fixed("a,b\nDélibération,x\n".encode() + "été,y\n".encode("cp1252"), schema)
    assert copy.decode("utf-8") == "a,b\nDélibération,x\nété,y\n"
    garbled = Change("accents", "DÃ©libÃ©ration", "Délibération", 2, "a")
    assert changes == [Change("encoding", "cp1252", "utf-8"), garbled]


def test_spaces_around_labels_are_told_when_they_go() -> None:
    schema = {"fields": [{"name": "a", "type": "string"}, {"name": "b", "type": "string"}]}
    copy, changes = fixed(b" a,b,c \nx,y,z\n", schema)
    assert copy == b"a,b,c\nx,y,z\n"
    assert [(change.kind, change.before, change.after) for change in changes] == [
        ("label", " a", "a"),
        ("label", "c ", "c"),
    ]


@pytest.mark.parametrize("rows", [1, 30])
def test_spaces_around_labels_of_a_sheet_are_told_when_they_go(rows: int) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in ([" a", "b", " "], *[["x", "y"]] * rows):
        sheet.append(row)
    packed = io.BytesIO()
    book.save(packed)
    schema = {"fields": [{"name": "a", "type": "string"}, {"name": "b", "type": "string"}]}
    copy, changes = fixed(packed.getvalue(), schema)
    assert copy.startswith(b"a,b\nx,y\n")
    assert changes == [Change("format", "xlsx", "csv"), Change("label", " a", "a", 1, "a")]


def test_a_column_with_months_first_keeps_its_ambiguous_dates() -> None:
    schema = {"fields": [{"name": "jour", "type": "date"}, {"name": "b"}]}
    data = b"jour,b\n03/12/2024,x\n03/25/2024,x\n"
    assert fixed(data, schema) == (data, [])


def test_letters_are_not_changed_to_please_a_pattern() -> None:
    schema = {
        "fields": [{"name": "a", "constraints": {"pattern": "[A-Z]+"}, "type": "string"}, {"name": "b"}]
    }
    assert fixed(b"a,b\nabc,x\n", schema) == (b"a,b\nabc,x\n", [])


def test_rows_of_uneven_length_keep_their_cells_and_order() -> None:
    data = b"montant,nom,dateConvention\n1,a\n2,b,2024-01-01,surplus\n,,\n3,c,05/01/2024\n"
    copy, changes = fixed(data)
    assert copy == data.replace(b"05/01/2024", b"2024-01-05")
    assert [change.kind for change in changes] == ["value"]


def test_two_spellings_of_a_label_are_left() -> None:
    copy, _ = fixed(b"NOM,Nom,montant\na,b,1\n")
    assert copy.startswith(b"montant,NOM,Nom\n")


def test_a_spreadsheet_becomes_csv() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["nom", "montant"])
    sheet.append(["a", 12.5])
    packed = io.BytesIO()
    book.save(packed)
    copy, changes = fixed(packed.getvalue())
    assert copy == b"nom,montant\na,12.5\n"
    assert changes == [Change("format", "xlsx", "csv")]


def test_a_damaged_file_is_not_copied() -> None:
    schema = inspect_schema(DESCRIPTOR).schema
    assert schema is not None
    with pytest.raises(Unreadable):
        fix(b"PK\x03\x04 nothing", schema, io.BytesIO(), lambda change: None)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.text("aé \"',;\n=1", max_size=5),
            st.sampled_from(["12/03/2024", "2024-03-12", "03/25/2024", "x", "", " 2024-01-01"]),
            st.sampled_from(["1 234,5", "12,5", "1,234", "x", "", "NaN", " 3 "]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_a_copy_has_the_same_rows_never_more_errors_and_is_stable(rows: list[tuple[str, str, str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow(["nom", "dateConvention", "montant"])
    writer.writerows(rows)
    data = text.getvalue().encode()
    copy, _ = fixed(data)
    before, after = validate(data, DESCRIPTOR), validate(copy, DESCRIPTOR)
    assert after.table.rows == before.table.rows
    assert after.error_count <= before.error_count
    assert fixed(copy) == (copy, [])


def invoke(arguments: list[str]) -> Result:
    """Run `socle fix`, by the way that people do: click remembers how a command was first called."""
    return CliRunner().invoke(main, ["fix", *arguments])


def test_the_command(tmp_path: Path) -> None:
    source, schema = tmp_path / "subventions.csv", tmp_path / "schema.json"
    source.write_bytes(MESSY)
    schema.write_bytes(orjson.dumps(DESCRIPTOR))
    arguments = [str(source), "--schema", str(schema)]
    done = invoke(arguments)
    assert done.exit_code == 0, done.output
    assert "0 après" in done.output
    assert source.read_bytes() == MESSY
    copy = tmp_path / "subventions.corrige.csv"
    assert validate(copy, DESCRIPTOR).valid
    listed = (tmp_path / "subventions.corrections.csv").read_text(encoding="utf-8-sig").splitlines()
    assert listed[0] == "ligne,champ,avant,après,correction"
    assert "2,dateConvention,12/03/2024,2024-03-12,valeur réécrite" in listed
    assert len(listed) == 12
    again = invoke(arguments)
    assert again.exit_code == 2
    assert "--force" in again.output
    assert invoke([*arguments, "--force", "--lang", "en"]).exit_code == 0
    assert invoke([*arguments, "--force", "-o", str(source)]).exit_code == 2
    assert source.read_bytes() == MESSY


def test_the_command_when_errors_remain_or_nothing_can_be_done(tmp_path: Path) -> None:
    source, schema = tmp_path / "a.csv", tmp_path / "schema.json"
    schema.write_bytes(orjson.dumps(DESCRIPTOR))
    source.write_bytes(b"nom,montant\na,beaucoup\n")
    assert invoke([str(source), "--schema", str(schema)]).exit_code == 1
    source.write_bytes(b"%PDF-1.7")
    done = invoke([str(source), "--schema", str(schema), "--force", "--lang", "en"])
    assert done.exit_code == 2
    assert "PDF" in done.output


def test_the_command_reads_as_it_is_told(tmp_path: Path) -> None:
    source, schema, copy = tmp_path / "livre.xlsx", tmp_path / "schema.json", tmp_path / "copie.csv"
    schema.write_bytes(
        orjson.dumps({"fields": [{"name": "a", "type": "string"}, {"name": "b", "type": "string"}]})
    )
    book = openpyxl.Workbook()
    for name in ("un", "deux"):
        sheet = book.create_sheet(name)
        sheet.append(["a", "b"])
        sheet.append([name, name])
    book.save(source)
    told = ["--schema", str(schema), "-o", str(copy), "--force"]
    assert invoke([str(source), *told, "--sheet", "deux"]).exit_code == 0
    assert copy.read_bytes() == b"a,b\ndeux,deux\n"
    assert invoke([str(source), *told, "--sheet", "trois"]).exit_code == 2
    odd = tmp_path / "odd.csv"
    odd.write_bytes("a|b\né|x,y;z\n".encode("cp850"))
    asked = ["--encoding", "cp850", "--delimiter", "pipe"]
    assert invoke([str(odd), *told, *asked]).exit_code == 0
    assert copy.read_text(encoding="utf-8") == 'a,b\né,"x,y;z"\n'
