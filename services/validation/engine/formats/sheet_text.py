"""In the child: a regular xlsx sheet as delimited text, by the compiled pass of `scan/sheet.c`.

Whatever is not certain (`GivenUp`) is left to the parser: nothing is reported before the whole sheet is converted.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from services.validation.engine.formats import limits, sheet_xml
from services.validation.engine.formats.sending import (
    Request,
    Row,
    Sender,
    choose_header,
    header_labels,
    is_blank,
)
from services.validation.engine.formats.zips import read_member
from services.validation.engine.scan.sheets import GivenUp, SharedStrings, SheetText, Styles
from services.validation.engine.text.prefetch import prefetch

LOOK_AHEAD = 40
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRINGS = "xl/sharedStrings.xml"
_SKELETON = (
    "[Content_Types].xml",
    "_rels/.rels",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
)
_MOST_SMALL_PART = 16 << 20
_MOST_STYLES = 65_536
# The header of a wider table is not read fast by what comes next.
_WIDEST = 2_000
_ENCODING = re.compile(rb"""<\?xml[^>]*\sencoding=["'](?!utf-?8["'])""", re.IGNORECASE)
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})(?::([A-Z]{1,3})([1-9]\d{0,6}))?")
_WHOLE_DAY = 45_000
_DAY_1904 = dt.date(2027, 3, 16)

Range = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Book:
    """What is known of the workbook before any of its sheets is read."""

    names: list[str]
    sheet: str
    path: str
    styles: Styles


@dataclass(frozen=True, slots=True)
class Top:
    """The header: its labels, their line, the first column; where the data is written to."""

    labels: list[str]
    line: int
    left: int


@dataclass(frozen=True, slots=True)
class Converted:
    """A sheet whose text stands in the file of the request."""

    sheet: str
    names: list[str]
    labels: list[str]
    line: int
    merged: list[Range]
    formulas_without_value: int
    numbers: list[tuple[int, str]]


def convert(request: Request, archive: zipfile.ZipFile, sender: Sender) -> Converted | None:
    """Write the data of the sheet asked for into `request.text`; None when it is left to the parser.

    Raises Unreadable on a damaged archive and on a sheet too sparse.
    """
    try:
        book = _open(request, archive)
        with ExitStack() as stack:
            strings = stack.enter_context(SharedStrings(limits.MOST_TEXT))
            _read_strings(archive, strings)
            return _SheetConverter(request, archive, sender, book, strings).convert()
    except (GivenUp, MemoryError):
        return None


class _SheetConverter:
    def __init__(
        self, request: Request, archive: zipfile.ZipFile, sender: Sender, book: Book, strings: SharedStrings
    ) -> None:
        self._request = request
        self._archive = archive
        self._sender = sender
        self._book = book
        self._strings = strings

    def convert(self) -> Converted:
        pieces = prefetch(sheet_xml.pieces(self._archive, self._book.path, b"</row>"), depth=1)
        try:
            # What follows the last row is a piece of its own.
            first = next(pieces, b"") + next(pieces, b"")
            before, mark, data = first.partition(b"<sheetData>")
            if not mark or b"<!" in before or _ENCODING.match(before):
                raise GivenUp
            top = self._look(data)
            columns = [rendering.compiled() for rendering in self._sender.renderings(top.labels)]
            text = SheetText(
                self._strings,
                self._book.styles,
                columns,
                most=limits.MOST_TEXT,
                left=top.left,
                first_line=top.line + 1,
            )
            with text, Path(self._request.text).open("wb") as target:
                after = _write(text, chain([data], pieces), target)
                merged = _merged_ranges(_shell(before + mark + b"</sheetData>" + after, "worksheet"))
                _judge_extent(text)
                numbers = [text.numbers(column) for column in range(len(columns))]
                formulas = text.found.formulas
        finally:
            pieces.close()  # type: ignore[attr-defined]
        return Converted(self._book.sheet, self._book.names, top.labels, top.line, merged, formulas, numbers)

    def _look(self, data: bytes) -> Top:
        """Find the header in the first lines."""
        with SheetText(self._strings, self._book.styles, (), most=_MOST_SMALL_PART, lines=LOOK_AHEAD) as text:
            lines = io.StringIO(str(text.add(data), "utf-8"), newline="")
            found = text.found
            enough = text.complete or found.line >= found.top + LOOK_AHEAD - 1
            if not found.top or not enough:
                raise GivenUp
            rows: list[list[object]] = [[*row] for row in islice(csv.reader(lines), LOOK_AHEAD)]
            special = text.special
        for line, column, kind in special:
            at = line - found.top
            if at < len(rows):
                cell = str(rows[at][column])
                rows[at][column] = dt.datetime.fromisoformat(cell) if kind else float(cell)
        shown: list[Row] = [row[found.leftmost :] for row in rows]
        first = next((index for index, row in enumerate(shown) if not is_blank(row)), 0)
        first += choose_header(shown[first:], self._request.fields)
        labels = header_labels(shown[first]) if shown else []
        if not 1 <= len(labels) <= _WIDEST:
            raise GivenUp
        return Top(labels, found.top + first, found.leftmost)


def _write(text: SheetText, pieces: Iterator[bytes], target: IO[bytes]) -> bytes:
    """Convert all the pieces; gives what follows the rows."""
    after = b""
    for piece in pieces:
        if text.complete:
            after += piece
        else:
            target.write(text.add(piece))
            after = piece[text.found.consumed :]
        if len(after) > _MOST_SMALL_PART:
            raise GivenUp
    if not text.complete:
        raise GivenUp
    return after


def _judge_extent(text: SheetText) -> None:
    found = text.found
    extent = sheet_xml.Extent(found.cells, found.top, found.bottom)
    if found.rightmost >= extent.columns:
        extent.columns, extent.widest = found.rightmost + 1, sheet_xml.column_name(found.rightmost)
    extent.judge()


def _read_strings(archive: zipfile.ZipFile, strings: SharedStrings) -> None:
    if _STRINGS not in archive.namelist():
        return
    before, after = b"", b""
    for number, piece in enumerate(sheet_xml.pieces(archive, _STRINGS, b"</si>")):
        if after.strip():
            raise GivenUp
        if not number:
            start = piece.find(b"<si>")
            before = piece[:start] if start >= 0 else piece
            if b"<!" in before or _ENCODING.match(before):
                raise GivenUp
            piece = piece[len(before) :]
        after = piece[strings.add(piece) :]
        if len(after) > _MOST_SMALL_PART:
            raise GivenUp
    if len(_shell(before + after, "sst")):
        raise GivenUp


def _shell(xml: bytes, root: str) -> ElementTree.Element:
    """A part without the elements read elsewhere: it must be well-formed."""
    try:
        parsed = ElementTree.fromstring(xml)  # noqa: S314 - without any document type
    except ElementTree.ParseError as error:
        raise GivenUp from error
    if parsed.tag != _MAIN + root:
        raise GivenUp
    return parsed


def _merged_ranges(sheet: ElementTree.Element) -> list[Range]:
    if sum(element.tag.rpartition("}")[2] == "sheetData" for element in sheet.iter()) != 1:
        raise GivenUp
    dimension = sheet.find(f"{_MAIN}dimension")
    if dimension is not None:
        _range(dimension.get("ref", ""))
    found = sheet.iter(f"{_MAIN}mergeCell")
    return [_range(merged.get("ref", "")) for merged in found]


def _range(reference: str) -> Range:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise GivenUp
    left, top, right, bottom = match.groups()
    start = (int(top) - 1, sheet_xml.column_number(left.encode()))
    return start, (int(bottom) - 1, sheet_xml.column_number(right.encode())) if right else start


def _open(request: Request, archive: zipfile.ZipFile) -> Book:
    """The sheet asked for, as the parser sees it in the workbook without its sheets."""
    names = archive.namelist()
    if len(set(map(str.lower, names))) < len(names) or any(
        name.lower() == _STRINGS.lower() != name for name in map(str, names) if name != _STRINGS
    ):
        raise GivenUp
    parts = {name: read_member(archive, name, _MOST_SMALL_PART) for name in _SKELETON if name in names}
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(_zipped(parts))) as workbook:
            sheets = [
                (
                    sheet.name,
                    sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible,
                )
                for sheet in workbook.sheets_metadata
            ]
    except (CalamineError, OSError) as error:
        raise GivenUp from error
    labels = [name for name, _ in sheets]
    wanted = request.sheet
    if wanted is None:
        wanted = next((name for name, shown in sheets if shown), "")
    elif isinstance(wanted, int):
        wanted = labels[wanted - 1] if 1 <= wanted <= len(labels) else ""
    path = sheet_xml.sheet_path(archive, wanted) if labels.count(wanted) == 1 else None
    if path is None or path not in names or path in _SKELETON or path == _STRINGS:
        raise GivenUp
    return Book(labels, wanted, path, _styles(archive, parts, wanted, path))


def _styles(archive: zipfile.ZipFile, parts: dict[str, bytes], sheet: str, path: str) -> Styles:
    """What each style makes of a number, asked of the parser: a sheet with one cell of each."""
    count = _count_styles(parts.get("xl/styles.xml", b""))
    rows = "".join(
        f'<row r="{number}"><c r="A{number}" s="{number - 2}"><v>{_WHOLE_DAY}</v></c></row>'
        for number in range(2, count + 2)
    )
    probe = (
        f'<worksheet xmlns="{_MAIN[1:-1]}"><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        f"{rows}</sheetData></worksheet>"
    )
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(_zipped({**parts, path: probe.encode()}))) as workbook:
            values = [row[0] for row in workbook.get_sheet_by_name(sheet).iter_rows()][1:]
    except (CalamineError, OSError) as error:
        raise GivenUp from error
    if len(values) != count:
        raise GivenUp
    pads = bytearray(count)
    for style, code in sheet_xml.padded_styles(archive).items():
        simple = set(code) == {"0"} and len(code) < 40
        if int(style) >= count:
            raise GivenUp
        pads[int(style)] = len(code) if simple else 255
    kinds = bytes(0 if type(value) is float else 1 if type(value) is dt.date else 2 for value in values)
    return Styles(kinds, bytes(pads), _DAY_1904 in values)


def _count_styles(xml: bytes) -> int:
    if not xml:
        return 0
    formats = _shell(xml, "styleSheet").find(f"{_MAIN}cellXfs")
    count = 0 if formats is None else len(formats)
    if count > _MOST_STYLES:
        raise GivenUp
    return count


def _zipped(parts: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()
