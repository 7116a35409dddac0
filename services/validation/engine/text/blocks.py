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
  (spreadsheets, parquet) give the spreadsheet's row number, or the row number when there is none.
- What a reader notices on its way (encoding, delimiter, an unterminated quote, a truncated number) is
  appended to `findings` as it comes; the list is complete once `blocks` is exhausted. A source that cannot be
  read at all raises `messages.Unreadable` from the reader, or from `blocks` when it is noticed midway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from services.validation.engine.messages import Finding


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive records, column by column (the module's docstring gives the rules)."""

    columns: tuple[pa.Array, ...]
    length: int
    first_row: int
    first_line: int
    extra: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Table:
    """A table being read. `label` names it to a person: a file's name, a sheet's, a zip member's."""

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
