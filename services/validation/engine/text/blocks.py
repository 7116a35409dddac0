"""The shape in which every reader, of any format, hands over a table.

A reader (CSV, XLSX, parquet…) returns one `Table`: the header, then an iterator of `Block`s. The rules:

- Every cell is text, exactly as in the file, or as the format's reader renders it (a spreadsheet date becomes
  `2024-03-12`, a whole number `12`). An empty cell is `""`, never null.
- Null means one thing only: the record ended before this column (a "missing cell"). A format that has no such
  thing (a spreadsheet, parquet) never yields null.
- `Block.columns` has exactly `len(table.header)` arrays of one same length: `pa.string()` or
  `pa.dictionary(pa.int32(), pa.string())`, without distinction of meaning; never chunked. Blocks may mix
  the two.
- Records come in file order, without holes: record `i` of a block is row `first_row + i`. **The header is
  row 1**, whatever stands above it (`header_line` tells where it is), so the first data record is row 2.
- Cells beyond the header are in `extra`: offset in the block -> the surplus texts. Blank records are kept
  (all cells `""`, or null when the line is empty); a spreadsheet reader drops the trailing blank rows, and
  only these.
- A block is about 1 MB of text; at most a few tens of thousands of records, so that memory stays bounded.
- `first_line` is the physical line (from 1) on which the block's first record starts. Formats without lines
  (spreadsheets, parquet) give the spreadsheet's row number, or the row number when there is none, and say that a
  line end inside a cell does not count (`lined`).
- A reader that judges while it reads (a scan) says so in `scanned`; a column that nobody asked it to keep is then
  an empty array.
- What a reader notices on its way (encoding, delimiter, an unterminated quote, a truncated number) is
  appended to `findings` as it comes; the list is complete once `blocks` is exhausted. A source that cannot be
  read at all raises `messages.Unreadable` from the reader, or from `blocks` when it is noticed midway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from services.validation.engine.messages import Finding
from services.validation.engine.scan.rules import Rule

Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Suspects:
    """Cells of a column that a scan does not accept: where (ascending), and their texts (null: no cell)."""

    offsets: Offsets
    texts: pa.Array


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan found in a block, by column index; a column absent from `suspects` was not judged.

    `blank` are the records without any text, `missing` those that end before a column, `breaks` the line ends inside
    the quotes of a record; `record` gives the cells of one. No cell is text read in the wrong encoding.
    """

    suspects: Mapping[int, Suspects]
    blank: Offsets
    missing: Mapping[int, Offsets]
    breaks: Mapping[int, int]
    record: Callable[[int], list[str]]


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive records, column by column (the module's docstring gives the rules)."""

    columns: tuple[pa.Array, ...]
    length: int
    first_row: int
    first_line: int
    extra: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    scanned: Scanned | None = None
    lined: bool = True

    def line_count(self) -> int:
        """How many physical lines the records take."""
        if not self.lined:
            return self.length
        if self.scanned is not None:
            return self.length + sum(self.scanned.breaks.values())
        return self.length + sum(map(_breaks, self.columns)) + sum(map(breaks_in, self.extra.values()))


@dataclass(slots=True)
class Table:
    """A table being read. `label` names it to a person: a file's name, a sheet's, a zip member's.

    `header` has the labels less the spaces around them; `written`, where it is known, as they are.

    `scan`, where there is one, gives the records of `blocks` judged by a rule a column; use one or the other, once.
    """

    label: str
    header: list[str]
    blocks: Iterator[Block]
    findings: list[Finding] = field(default_factory=list)
    header_line: int = 1
    format: str = "csv"
    encoding: str = ""
    delimiter: str = ""
    bytes_total: int | None = None
    bytes_read: Callable[[], int] = lambda: 0
    close: Callable[[], None] = lambda: None
    scan: Callable[[Sequence[Rule]], Iterator[Block]] | None = None
    written: Sequence[str] = ()


def count_breaks(texts: pa.Array) -> pa.Array:
    """Line ends in each text: LF, CRLF and a lone CR count for one."""
    return pc.count_substring_regex(texts, "\r\n|\n|\r")


def breaks_in(cells: tuple[str, ...]) -> int:
    """Line ends in these texts."""
    return sum(cell.replace("\r\n", "\n").replace("\r", "\n").count("\n") for cell in cells)


def _breaks(column: pa.Array) -> int:
    coded = pa.types.is_dictionary(column.type)
    texts = column.dictionary if coded else column
    buffer = texts.buffers()[2]
    if buffer is None or not _has_break(buffer):
        return 0
    counts = count_breaks(texts)
    if coded:
        counts = counts.take(column.indices)
    return int(pc.sum(counts).as_py() or 0)


def _has_break(buffer: pa.Buffer) -> bool:
    data = buffer.to_pybytes()
    return b"\n" in data or b"\r" in data
