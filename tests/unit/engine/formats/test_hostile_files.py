"""Files made to harm: each gets a clear refusal, quickly, and the process that asked is as it was."""

from __future__ import annotations

import gzip
import io
import os
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from services.validation.engine import Options, validate
from services.validation.engine.formats import limits, read_table, unwrap
from services.validation.engine.formats.messages import MESSAGES
from services.validation.engine.messages import Unreadable
from services.validation.engine.text.source import open_source
from tests.unit.engine.formats.workbooks import cell, ods, rows, xlsx, zipped

PLAIN = rows(["a", "b"], ["1", "2"])
MEMORY_ALLOWED = 200 << 20


@pytest.fixture(autouse=True)
def parent_unharmed() -> Iterator[None]:
    """Whatever the file, this process neither grows nor waits."""
    process, started = psutil.Process(), time.monotonic()
    before = process.memory_info().rss
    yield
    assert process.memory_info().rss - before < MEMORY_ALLOWED
    assert time.monotonic() - started < 60


def refusal(data: bytes | Path, label: str = "") -> str:
    """The message key with which a file is refused; fails when it is read."""
    with pytest.raises(Unreadable) as refused:
        read(data, label)
    finding = refused.value.finding
    assert finding.key in MESSAGES
    assert finding.code in ("source-error", "format-error")
    return finding.key


def read(data: bytes | Path, label: str) -> None:
    with closing(open_source(data, label)) as source:
        opened = unwrap(source)
        with closing(opened.source):
            assert opened.format != "text"
            for _ in read_table(opened, ()).blocks:
                pass


def far_cell(reference: str, line: int) -> bytes:
    return xlsx(f'<row r="1">{cell("A1", "a")}</row><row r="{line}">{cell(reference, "b")}</row>')


def test_a_far_cell() -> None:
    data = far_cell("XFD1048576", 1_048_576)
    assert len(data) < 3_000
    assert refusal(data) == "sheet-too-sparse"


def test_a_cell_far_enough_to_be_slow_but_not_to_abort() -> None:
    assert refusal(far_cell("CV1048576", 1_048_576)) == "sheet-too-sparse"


def test_formatted_empty_cells_far_away_are_no_obstacle() -> None:
    data = xlsx(f'{PLAIN}<row r="1048576"><c r="XFD1048576" s="0"/></row>')
    report = validate(data, {"fields": [{"name": "a"}, {"name": "b"}]}, Options(label="x.xlsx"))
    assert report.valid


def test_a_far_cell_in_ods() -> None:
    one = '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
    many = one.replace("<table:table-cell", '<table:table-cell table:number-columns-repeated="16384"')
    row = f'<table:table-row table:number-rows-repeated="1048576">{many}</table:table-row>'
    data = ods(f'<table:table table:name="F"><table:table-row>{one}</table:table-row>{row}</table:table>')
    assert refusal(data) in ("spreadsheet-damaged", "parser-memory")


def test_blank_rows_repeated_to_the_end_of_an_ods_sheet_are_no_obstacle() -> None:
    text = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    one = f"<table:table-row>{text}</table:table-row>"
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    blank = f'<table:table-row table:number-rows-repeated="1048574">{empty}</table:table-row>'
    data = ods(f'<table:table table:name="F">{one.format("a")}{one.format("1")}{blank}</table:table>')
    assert validate(data, {"fields": [{"name": "a"}]}, Options(label="x.ods")).valid


def zip_bomb(name: str) -> bytes:
    return zipped({name: b"0" * (300 << 20)})


def test_zip_bombs() -> None:
    assert refusal(zip_bomb("table.csv")) == "zip-bomb"
    assert refusal(gzip.compress(b"0" * (300 << 20), 9)) == "zip-bomb"


def test_a_workbook_with_a_gigantic_cell(tmp_path: Path) -> None:
    path = tmp_path / "cell.xlsx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        zipfile.ZipFile(io.BytesIO(xlsx(PLAIN))) as sound,
    ):
        for info in sound.infolist():
            if "sheet1" not in info.filename:
                archive.writestr(info, sound.read(info))
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(
                b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
            )
            sheet.write(b'<row r="1"><c r="A1" t="inlineStr"><is><t>')
            for _ in range(500):
                sheet.write(b"a" * (1 << 20))
            sheet.write(b"</t></is></c></row></sheetData></worksheet>")
    assert refusal(path) == "zip-bomb"


def test_a_size_that_lies() -> None:
    """The directory declares few bytes; the content has many."""
    data = bytearray(zipped({"table.csv": b"0" * (50 << 20)}))
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        struct.pack_into("<L", data, data.rfind(mark) + offset, 1000)
    assert refusal(bytes(data)) == "zip-damaged"


REFUSED: list[tuple[Callable[[], bytes], str]] = [
    (lambda: zipped({"a.zip": zipped({"a.csv": b"a\n1\n"})}), "zip-nested"),
    (lambda: gzip.compress(gzip.compress(b"a\n1\n")), "zip-nested"),
    (lambda: zipped({"a.csv.gz": gzip.compress(b"a\n1\n"), "note.pdf": b"%PDF-"}), "zip-nested"),
    (lambda: zipped({"../a.csv": b"a\n"}), "zip-names"),
    (lambda: zipped({"/etc/a.csv": b"a\n"}), "zip-names"),
    (lambda: zipped({"C:\\a.csv": b"a\n"}), "zip-names"),
    (lambda: zipped({f"{number}.csv": b"" for number in range(10_001)}), "zip-entries"),
    (lambda: zipped({"a.csv": b"a\n", "b.csv": b"a\n"}), "zip-several"),
    (lambda: zipped({"a.shp": b"x", "b.dbf": b"y"}), "zip-without-table"),
    (lambda: zipped({}), "zip-without-table"),
    (lambda: zipped({"word/document.xml": b"x", "[Content_Types].xml": b"x"}), "not-a-table"),
    (lambda: zipped({"a.csv": b"a\n1\n"})[:-30], "zip-damaged"),
    (lambda: gzip.compress(b"a\n1\n" * 1000)[:-12], "zip-damaged"),
    (lambda: xlsx(PLAIN)[:1000], "zip-damaged"),
    (lambda: b"PK\x03\x04" + os.urandom(5000), "zip-damaged"),
    (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + os.urandom(5000), "spreadsheet-damaged"),
    (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
        "encrypted",
    ),
    (lambda: b"PAR1" + os.urandom(5000) + b"PAR1", "parquet-damaged"),
    (lambda: b'{"type": "FeatureCollection", "features": [', "json-damaged"),
    (lambda: b'{"type": "FeatureCollection", "features": {}}', "not-features"),
    (lambda: b'{"type": "FeatureCollection", "features": [3]}', "not-a-feature"),
    (lambda: b'{"features": ' + b"[" * 100_000, "json-damaged"),
    (lambda: b'{"a": 1}', "not-a-table"),
    (lambda: b"%PDF-1.7 ...", "not-a-table"),
    (lambda: b"<!DOCTYPE html><html></html>", "web-page"),
    (lambda: b"<?xml version='1.0'?><a></a>", "not-a-table"),
]


@pytest.mark.parametrize(
    ("make", "key"), REFUSED, ids=[f"{number}-{key}" for number, (_, key) in enumerate(REFUSED)]
)
def test_refused_with_its_reason(make: Callable[[], bytes], key: str) -> None:
    assert refusal(make()) == key


def test_a_password_in_a_zip() -> None:
    data = bytearray(zipped({"a.csv": b"a\n1\n"}))
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = data.rfind(mark) + offset
        data[at] |= 1
    assert refusal(bytes(data)) == "encrypted"


@pytest.mark.parametrize("place", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"])
def test_external_entities_and_entity_bombs(place: str) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    hostile = f'<!DOCTYPE x [<!ENTITY e0 SYSTEM "file:///etc/passwd">{entities}]><x>&e8;</x>'
    assert refusal(xlsx(PLAIN, extra={place: hostile.encode()})) == "xml-entities"


def test_a_directory_too_large_to_load() -> None:
    """The end of the archive declares a directory of a gigabyte."""
    data = bytearray(zipped({"a.csv": b"a\n"}))
    struct.pack_into("<L", data, data.rfind(b"PK\x05\x06") + 12, 1 << 30)
    assert refusal(bytes(data)) == "zip-entries"


def test_too_much_for_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parser that takes more than it is given ends; the file is refused, and the next one is read."""
    from services.validation.engine.child import Child, Limits
    from services.validation.engine.formats import tables

    with Child(Limits(20 << 20, 60, 60), ("services.validation.engine.formats.workbook",)) as small:
        monkeypatch.setattr(tables, "_borrow", lambda: small)
        monkeypatch.setattr(tables, "_give_back", lambda child: None)
        assert refusal(xlsx(rows(*(["x" * 100] * 26 for _ in range(20_000))))) == "parser-memory"
        assert refusal(far_cell("XFD1048576", 1_048_576)) == "sheet-too-sparse"


def test_an_unfinished_reading_ends_its_child() -> None:
    from services.validation.engine.formats import tables

    with closing(open_source(xlsx(rows(*(["1"] * 5 for _ in range(50_000)))))) as source:
        table = read_table(unwrap(source), ())
        next(table.blocks)
        before = list(tables._idle)
        table.close()
        assert tables._idle == before


def test_limits_are_those_announced() -> None:
    assert limits.MOST_ENTRIES == 10_000
    assert limits.MOST_UNPACKED_SPREADSHEET == 1 << 30
    assert limits.MOST_RATIO == 200
