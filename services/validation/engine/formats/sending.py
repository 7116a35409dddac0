"""In the child: rows of native values become blocks of texts, sent to the parent as Arrow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pyarrow as pa

from services.validation.engine.formats.rendering import Rendering
from services.validation.engine.labels import least_labels, plain
from services.validation.engine.messages import Finding
from services.validation.engine.schema import Field

Report = Callable[[object], None]
Row = Sequence[object]
Column = Any  # tuple[object, ...] | pa.Array, which publishes no types

_CELLS_IN_BLOCK = 200_000
_MOST_ROWS_IN_BLOCK = 20_000
_ROWS_LOOKED_AT = 15


@dataclass(frozen=True, slots=True)
class Request:
    """What to read: the file, the fields expected (to write values as their readers want), the sheet wanted.

    `cautious` after a first attempt that ran out of memory: look before parsing, to say why. `text` is a file that
    may be filled with the rows of the sheet, as delimited text, instead of sending them.
    """

    path: str
    format: str
    fields: tuple[Field, ...]
    sheet: str | int | None = None
    cautious: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """The first message: what `Table` needs before its blocks. `in_text`: the rows are in the file of the request."""

    label: str
    labels: list[str]
    line: int
    in_text: bool = False


@dataclass(frozen=True, slots=True)
class SentBlock:
    """One block; `arrow` is an IPC stream of one record batch."""

    arrow: bytes
    first_row: int
    first_line: int
    extra: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


class Sender:
    """Sends one table. `corrections` gives, by line and column, texts that replace what the parser read."""

    def __init__(self, report: Report, request: Request) -> None:
        self._report = report
        self._fields = {plain(field.name): field for field in request.fields}
        self._renderings: list[Rendering] = []
        self._rows_sent = 0

    def header(self, label: str, labels: list[str], line: int, *, in_text: bool = False) -> None:
        """Send the header; `line` is its line in the sheet, from 1."""
        self._renderings = self.renderings(labels)
        self._report(Header(label, labels, line, in_text))

    def renderings(self, labels: list[str]) -> list[Rendering]:
        """How the columns under these labels are written."""
        return [Rendering(self._fields.get(plain(label))) for label in labels]

    def noticed(self, numbers: Sequence[tuple[int, str]]) -> None:
        """The whole numbers met by another, by column: how many, and the first one."""
        for rendering, (count, example) in zip(self._renderings, numbers, strict=True):
            rendering.numbers_in_text, rendering.example = count, example

    def field_at(self, column: int) -> Field | None:
        return self._renderings[column].field if column < len(self._renderings) else None

    def rows(self, rows: Iterable[Row], first_line: int, width: int, *, drop_blank_end: bool) -> None:
        """Send the data rows, each `width` long."""
        line = first_line
        for block in _blocks(rows, width, drop_blank_end):
            self.columns(list(zip(*block, strict=True)), len(block), line)
            line += len(block)

    def finding(self, finding: Finding) -> None:
        self._report(finding)

    def end(self) -> None:
        """Say what was noticed on the way, once all is sent."""
        for rendering in self._renderings:
            if rendering.field is not None and rendering.numbers_in_text:
                self._report(_number_in_text(rendering.field, rendering))

    def columns(self, columns: Sequence[Column], length: int, line: int) -> None:
        """Send one block; an Arrow column is of texts already. Columns beyond the header are its surplus cells."""
        width = len(self._renderings)
        arrays = [
            values if isinstance(values, pa.Array) else pa.array(rendering.column(values), pa.string())
            for rendering, values in zip(self._renderings, columns, strict=False)
        ]
        batch = pa.record_batch(arrays, names=[str(number) for number in range(width)])
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        extra = _extra_cells(columns[width:])
        self._report(SentBlock(sink.getvalue().to_pybytes(), 2 + self._rows_sent, line, extra))
        self._rows_sent += length


def choose_header(rows: Sequence[Row], fields: Iterable[Field]) -> int:
    """Index of the header: the first row, unless only a later one shows enough of the expected names."""
    wanted = {plain(field.name) for field in fields}
    for index, row in enumerate(rows[:_ROWS_LOOKED_AT]):
        matches = len({plain(str(cell)) for cell in row if cell not in (None, "")} & wanted)
        if matches and (index == 0 or matches >= least_labels(len(wanted), rows[0])):
            return index
    return 0


def header_labels(row: Row) -> list[str]:
    """The labels as they are written, up to the last one that is not empty."""
    render = Rendering(None)
    labels = [render.text(cell) for cell in row]
    while labels and not labels[-1].strip():
        labels.pop()
    return labels


def is_blank(row: Row) -> bool:
    return all(cell is None or cell == "" for cell in row)


def _blocks(rows: Iterable[Row], width: int, drop_blank_end: bool) -> Iterator[list[Row]]:
    """Rows in lists of a bounded number of cells; without the blank rows of the end, if asked."""
    size = max(1, min(_MOST_ROWS_IN_BLOCK, _CELLS_IN_BLOCK // max(width, 1)))
    remaining = iter(rows)
    blanks: list[Row] = []
    while chunk := list(islice(remaining, size)):
        filled = len(chunk)
        while drop_blank_end and filled and is_blank(chunk[filled - 1]):
            filled -= 1
        if filled:
            block = [*blanks, *chunk[:filled]]
            blanks = []
            yield from (block[start : start + size] for start in range(0, len(block), size))
        blanks += chunk[filled:]


def _extra_cells(columns: Sequence[Column]) -> dict[int, tuple[str, ...]]:
    """Cells beyond the header, for the rows that have any."""
    render = Rendering(None)
    extra: dict[int, tuple[str, ...]] = {}
    for offset in {
        at for column in columns for at, cell in enumerate(column) if cell is not None and cell != ""
    }:
        cells = [render.text(column[offset]) for column in columns]
        while cells and not cells[-1]:
            cells.pop()
        extra[offset] = tuple(cells)
    return dict(sorted(extra.items()))


def _number_in_text(field: Field, rendering: Rendering) -> Finding:
    params = {"field": field.name, "count": rendering.numbers_in_text, "example": rendering.example}
    return Finding("format-warning", "number-in-text", params, "warning", field=field.name)
