"""How a delimited text is laid out: its delimiter and where its header stands, decided on the first megabyte."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice

from services.validation.engine.labels import least_labels, plain
from services.validation.engine.text.lines import MAX_CELL

DELIMITERS = (",", ";", "\t", "|")
_LINES_LOOKED_AT = 100
_TITLE_LINES = 15
_LABELS_LOOKED_AT = 1_000
# More than any title and header need, even with line ends inside their cells.
_LINES_ENOUGH, _BYTES_ENOUGH = 400, 64 << 10
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True)
class Layout:
    """`header_line` is the header's first physical line; the data start `data_start` UTF-8 bytes further on.

    `header` has the labels less the spaces around them, `written` as they are; `data_line` is the physical line of
    the first record.
    """

    delimiter: str
    header: tuple[str, ...]
    header_line: int
    data_start: int
    data_line: int
    written: tuple[str, ...] = ()


def beginning(head: bytes) -> bytes:
    """As much of a text as its layout is decided on: all of it when its first lines are long, few or empty."""
    end = 0
    for _ in range(_LINES_ENOUGH):
        end = head.find(b"\n", end) + 1
        if not end:
            return head
    if end < _BYTES_ENOUGH:
        end = head.find(b"\n", _BYTES_ENOUGH) + 1 or len(head)
    first = head[:end]
    return first if first.strip(b"\r\n\0") else head


def _first_lines(text: str) -> Iterator[str]:
    """Lines with their ends, found one by one: few of a megabyte are wanted. See `split_lines`."""
    return (match[0] for match in _LINE.finditer(text))


def lay_out(head: str, names: Collection[str], delimiter: str | None = None) -> Layout:
    """Find the delimiter (unless told) and the header of a text from its beginning.

    `names` are the fields expected: the delimiter and the line that show most of them win.
    """
    csv.field_size_limit(MAX_CELL)
    wanted = {plain(name) for name in names}
    chosen = delimiter or find_delimiter(head, wanted)
    return _find_header(head, chosen, wanted)


def find_delimiter(head: str, wanted: Collection[str] = ()) -> str:
    """The likeliest delimiter: the one that shows expected names, else cuts lines most evenly."""
    lines = list(islice(_first_lines(head), _LINES_LOOKED_AT))
    wanted = set(wanted)
    return max(DELIMITERS, key=lambda delimiter: _score(lines, delimiter, wanted))


def _score(lines: list[str], delimiter: str, wanted: set[str]) -> tuple[int, float, int]:
    records = [cells for cells in csv.reader(lines, delimiter=delimiter) if cells]
    if not records:
        return (0, 0.0, 0)
    names = _most_names(records[:_TITLE_LINES], wanted)
    width, times = Counter(len(cells) for cells in records).most_common(1)[0]
    if width == 1:
        return (names, 0.0, 0)
    return (names, times / len(records) * (1.5 if len(records[0]) == width else 1), width)


def _most_names(records: list[list[str]], wanted: set[str]) -> int:
    """How many of the expected names the record that has most of them has."""
    most = 0
    for cells in records:
        found = len({plain(cell) for cell in cells[:_LABELS_LOOKED_AT]} & wanted)
        most = max(most, found)
        if found == len(wanted) or found == len(cells):
            break
    return most


def _find_header(head: str, delimiter: str, wanted: set[str]) -> Layout:
    """The first record, unless a later one shows clearly more of the expected names (title lines stand above)."""
    reader = csv.reader(_first_lines(head), delimiter=delimiter)
    best: tuple[int, int, int, list[str]] | None = None
    start = 0
    for cells in islice(reader, _TITLE_LINES):
        matches = len({plain(cell) for cell in cells[:_LABELS_LOOKED_AT] if cell} & wanted)
        if best is None or (best[0] == 0 and matches >= least_labels(len(wanted), best[3])):
            best = (matches, start, reader.line_num, cells)
        if best[0]:
            break
        start = reader.line_num
    if best is None:
        return Layout(delimiter, (), 1, 0, 1)
    _, before, after, cells = best
    header_text = "".join(islice(_first_lines(head), after))
    return Layout(
        delimiter,
        tuple(cell.strip() for cell in cells),
        before + 1,
        len(header_text.encode("utf-8", "replace")),
        after + 1,
        tuple(cells),
    )
