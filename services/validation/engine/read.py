"""From a source of any format to a `Table`."""

from __future__ import annotations

from dataclasses import dataclass

from services.validation.engine.formats.opening import Opened
from services.validation.engine.messages import Finding
from services.validation.engine.options import Options
from services.validation.engine.schema import Schema
from services.validation.engine.text.blocks import Table
from services.validation.engine.text.reader import read_text

_DELIMITER_NAMES = {
    ",": "virgule, comma",
    ";": "point-virgule, semicolon",
    "\t": "tabulation, tab",
    "|": "barre verticale, pipe",
}


@dataclass(frozen=True, slots=True)
class ReadAs:
    """The encoding to read in (None: find it); `found` when it was found by an earlier reading, not told."""

    encoding: str | None
    found: bool = False


def read_table(opened: Opened, schema: Schema, options: Options, told: ReadAs) -> Table:
    """Open the source as the table to validate with `schema`. Raises Unreadable."""
    if opened.format != "text":
        from services.validation.engine.formats.tables import read_table as read_other

        table = read_other(opened, schema.fields, options.sheet)
    else:
        table = _read_text(opened, schema, options, told)
    if table.header_line > 1:
        above = {"count": table.header_line - 1}
        table.findings.append(Finding("format-error", "title-lines", above, row=1, line=table.header_line))
    return table


def _read_text(opened: Opened, schema: Schema, options: Options, told: ReadAs) -> Table:
    table = read_text(
        opened.source,
        [field.name for field in schema.fields],
        delimiter=options.delimiter,
        encoding=told.encoding,
        verify=not told.found,
        always_exact=any("" not in field.missing_values for field in schema.fields),
        cancelled=options.cancelled,
    )
    table.findings.extend(opened.findings)
    if options.encoding is None and table.encoding != "utf-8":
        params = {"encoding": table.encoding}
        table.findings.append(Finding("encoding-warning", "encoding-not-utf8", params, "warning"))
    if options.delimiter is None and table.delimiter != ",":
        names = {"delimiter": table.delimiter, "name": _DELIMITER_NAMES[table.delimiter]}
        table.findings.append(Finding("delimiter-warning", "delimiter-not-comma", names, "warning"))
    return table
