"""A spreadsheet read twice, by the compiled pass and by the parser alone; both must say the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from services.validation.engine import Options, validate
from services.validation.engine.formats import read_table, unwrap
from services.validation.engine.messages import Unreadable
from services.validation.engine.scan import sheets
from services.validation.engine.schema import Field
from services.validation.engine.text.source import open_source
from tests.unit.engine.formats.workbooks import xlsx

needs_compiled = pytest.mark.skipif(
    not sheets.available(), reason="the sheet's pass is not compiled: no C compiler when Socle was installed"
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STYLES = (
    '<numFmts count="4"><numFmt numFmtId="170" formatCode="00000"/>'
    '<numFmt numFmtId="171" formatCode="00&quot; &quot;00"/>'
    '<numFmt numFmtId="172" formatCode="[$-40C]d mmmm yyyy;@"/><numFmt numFmtId="173" formatCode="[h]:mm"/></numFmts>'
    '<cellXfs count="7"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="171"/>'
    '<xf numFmtId="172"/><xf numFmtId="173"/><xf numFmtId="22"/></cellXfs>'
)
FIELDS = (
    Field("texte", "string"),
    Field("nombre", "number", options={"decimalChar": ","}),
    Field("entier", "integer"),
    Field("jour", "date"),
    Field("instant", "datetime"),
    Field("heure", "time"),
    Field("vrai", "boolean", options={"trueValues": ["oui, certes"], "falseValues": ["non"]}),
    Field("libre", "any"),
)


@contextmanager
def parser_alone() -> Iterator[None]:
    with patch.object(sheets, "available", return_value=False):
        yield


def table(
    data: bytes | Path, fields: Sequence[Field] = FIELDS, sheet: str | int | None = None
) -> tuple[bool, Any]:
    """Whether the compiled pass was used, and all that is read: header, lines, cells, surplus cells, findings."""
    try:
        with closing(open_source(data, "x.xlsx")) as source:
            opened = unwrap(source)
            with closing(opened.source), closing(read_table(opened, fields, sheet)) as found:
                rows = [
                    (block.first_row + at, block.first_line + at, row, block.extra.get(at, ()))
                    for block in found.blocks
                    for at, row in enumerate(
                        zip(*(column.to_pylist() for column in block.columns), strict=True)
                    )
                ]
                told = [(finding.key, finding.params) for finding in found.findings]
                return found.scan is not None, (found.label, found.header, found.header_line, rows, told)
    except Unreadable as refused:
        return False, (refused.finding.key, refused.finding.params)


def agreed(data: bytes | Path, fields: Sequence[Field] = FIELDS, sheet: str | int | None = None) -> bool:
    """Whether the compiled pass was used; both readings are the same."""
    compiled, found = table(data, fields, sheet)
    with parser_alone():
        parsed, expected = table(data, fields, sheet)
    assert not parsed
    assert found == expected
    return compiled


def report(data: bytes | Path, schema: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = dict(validate(data, schema, Options(samples=1000, label="x.xlsx")).to_dict())
    for error in told["errors"]:
        error["cells"] = [cell for cell in error.get("cells") or () if cell]
    return {key: value for key, value in told.items() if key not in ("date", "seconds")}


def sheet_of(cells: str, *, strings: str = "", styles: str = STYLES) -> bytes:
    """A workbook whose second row holds the cells given, under a header of eight names."""
    header = "".join(
        f'<c r="{chr(65 + at)}1" t="inlineStr"><is><t>{field.name}</t></is></c>'
        for at, field in enumerate(FIELDS)
    )
    shared = f'<sst xmlns="{_MAIN}">{strings}</sst>'.encode()
    rows = f'<row r="1">{header}</row><row r="2">{cells}</row>'
    return xlsx(rows, styles=styles, extra={"xl/sharedStrings.xml": shared} if strings else None)
