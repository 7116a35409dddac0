"""The compiled scan: records, suspects, kept columns, and every way in which a text is not regular."""

from __future__ import annotations

import pytest

from services.validation.engine.scan import library
from services.validation.engine.scan.library import Piece, Rules
from services.validation.engine.scan.rules import Rule, rule_for
from services.validation.engine.schema import Field

pytestmark = pytest.mark.skipif(
    not library.available(), reason="the scan is not compiled: no C compiler when Socle was installed"
)
ANY = Rule(kept=True)


def scan(text: str | bytes, *rules: Rule, delimiter: str = ",", at_end: bool = True) -> Piece:
    data = bytearray(text if isinstance(text, bytes) else text.encode())
    return library.scan(data, len(data), Rules(rules), delimiter, at_end=at_end)


def suspects(piece: Piece, column: int = 0) -> list[str]:
    return piece.suspects[column][1].to_pylist() if column in piece.suspects else []


def test_records_and_kept_texts() -> None:
    piece = scan('a,"b ""c""",é\n"x\ny",,\r\nlast,1,2', ANY, ANY, ANY)
    assert piece.records == 3
    assert piece.kept[0].to_pylist() == ["a", "x\ny", "last"]
    assert piece.kept[1].to_pylist() == ['b "c"', "", "1"]
    assert piece.kept[2].to_pylist() == ["é", "", "2"]
    assert piece.breaks.tolist() == [[1, 1]]
    assert piece.starts.tolist() == [0, 15, 24]
    assert not piece.irregular


def test_what_is_cut_is_left() -> None:
    piece = scan('a,b\nc,"d', ANY, ANY, at_end=False)
    assert (piece.records, piece.consumed, piece.irregular) == (1, 4, False)
    assert piece.kept[0].to_pylist() == ["a"]


@pytest.mark.parametrize("text", ['a,b\nc,"d', 'a,b\n"c"d,e\n', "a,b\nc\rd,e\n", 'a,b\n"c" ,e\n'])
def test_an_unusual_record_stops_the_scan(text: str) -> None:
    piece = scan(text, ANY, ANY)
    assert (piece.records, piece.consumed, piece.irregular) == (1, 4, True)
    assert piece.kept[0].to_pylist() == ["a"]


def test_quotes_inside_a_cell_are_characters() -> None:
    assert scan('un "mot",b"\n', ANY, ANY).kept[0].to_pylist() == ['un "mot"']


def test_ragged_and_blank_records() -> None:
    piece = scan("a,b\nc\n\n,\nd,e,f\n", Rule(required=True, kept=True), ANY)
    assert piece.ragged.tolist() == [1, 2, 4]
    assert piece.blanks.tolist() == [3]
    assert suspects(piece) == [""]
    assert piece.kept[1].to_pylist() == ["b", "", "", "", "e"]


@pytest.mark.parametrize(
    "data", [b"a\xff\n", b"a\xc3\n", b"\xed\xa0\x80", b"\xf0\x80\x80\x80", b"\xc0\xaf", b"ok,\xe2\x82"]
)
def test_what_is_not_utf8_is_located(data: bytes) -> None:
    with pytest.raises(UnicodeDecodeError) as wrong:
        data.decode()
    assert scan(b"x" * 40 + data, ANY).bad_utf8 == 40 + wrong.value.start


def test_text_read_in_the_wrong_encoding_is_noticed() -> None:
    assert scan("école".encode().decode("cp1252"), ANY).garbled
    assert not scan("Église à Âge", ANY).garbled


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (Field("f", "integer"), ["0", "-12", "999999999999999"], ["", "+5", "1.0", "9999999999999999"]),
        (Field("f", "number"), ["1", "-0.5", "123456789.123456"], ["", "1e3", ".5", "1,5", "-"]),
        (
            Field("f", "number", constraints={"minimum": 0.01, "maximum": 1}),
            ["0.01", "1", "0.5"],
            ["0", "1.000001"],
        ),
        (Field("f", "year"), ["2024"], ["", "24", "20244"]),
        (Field("f", "boolean"), ["true", "0"], ["", "oui"]),
        (Field("f", "date"), ["2024-02-28", "2024-12-31"], ["", "2024-02-30", "0999-01-01", "2024-1-1"]),
        (
            Field("f", "date", constraints={"minimum": "2020-01-01", "maximum": "2024-06-30"}),
            ["2020-01-01", "2024-06-30"],
            ["2019-12-31", "2024-07-01"],
        ),
        (Field("f", "date", "%d/%m/%Y"), ["31/12/2024"], ["31/11/2024", "2024-12-31"]),
        (Field("f", "datetime"), ["2024-12-31T23:59:59Z"], ["2024-12-31T24:00:00Z", "2024-12-31"]),
        (Field("f", "string", constraints={"maxLength": 3}), ["été", "a"], ["étés"]),
        (Field("f", "string", constraints={"minLength": 2}), ["ét"], ["é"]),
        (Field("f", "string", constraints={"enum": ["oui", "non"]}), ["oui", "non"], ["Oui", "ouinon"]),
        (Field("f", "string", constraints={"pattern": r"^W\d{3}$"}), ["W123"], ["w123", "W1234"]),
    ],
)
def test_what_a_rule_accepts(field: Field, good: list[str], bad: list[str]) -> None:
    rule = rule_for(field, [])
    assert rule is not None
    cells = [*good, *bad]
    piece = scan("".join(f"{cell};x\n" for cell in cells), rule, ANY, delimiter=";")
    # An empty cell is a suspect only where one is required.
    assert suspects(piece) == [cell for cell in bad if cell]


def test_registers() -> None:
    text = "21310555400017,x\n21310555400018,x\n35600000000048,x\n2131055540001,x\n"
    refused = ["21310555400018", "35600000000048", "2131055540001", "2131055540001x", "/1310555400017"]
    text += "2131055540001x,x\n/1310555400017,x\n"
    assert suspects(scan(text, Rule(luhn=14), ANY)) == refused


@pytest.mark.parametrize(
    "field",
    [
        Field("f", "integer", options={"groupChar": " "}),
        Field("f", "geojson"),
        Field("f", "string", "wkt"),
        Field("f", "string", constraints={"pattern": r"(a)\1"}),
        Field("f", "integer", constraints={"enum": [1, 2]}),
        Field("f", "date", "%d %B %Y"),
    ],
)
def test_no_rule_where_none_is_certain(field: Field) -> None:
    assert rule_for(field, []) is None


@pytest.mark.parametrize(
    ("text", "where"), [("a\nb", 2), ('a\n"b\nc', 2), ('"a\nb"\nc', 6), ("abc", 0), ('"a\n', 0), ("", 0)]
)
def test_a_piece_ends_with_a_record(text: str, where: int) -> None:
    assert library.cut(bytearray(text.encode()), len(text)) == where


def naive_cut(text: bytes) -> int:
    """After the last line feed that stands before an even number of quotes, or after one."""
    ends = [at + 1 for at, byte in enumerate(text) if byte == ord("\n")]
    return next((end for end in reversed(ends) if text.count(b'"', 0, end) % 2 == 0), 0)


@pytest.mark.parametrize("quotes", ["", '"', '"" ', '"a\n""b"', '"\n'])
@pytest.mark.parametrize("size", [0, 1, 15, 16, 4_079, 4_080, 4_081, 8_160, 20_000])
def test_a_piece_is_cut_where_the_parity_of_quotes_says(quotes: str, size: int) -> None:
    filling = f"{quotes}ligne,{quotes}\n"
    text = (filling * (size // len(filling) + 1))[:size].encode()
    assert library.cut(bytearray(text), len(text)) == naive_cut(text)
    # More quotes in one place than a counter of a byte holds.
    many = b'"' * 16 * 300 + b"\n" + text
    assert library.cut(bytearray(many), len(many)) == naive_cut(many)
