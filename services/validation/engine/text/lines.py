"""Physical lines of a UTF-8 stream, and the records that the csv module makes of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from services.validation.engine.messages import Finding, Unreadable
from services.validation.engine.text.stream import Utf8Stream

MAX_CELL = 32 << 20  # characters; a longer cell is taken for an unclosed quote
_MAX_RECOVERIES = 50


def split_lines(text: str) -> Iterator[str]:
    """Lines with their ends; LF, CRLF and a lone CR all end a line, nothing else does."""
    return iter(io.StringIO(text, newline=""))


def stream_lines(stream: Utf8Stream) -> Iterator[str]:
    """The lines of a stream, with their ends. Raises Unreadable on a line longer than MAX_CELL."""
    pending: list[str] = []
    length = 0
    while data := stream.chunk():
        for line in split_lines(data.decode("utf-8", "replace")):
            pending.append(line)
            length += len(line)
            if line.endswith(("\n", "\r")):
                yield "".join(pending)
                pending, length = [], 0
        if length > MAX_CELL:
            raise Unreadable(Finding("source-error", "line-too-long", {"limit": MAX_CELL}))
    if pending:
        yield "".join(pending)


def ends_inside_quotes(lines: list[str], delimiter: str) -> bool:
    """Whether the record made of these lines is still open after the last one."""
    return sum(1 for _ in csv.reader([*lines, "\n", "x"], delimiter=delimiter)) < 2


class Records:
    """Iterates over (line number, cells) as csv.reader does, and survives an unclosed quote.

    A quote that is never closed would swallow the rest of the file: the line on which it stands is then taken
    as one record, told in `findings`, and reading resumes on the next line.
    """

    def __init__(self, lines: Iterator[str], delimiter: str, first_line: int, first_row: int) -> None:
        self.findings: list[Finding] = []
        self.row = first_row
        self._lines = lines
        self._again: list[str] = []
        self._record: list[str] = []
        self._line = first_line
        self._delimiter = delimiter
        self._recoveries = 0

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        csv.field_size_limit(MAX_CELL)
        reader = csv.reader(self._feed(), delimiter=self._delimiter)
        while True:
            try:
                cells = next(reader, None)
                open_end = cells is not None and len(self._record) > 1 and self._is_last()
                swallowed = open_end and ends_inside_quotes(self._record, self._delimiter)
            except csv.Error:
                cells, swallowed = [], True
            if cells is None:
                return
            lines = self._record
            if swallowed:
                cells = self._recover()
                lines = lines[:1]
                reader = csv.reader(self._feed(), delimiter=self._delimiter)
            elif self._is_lone_open_quote(cells):
                self._tell_unclosed()
            yield self._line, cells
            self._line += len(lines)
            self.row += 1
            self._record = []

    def _feed(self) -> Iterator[str]:
        while True:
            line = self._again.pop() if self._again else next(self._lines, None)
            if line is None:
                return
            self._record.append(line)
            yield line

    def _is_last(self) -> bool:
        """Whether nothing is left to read: looks one line ahead."""
        if self._again:
            return False
        line = next(self._lines, None)
        if line is not None:
            self._again.append(line)
        return line is None

    def _is_lone_open_quote(self, cells: list[str]) -> bool:
        return (
            len(self._record) == 1
            and '"' in self._record[0]
            and bool(cells)
            and not self._record[0].endswith('"')
            and self._is_last()
            and ends_inside_quotes(self._record, self._delimiter)
        )

    def _recover(self) -> list[str]:
        self._tell_unclosed()
        self._recoveries += 1
        if self._recoveries > _MAX_RECOVERIES:
            raise Unreadable(
                Finding("source-error", "quotes-hopeless", {"count": _MAX_RECOVERIES}, line=self._line)
            )
        self._again.extend(reversed(self._record[1:]))
        return next(csv.reader(self._record[:1], delimiter=self._delimiter), [])

    def _tell_unclosed(self) -> None:
        self.findings.append(Finding("source-error", "unclosed-quote", {}, row=self.row, line=self._line))
