"""In the child: one sheet of a workbook (xlsx, xlsb, xls, ods), row by row."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from itertools import chain, islice
from pathlib import Path
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    WorksheetNotFound,
)

from services.validation.engine.formats import sheet_text, sheet_xml, zips
from services.validation.engine.formats.sending import (
    Report,
    Request,
    Row,
    Sender,
    choose_header,
    header_labels,
    is_blank,
)
from services.validation.engine.formats.zips import unreadable
from services.validation.engine.messages import Finding


def send_sheet(request: Request, *, report: Report) -> None:
    """Report the header, the blocks and the findings of one sheet. Raises Unreadable."""
    zipped = request.format in ("xlsx", "xlsb", "ods")
    with zips.open_zip(Path(request.path)) if zipped else nullcontext() as archive:
        if archive is not None:
            zips.judge_spreadsheet(archive)
            if request.text and _send_text(request, Sender(report, request), archive):
                return
        try:
            with CalamineWorkbook.from_path(request.path) as workbook:
                _SheetReader(request, Sender(report, request), workbook, archive).send()
        except PasswordError as error:
            raise unreadable("encrypted") from error
        except (CalamineError, OSError, OverflowError) as error:
            raise unreadable("spreadsheet-damaged", reason=str(error)[:200]) from error


def _send_text(request: Request, sender: Sender, archive: zipfile.ZipFile) -> bool:
    """Send a regular sheet as text; False when the parser must read it."""
    found = sheet_text.convert(request, archive, sender)
    if found is None:
        return False
    sender.header(found.sheet, found.labels, found.line, in_text=True)
    _tell(request, sender, found.sheet, found.names, found.merged, found.formulas_without_value)
    sender.noticed(found.numbers)
    sender.end()
    return True


class _SheetReader:
    def __init__(
        self, request: Request, sender: Sender, workbook: CalamineWorkbook, archive: zipfile.ZipFile | None
    ) -> None:
        self._request = request
        self._sender = sender
        self._workbook = workbook
        self._archive = archive if request.format == "xlsx" else None
        self._details = sheet_xml.Details()
        self._left = 0

    def send(self) -> None:
        sheet = self._choose()
        top, self._left = sheet.start or (0, 0)
        line = top + 1
        rows = islice(sheet.iter_rows(), top, None)
        first = list(islice(rows, sheet_text.LOOK_AHEAD))
        everything = chain(first, rows)
        corrected = self._correct(everything, line) if self._details.errors else everything
        first = list(islice(corrected, len(first)))
        at = next((index for index, row in enumerate(first) if not is_blank(row)), 0)
        at += choose_header(first[at:], self._request.fields)
        labels = header_labels(first[at])
        self._sender.header(sheet.name, labels, line + at)
        names, formulas = self._workbook.sheet_names, self._details.formulas_without_value
        _tell(self._request, self._sender, sheet.name, names, sheet.merged_cell_ranges or [], formulas)
        data = line + at + 1
        below = chain(first[at + 1 :], corrected)
        shown = self._padded(below, data) if self._details.padded else below
        self._sender.rows(shown, data, sheet.width, drop_blank_end=True)
        self._sender.end()

    def _choose(self) -> CalamineSheet:
        """The sheet asked for, else the first visible one that is not empty."""
        wanted = self._request.sheet
        names = self._workbook.sheet_names
        try:
            if isinstance(wanted, int):
                if not 1 <= wanted <= len(names):
                    raise WorksheetNotFound(str(wanted))
                wanted = names[wanted - 1]
            if wanted is not None:
                sheet = self._load(wanted)
                if not sheet.height:
                    raise unreadable("sheet-empty", sheet=wanted)
                return sheet
        except WorksheetNotFound as error:
            raise unreadable("sheet-absent", sheet=wanted, names=names[:20]) from error
        for metadata in self._workbook.sheets_metadata:
            if metadata.typ == SheetTypeEnum.WorkSheet and metadata.visible == SheetVisibleEnum.Visible:
                sheet = self._load(metadata.name)
                if sheet.height:
                    return sheet
        raise unreadable("sheets-empty", names=names[:20])

    def _load(self, name: str) -> CalamineSheet:
        """The sheet, parsed, while its XML is looked at for what the parser does not give.

        When the parser ran out of memory before, the look comes first: it tells which cell is too far.
        """
        if self._archive is None:
            return self._workbook.get_sheet_by_name(name)
        with ThreadPoolExecutor(max_workers=1) as beside:
            look = beside.submit(sheet_xml.scan, self._archive, name)
            if self._request.cautious:
                look.result().extent.judge()
            sheet = self._workbook.get_sheet_by_name(name)
            self._details = look.result()
        self._details.extent.judge()
        return sheet

    def _correct(self, rows: Iterator[list[Any]], line: int) -> Iterator[list[Any]]:
        """Put back the error values (`#N/A`), which the parser leaves empty."""
        for number, row in enumerate(rows, start=line):
            for column, text in self._details.errors.get(number, ()):
                if 0 <= column - self._left < len(row):
                    row[column - self._left] = text
            yield row

    def _padded(self, rows: Iterator[list[Any]], line: int) -> Iterator[Row]:
        """Write numbers as their format shows them (`00000`) in columns that hold texts."""
        left, texts = self._left, self._details.padded
        columns = {column for formats in texts.values() for column, _ in formats}
        wanted = {column for column in columns if self._is_text(column - left)}
        for number, row in enumerate(rows, start=line):
            formats = texts.get(number)
            if formats:
                row = [*row]
                for column, number_format in formats:
                    at = column - left
                    if column in wanted and 0 <= at < len(row) and isinstance(row[at], int | float):
                        row[at] = sheet_xml.padded(row[at], number_format)
            yield row

    def _is_text(self, column: int) -> bool:
        field = self._sender.field_at(column) if column >= 0 else None
        return field is None or field.type in ("string", "any")


def _tell(
    request: Request,
    sender: Sender,
    sheet: str,
    names: Sequence[str],
    merged: Sequence[sheet_text.Range],
    formulas_without_value: int,
) -> None:
    """What is told of a sheet besides its cells."""
    if merged:
        params: Mapping[str, object] = {"count": len(merged), "first": _range_name(merged[0])}
        sender.finding(Finding("format-warning", "merged-cells", params, "warning"))
    others = [name for name in names if name != sheet]
    if others and request.sheet is None:
        params = {"sheet": sheet, "others": others[:10]}
        sender.finding(Finding("format-warning", "other-sheets", params, "warning"))
    if formulas_without_value:
        params = {"count": formulas_without_value}
        sender.finding(Finding("format-warning", "formulas-without-value", params, "warning"))


def _range_name(merged: sheet_text.Range) -> str:
    (top, left), (bottom, right) = merged
    return f"{sheet_xml.column_name(left)}{top + 1}:{sheet_xml.column_name(right)}{bottom + 1}"
