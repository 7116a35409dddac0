"""Workbooks made by hand for the tests, well-formed or hostile."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

_SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def xlsx(sheet: str, *, head: str = "", styles: str = "", extra: Mapping[str, bytes] | None = None) -> bytes:
    """A workbook of one sheet whose rows are the XML given; `head` goes before the sheet's root element."""
    parts: dict[str, bytes] = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/>'
            '<Override PartName="/xl/workbook.xml" ContentType='
            '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
        ).encode(),
        "_rels/.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="r1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ).encode(),
        "xl/workbook.xml": (
            f'<workbook xmlns="{_SPREADSHEET}" xmlns:r="{_RELATIONS}">'
            '<sheets><sheet name="Feuille" sheetId="1" r:id="r1"/></sheets></workbook>'
        ).encode(),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="r1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="r2" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>'
        ).encode(),
        "xl/styles.xml": f'<styleSheet xmlns="{_SPREADSHEET}">{styles}</styleSheet>'.encode(),
        "xl/worksheets/sheet1.xml": (
            f'{head}<worksheet xmlns="{_SPREADSHEET}"><sheetData>{sheet}</sheetData></worksheet>'
        ).encode(),
        **(extra or {}),
    }
    return zipped(parts)


def cell(reference: str, text: str) -> str:
    """The XML of a text cell."""
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def rows(*texts: Sequence[str]) -> str:
    """The XML of rows of text cells, from A1."""
    return "".join(
        f'<row r="{line}">{"".join(cell(f"{chr(65 + at)}{line}", text) for at, text in enumerate(row))}</row>'
        for line, row in enumerate(texts, start=1)
    )


def ods(table: str) -> bytes:
    """An OpenDocument spreadsheet whose tables are the XML given."""
    namespaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f'<office:document-content {namespaces} office:version="1.2"><office:body><office:spreadsheet>{table}'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    return zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content.encode(),
            "META-INF/manifest.xml": manifest.encode(),
        }
    )


def zipped(parts: Mapping[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()
