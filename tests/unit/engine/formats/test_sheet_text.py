"""A sheet read by the compiled pass gives, cell by cell and finding by finding, what the parser alone gives."""

# ruff: noqa: E501 - the XML of a cell is read best on one line

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest

from services.validation.engine.schema import Field
from tests.unit.engine.formats.readings import agreed, needs_compiled, sheet_of

pytestmark = needs_compiled

NUMBERS = [
    *(
        "0",
        "12",
        "-3",
        "1.5",
        "0.0001",
        "0.00001",
        "1E+2",
        "1e-7",
        "12.0",
        "007",
        "0.28999999999999998",
        "1.",
        ".5",
        "+1",
    ),
    *(
        "-0",
        "-0.0",
        "inf",
        "nan",
        "0x10",
        " 12 ",
        "1 2",
        "",
        "123456789012345678901234567890",
        "1e400",
        "1e18",
        "1e17",
    ),
    *(
        "abc",
        "1&#50;",
        "9" * 15,
        "9" * 16,
        "9" * 45,
        "0." + "3" * 20,
        "1234567890.9999999",
        "12,5",
        "1e",
        "-",
        "--1",
    ),
    *(
        "45000",
        "45000.5",
        "45000.999999999",
        "0.5",
        "60",
        "61",
        "59",
        "1",
        "-5",
        "2958465",
        "2958466",
        "45000.123456",
    ),
]


@pytest.mark.parametrize("style", [None, *range(8)])
def test_numbers_of_all_kinds(style: int | None) -> None:
    attribute = "" if style is None else f' s="{style}"'
    places = "ABDEFI" if style in (1, 4, 6) else "ABI"
    for text in NUMBERS if style in (None, 1, 2, 6) else ():
        cells = "".join(f'<c r="{column}2"{attribute}><v>{text}</v></c>' for column in places)
        agreed(sheet_of(cells))
    agreed(sheet_of(f'<c r="A2" t="n"{attribute}><v>12</v></c><c r="H2" t="n"><v>x</v></c>'))
    assert agreed(sheet_of(f'<c r="A2"{attribute}><v>45000</v></c>')) == (style not in (3, 5, 7))


TEXTS = [
    *(
        "<t>a</t>",
        "<t> a </t>",
        '<t xml:space="preserve"> a </t>',
        "<t/>",
        "",
        "<t></t>",
        "<t>a</t><t>b</t>",
        "<t>\u00a0a</t>",
    ),
    *(
        "<t>a_x000D_b</t>",
        "<t>_x005F_x0041_</t>",
        "<t>_xD83D_</t>",
        "<t>_x0000_</t>",
        "<t>__x0041__x0042_</t>",
        "<t>_x41_</t>",
    ),
    *(
        "<t>a&#13;b</t>",
        "<t>a\r\nb</t>",
        "<t>a\rb</t>",
        "<t>&#9;</t>",
        "<t>&#x1F600;é</t>",
        "<t>&foo;</t>",
        "<t>&#0;</t>",
    ),
    *(
        "<t>&#xD;_x000A_</t>",
        "<t>&amp;lt;</t>",
        "<t>a<!-- c -->b</t>",
        "<t><![CDATA[a]]></t>",
    ),
    *(
        "<r><t>a</t></r><r><t> b</t></r>",
        '<r><rPr><b/><sz val="1"/></rPr><t>a</t></r><r><t xml:space="preserve"> b</t></r>',
    ),
    *(
        "<r><t>_x00</t></r><r><t>41_</t></r>",
        '<r><t>a</t></r><rPh sb="0" eb="1"><t>ph</t></rPh><phoneticPr fontId="1"/>',
    ),
    *(
        "<t>…</t>",
        "<t>“a”</t>",
        "<t>a\u3000</t>",
        "<t>\u200ba\u2003</t>",
        "<r><rPr><b></rPr><t>a</t></r>",
        "<x><t>a</t></x>",
    ),
    *(
        '<t>a"b,c\nd</t>',
        "<t>a</x>",
        "<r/>",
        "<t xml:space='preserve'> a </t>",
        "\n <t>a</t>\n ",
        "a<t>b</t>",
    ),
]


@pytest.mark.parametrize("text", TEXTS)
def test_texts_of_all_kinds(text: str) -> None:
    agreed(
        sheet_of(
            '<c r="A2" t="s"><v>0</v></c><c r="H2" t="s"><v>1</v></c>',
            strings=f"<si>{text}</si><si><t>z</t></si>",
        )
    )
    agreed(sheet_of(f'<c r="A2" t="inlineStr"><is>{text}</is></c><c r="H2" t="b"><v>1</v></c>'))
    if text.startswith("<t>"):
        agreed(sheet_of(f'<c r="A2" t="str"><v>{text[3:-4]}</v></c>'))


CELLS = [
    '<c r="A2" s="5"><v>1e17</v></c>',
    '<c r="A2" t="s"><v>1</v></c>',
    '<c r="A2" t="s"><v>-1</v></c>',
    '<c r="A2" t="b"><v>1</v></c><c r="B2" t="b"><v>0</v></c><c r="G2" t="b"><v>1</v></c><c r="H2" t="b"><v>true</v></c>',
    '<c r="A2" t="e"><v>#N/A</v></c><c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>',
    '<c r="A2" t="e"><v>#OUPS</v></c>',
    '<c r="A2" t="str"><f>A1&amp;B1</f><v>a</v></c>',
    '<c r="A2" t="str"><f>A1&B1</f><v>a</v></c>',
    '<c r="A2" s="0" s="2"><v>12</v></c>',
    '<c r="A2" t="e"><v></v></c><c r="B2"><v>12</v></c>',
    '<c r="A2" t="d"><v>2024-01-02</v></c>',
    '<c r="A2"><f>1</f></c><c r="B2"><f>1</f><v></v></c><c r="C2"><f>1</f><v/></c><c r="D2"><f t="shared" si="0"/><v>3</v></c>',
    '<c r="A2" t="str"><f>A1</f><v></v></c><c r="B2" t="str"><v/></c><c r="C2" t="str"><v xml:space="preserve"> a </v></c>',
    '<c r="B2"><v>1</v></c><c r="A2"><v>2</v></c>',
    '<c r="A2"><v>1</v></c><c r="A2"><v>2</v></c>',
    '<c r="A3"><v>1</v></c>',
    "<c><v>1</v></c><c><v>2</v></c>",
    '<c r="A2" r="B2"><v>1</v></c>',
    '<c r="A2" s="1" cm="1"><v>45000</v></c>',
    "<c r='A2'><v>1</v></c>",
    '<c r="A2"><v>1</v><v>2</v></c>',
    '<c r="A2"><v>1</v><f>2</f></c>',
    '<c r="A2"><v>1</v><extLst><ext uri="x"/></extLst></c>',
    '<c r="A2"><!-- x --><v>1</v></c>',
    '<c r="A2"\n s="0"\t><v>1</v>\n</c >',
    '<c r="A2" t="inlineStr"><v>1</v></c>',
    '<c r="A2" t="s"><is><t>x</t></is></c>',
    '<c r="XFD2"><v>1</v></c>',
    '<c r="XFE2"><v>1</v></c>',
    '<c r="AAAA2"><v>1</v></c>',
    '<c r="a2"><v>1</v></c>',
    '<c r="A02"><v>1</v></c>',
    '<c r="J2"><v>1</v></c><c r="L2" s="1"><v>45000</v></c><c r="M2" t="str"><v></v></c>',
    '<c r="A2" s="2"><v>12</v></c><c r="B2" s="2"><v>12</v></c><c r="H2" s="3"><v>612</v></c><c r="J2" s="2"><v>-7</v></c>',
    '<c r="A2"><v>1</v></c></row><row r="2"><c r="B2"><v>1</v></c>',
    '<c r="A2"><v>1</v></c></row><row r="1"><c r="B1"><v>1</v></c>',
    '<c r="A2"><v>1</v></c></row><row><c r="B3"><v>1</v></c>',
    '<c r="A2"><v>1</v></c></row><row r="9"/><row r="12"><c r="B12" t="str"><v></v></c></row><row r="15"><c r="C15" s="1"/>',
    '<c r="A2"><v>1</v></c></row><row r="60"><c r="B60"><v>1</v></c></row><row r="61"><c r="A61" t="str"><v> </v></c>',
    '<c r="A2"><v>1</v></c></row><row r="1048577"><c r="A1048577"><v>1</v></c>',
    '<c r="A2"><v>1</v></c></row></sheetData><mergeCells count="1"><mergeCell ref="A1:C4"/></mergeCells><sheetData><row r="3">',
    '<c r="A2"><v>1</v></c></row></sheetData><mergeCells count="2"><mergeCell ref="B2"/><mergeCell ref="A1:C4"/></mergeCells><x><row>',
]


@pytest.mark.parametrize("cells", CELLS, ids=range(len(CELLS)))
def test_cells_of_all_kinds(cells: str) -> None:
    agreed(sheet_of(cells, strings="<si><t>zero</t></si><si><t>un</t></si>"))


def test_a_first_string_that_is_not_like_the_others() -> None:
    cells = '<c r="A2" t="s"><v>0</v></c><c r="H2" t="s"><v>1</v></c>'
    assert not agreed(sheet_of(cells, strings='<si t="e"><t>a</t></si><si><t>b</t></si>'))
    assert agreed(sheet_of(cells, strings="<si><t>a</t></si><si><t>b</t></si>"))


def test_merged_cells_rows_to_the_left_and_sheets_by_name() -> None:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.append(["texte", "nombre"])
    first.append(["a", 1])
    first.merge_cells("D4:E5")
    other = book.create_sheet("Masquée")
    other.sheet_state = "hidden"
    other["C5"] = "libre"
    other["C6"] = 12
    for line in range(7, 80):
        other[f"C{line}"] = line
    later = book.create_sheet("Tard")
    for line in range(1, 80):
        later[f"C{line}"] = line
    later["A79"] = "plus à gauche"
    packed = io.BytesIO()
    book.save(packed)
    assert agreed(packed.getvalue())
    assert agreed(packed.getvalue(), sheet="Masquée")
    assert agreed(packed.getvalue(), sheet=2)
    assert not agreed(packed.getvalue(), sheet="Tard")
    assert not agreed(packed.getvalue(), sheet="Absente")
    assert not agreed(packed.getvalue(), sheet=9)


def test_a_header_below_titles_and_numbers_as_labels() -> None:
    lines = [["Titre"], [], ["a", 12.0, dt.date(2024, 1, 2)], ["texte", "nombre", "entier"], ["x", 1, 2]]
    book = openpyxl.Workbook()
    assert book.active is not None
    for line in lines:
        book.active.append(line)
    packed = io.BytesIO()
    book.save(packed)
    assert agreed(packed.getvalue())
    assert agreed(packed.getvalue(), [Field("120"), Field("12"), Field("2024-01-02")])
