"""In the child: what the parser does not give of an xlsx sheet, found by one pass over its XML.

The extent of its cells (the parser holds the full rectangle), error values, number formats with leading zeros, and
formulas saved without their value.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import join, normpath

from services.validation.engine.formats import limits
from services.validation.engine.formats.zips import DAMAGED, read_member, unreadable

_CHUNK = 4 << 20
_MOST_SMALL_PART = 64 << 20
_ROW_NUMBER = re.compile(rb'row\b[^>]*?\br="(\d{1,7})"')
# What begins a value, with or without a prefix of namespace.
_VALUES = (b"<v>", b"<is>", b":v>", b":is>")
# A cell beyond column Z that is not empty; the pattern begins with a constant, which is found quickly.
_WIDE_CELL = re.compile(rb'r="([A-Z]{2,3})\d{1,7}"[^>/]*>\s*<')
_ERROR_CELL = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*>.{0,2000}?<(?:\w+:)?v>([^<]{1,40})<',
    re.DOTALL,
)
_EMPTY_FORMULA = re.compile(rb"</(?:\w+:)?f>(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>|</(?:\w+:)?c>)")
_PADDED_FORMAT = re.compile(r'(?:0|#|\?|\\.|"[^"]*"|[ \-/().])+$')
_FORMAT_TOKEN = re.compile(r'\\(.)|"([^"]*)"|(.)')
_RELATIONSHIP = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(slots=True)
class Extent:
    """The rectangle that holds every filled cell, and how many there are."""

    cells: int = 0
    first_line: int = 0
    last_line: int = 0
    columns: int = 26
    widest: str = "Z"

    def judge(self) -> None:
        """Refuse a sheet so sparse that its rectangle would not fit in memory."""
        area = (self.last_line - self.first_line + 1) * self.columns
        sparse = area > limits.FEWEST_SPARSE_CELLS and area > limits.MOST_EMPTINESS * self.cells
        if sparse or area > limits.MOST_CELLS:
            raise unreadable("sheet-too-sparse", cell=f"{self.widest}{self.last_line}", cells=self.cells)


@dataclass(slots=True)
class Details:
    """By line (from 1): columns (from 0) with the text of an error, or with a number format that pads."""

    errors: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    padded: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    formulas_without_value: int = 0
    extent: Extent = field(default_factory=Extent)


def scan(archive: zipfile.ZipFile, sheet: str) -> Details:
    """The details of the sheet of that name. Raises Unreadable when the archive is damaged."""
    path = sheet_path(archive, sheet)
    details = Details()
    if path is None:
        return details
    pads = padded_styles(archive)
    styled = _styled_cells(pads)
    for xml in pieces(archive, path, b"</row>"):
        _measure(xml, details.extent)
        if b't="e"' in xml:
            for letters, line, text in _ERROR_CELL.findall(xml):
                details.errors.setdefault(int(line), []).append((column_number(letters), text.decode()))
        if styled is not None:
            for attributes in styled.findall(xml):
                _add_padded(attributes, pads, details)
        details.formulas_without_value += len(_EMPTY_FORMULA.findall(xml)) if b"<f" in xml else 0
    return details


def padded(value: float, number_format: str) -> str:
    """A whole number as the format shows it: `padded(1000, "00000")` is `01000`. Others as they are."""
    if value != value // 1:
        return f"{value:.15g}"
    digits = list(str(abs(int(value))))
    shown: list[str] = []
    tokens = _FORMAT_TOKEN.findall(number_format)
    places = sum(1 for escaped, quoted, char in tokens if not escaped and not quoted and char in "0#?")
    for escaped, quoted, char in reversed(tokens):
        if escaped or quoted or char not in "0#?":
            shown.append(escaped or quoted[::-1] or char)
            continue
        places -= 1
        digit = digits.pop() if digits else ("0" if char == "0" else "")
        shown.append(digit)
        if not places:
            shown.extend(reversed(digits))
            digits = []
    text = "".join(reversed(shown)).strip()
    return f"-{text}" if value < 0 else text


def column_number(letters: bytes) -> int:
    """`A` is 0, `XFD` is 16383."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def column_name(number: int) -> str:
    name = ""
    while number >= 0:
        number, letter = divmod(number, 26)
        name = chr(65 + letter) + name
        number -= 1
    return name


def pieces(archive: zipfile.ZipFile, path: str, end: bytes) -> Iterator[bytes]:
    """The XML in pieces that end with the tag `end`, but the last one. Raises Unreadable on damage."""
    rest = b""
    try:
        with archive.open(path) as stream:
            while chunk := stream.read(_CHUNK):
                rest += chunk
                cut = rest.rfind(end) + len(end)
                if cut >= len(end):
                    yield rest[:cut]
                    rest = rest[cut:]
    except KeyError:
        return
    except DAMAGED as error:
        raise unreadable("zip-damaged", reason=str(error)) from error
    yield rest


def _measure(xml: bytes, extent: Extent) -> None:
    """Take in the filled cells of a piece: what is only formatted does not count."""
    filled = [at for mark in _VALUES for at in (xml.find(mark), xml.rfind(mark)) if at >= 0]
    if not filled:
        return
    extent.cells += sum(map(xml.count, _VALUES))
    first = _ROW_NUMBER.search(xml, max(0, xml.rfind(b"row ", 0, min(filled))))
    last = _ROW_NUMBER.search(xml, max(0, xml.rfind(b"row ", 0, max(filled))))
    if first and last:
        extent.first_line = extent.first_line or int(first[1])
        extent.last_line = max(extent.last_line, int(last[1]))
    for letters in set(_WIDE_CELL.findall(xml)):
        number = column_number(letters)
        if number + 1 > extent.columns:
            extent.columns, extent.widest = number + 1, letters.decode()


def sheet_path(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The member that holds the sheet of that name."""
    workbook = _parsed(archive, "xl/workbook.xml")
    relations = _parsed(archive, "xl/_rels/workbook.xml.rels")
    if workbook is None or relations is None:
        return None
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    for element in workbook.iter():
        if element.tag.rpartition("}")[2] == "sheet" and element.get("name") == sheet:
            identity = element.get(_RELATIONSHIP) or next(
                (value for key, value in element.attrib.items() if key.endswith("}id")), ""
            )
            target = targets.get(identity) or ""
            return target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))
    return None


def padded_styles(archive: zipfile.ZipFile) -> dict[bytes, str]:
    """Style number (of `s="…"`) -> its number format, for the formats that show leading zeros."""
    styles = _parsed(archive, "xl/styles.xml")
    if styles is None:
        return {}
    codes: dict[str, str] = {}
    found: dict[bytes, str] = {}
    for element in styles.iter():
        tag = element.tag.rpartition("}")[2]
        if tag == "numFmt":
            codes[element.get("numFmtId", "")] = _plain_format(element.get("formatCode", ""))
        elif tag == "cellXfs":
            for number, style in enumerate(element):
                code = codes.get(style.get("numFmtId", ""), "")
                # One point alone is that of a decimal number.
                if _PADDED_FORMAT.match(code) and code.count("0") > 1 and code.count(".") != 1:
                    found[str(number).encode()] = code
    return found


def _plain_format(code: str) -> str:
    """The format for positive numbers, without colours, conditions and locale."""
    return re.sub(r"\[[^\]]*\]", "", code.split(";")[0])


def _styled_cells(styles: dict[bytes, str]) -> re.Pattern[bytes] | None:
    """The attributes of cells that have one of these styles."""
    if not styles:
        return None
    return re.compile(rb'<(?:\w+:)?c\b((?=[^>]*\bs="(?:' + b"|".join(styles) + rb')")[^>]*[^/])>')


def _add_padded(attributes: bytes, styles: dict[bytes, str], details: Details) -> None:
    reference = re.search(rb'\br="([A-Z]{1,3})(\d{1,7})"', attributes)
    style = re.search(rb'\bs="(\d+)"', attributes)
    # Of two styles on one cell, which no spreadsheet writes, the first may be another one.
    if (
        reference
        and style
        and style[1] in styles
        and not re.search(rb'\bt="(?:s|str|inlineStr|b|e)"', attributes)
    ):
        place = (column_number(reference[1]), styles[style[1]])
        details.padded.setdefault(int(reference[2]), []).append(place)


def _parsed(archive: zipfile.ZipFile, name: str) -> ElementTree.Element | None:
    """A small XML part; parts with a document type were refused before (`zips.judge_spreadsheet`)."""
    data = read_member(archive, name, _MOST_SMALL_PART)
    try:
        return ElementTree.fromstring(data) if data else None  # noqa: S314
    except ElementTree.ParseError:
        return None
