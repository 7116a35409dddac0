"""Blocks made with the csv module: slower than pyarrow, and right on every text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pyarrow as pa

from services.validation.engine.text.blocks import Block
from services.validation.engine.text.lines import Records

_BLOCK_RECORDS = 5_000
_BLOCK_CHARACTERS = 1 << 20


def exact_blocks(records: Records, width: int, skip: int = 0) -> Iterator[Block]:
    """Blocks of `width` columns from the records, after `skip` of them."""
    iterator = iter(records)
    for _ in islice(iterator, skip):
        pass
    rows: list[list[str]] = []
    characters = 0
    first_line, first_row = 0, 0
    for line, cells in iterator:
        if not rows:
            first_line, first_row = line, records.row
        rows.append(cells)
        characters += sum(map(len, cells))
        if len(rows) >= _BLOCK_RECORDS or characters >= _BLOCK_CHARACTERS:
            yield block_of(rows, width, first_row, first_line)
            rows, characters = [], 0
    if rows:
        yield block_of(rows, width, first_row, first_line)


def block_of(rows: list[list[str]], width: int, first_row: int, first_line: int) -> Block:
    """A block from records of any length."""
    extra = {offset: tuple(cells[width:]) for offset, cells in enumerate(rows) if len(cells) > width}
    if extra or any(len(cells) != width for cells in rows):
        padding = [None] * width
        columns = list(zip(*([*cells[:width], *padding[len(cells) :]] for cells in rows), strict=True))
    else:
        columns = list(zip(*rows, strict=True))
    arrays = tuple(pa.array(column, pa.string()) for column in columns)
    return Block(arrays, len(rows), first_row, first_line, extra)
