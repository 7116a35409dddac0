"""Physical lines of a UTF-8 stream, and the records that the csv module makes of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain

from services.validation.engine.messages import Finding, Unreadable
from services.validation.engine.text.stream import Utf8Stream

MAX_CELL = 32 << 20  # characters; a longer cell is taken for an unclosed quote
_MAX_RECOVERIES = 50
_PACKED_LINES = 1_000


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


def ends_inside_quotes(lines: Iterable[str], delimiter: str) -> bool:
    """Whether the record made of these lines is still open after the last one."""
    return sum(1 for _ in csv.reader(chain(lines, ("\n", "x")), delimiter=delimiter)) < 2


class Records:
    """Iterates over (line number, cells) as csv.reader does, and survives an unclosed quote.

    A quote that is never closed would swallow the rest of the file: the line on which it stands is then taken
    as one record, told in `findings`, and reading resumes on the next line.
    """

    def __init__(self, lines: Iterator[str], delimiter: str, first_line: int, first_row: int) -> None:
        self.findings: list[Finding] = []
        self.row = first_row
        self._lines = lines
        self._record: list[str] = []
        self._packed: list[str] = []
        self._packed_lines = 0
        self._ahead: str | None = None
        self._line = first_line
        self._delimiter = delimiter
        self._recoveries = 0

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        csv.field_size_limit(MAX_CELL)
        reader = csv.reader(self._feed(), delimiter=self._delimiter)
        while True:
            try:
                cells = next(reader, None)
                several = len(self._record) > 1 or self._packed_lines
                open_end = cells is not None and several and self._is_last()
                swallowed = open_end and ends_inside_quotes(self._whole_record(), self._delimiter)
            except csv.Error:
                cells, swallowed = [], True
            if cells is None:
                return
            taken = len(self._record) + self._packed_lines
            if swallowed:
                cells, taken = self._recover(), 1
                reader = csv.reader(self._feed(), delimiter=self._delimiter)
            elif self._is_lone_open_quote(cells):
                self._tell_unclosed()
            yield self._line, cells
            self._line += taken
            self.row += 1
            self._record = []
            if self._packed_lines:
                self._packed, self._packed_lines = [], 0

    def _feed(self) -> Iterator[str]:
        while True:
            line = self._ahead or next(self._lines, None)
            if line is None:
                return
            self._ahead = None
            if len(self._record) >= _PACKED_LINES:
                self._pack()
            self._record.append(line)
            yield line

    def _pack(self) -> None:
        """Join the lines so far: an unclosed quote may hold millions, which cost ten times their text apart."""
        self._packed.append("".join(self._record))
        self._packed_lines += len(self._record)
        self._record = []

    def _whole_record(self) -> Iterator[str]:
        return chain(chain.from_iterable(map(split_lines, self._packed)), self._record)

    def _is_last(self) -> bool:
        """Whether nothing is left to read: looks one line ahead."""
        if self._ahead is None:
            self._ahead = next(self._lines, None)
        return self._ahead is None

    def _is_lone_open_quote(self, cells: list[str]) -> bool:
        return (
            len(self._record) == 1
            and '"' in self._record[0]
            and bool(cells)
            and not self._packed
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
        lines = self._whole_record()
        first = next(lines)
        ahead, self._ahead = self._ahead, None
        self._lines = chain(lines, () if ahead is None else (ahead,), self._lines)
        return next(csv.reader([first], delimiter=self._delimiter), [])

    def _tell_unclosed(self) -> None:
        self.findings.append(Finding("source-error", "unclosed-quote", {}, row=self.row, line=self._line))
