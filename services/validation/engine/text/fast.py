"""Blocks made by pyarrow's CSV parser, ragged records put back in their place."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.csv as arrow_csv

from services.validation.engine.text.blocks import Block
from services.validation.engine.text.lines import ends_inside_quotes, split_lines
from services.validation.engine.text.stream import CHUNK, Utf8Stream

_MANY_RAGGED = 2_000
_DISTINCT_AT_MOST = 0.12  # of the sampled records, for a column to be read as a dictionary
_SAMPLE = 2_000


class NotRegular(Exception):
    """pyarrow cannot go on (a cell larger than a block, an unclosed quote, too many ragged records)."""

    def __init__(self, records_done: int) -> None:
        super().__init__(f"after {records_done} records")
        self.records_done = records_done


def too_many_ragged(ragged: int, records: int) -> bool:
    """Whether the csv module is the faster way, for each ragged record costs."""
    return ragged > _MANY_RAGGED and ragged * 10 > records


def repetitive_columns(head: str, delimiter: str, width: int) -> list[bool]:
    """For each column, whether its values repeat so much that a dictionary is the cheapest form."""
    reader = csv.reader(split_lines(head), delimiter=delimiter)
    rows = [cells for _, cells in zip(range(_SAMPLE), reader, strict=False) if len(cells) == width]
    if len(rows) < 100:
        return [False] * width
    return [len(set(column)) <= _DISTINCT_AT_MOST * len(rows) for column in zip(*rows, strict=True)]


class FastBlocks:
    """Iterates over the blocks of a regular text; raises NotRegular when the csv module must take over."""

    def __init__(
        self,
        stream: Utf8Stream,
        delimiter: str,
        dictionaries: Sequence[bool],
        first_row: int,
        first_line: int,
    ) -> None:
        self._stream = stream
        self._width = len(dictionaries)
        self._delimiter = delimiter
        self._first_row = first_row
        self._row = first_row
        self._line = first_line
        self._ragged: list[tuple[int, str]] = []
        self._taken = 0
        names = [str(index) for index in range(self._width)]
        coded = pa.dictionary(pa.int32(), pa.string())
        types = {
            name: coded if repeats else pa.string() for name, repeats in zip(names, dictionaries, strict=True)
        }
        self._arguments = (
            pa.PythonFile(stream, mode="r"),
            arrow_csv.ReadOptions(use_threads=False, block_size=CHUNK, column_names=names),
            arrow_csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=self._on_ragged,
            ),
            arrow_csv.ConvertOptions(
                check_utf8=False,
                strings_can_be_null=False,
                column_types=types,
            ),
        )

    def __iter__(self) -> Iterator[Block]:
        held: Block | None = None
        try:
            for block in self._blocks():
                if held is not None:
                    yield held
                held = block
        except pa.ArrowInvalid as error:
            if held is not None:
                yield held
            raise NotRegular(self._row - self._first_row) from error
        if held is not None and self._is_unclosed(held):
            raise NotRegular(held.first_row - self._first_row)
        if held is not None:
            yield held

    def _blocks(self) -> Iterator[Block]:
        with arrow_csv.open_csv(*self._arguments) as reader:
            for batch in reader:
                yield from self._placed(batch)
        yield from self._placed(None)

    def _is_unclosed(self, last: Block) -> bool:
        """Whether the file ends inside quotes, which pyarrow does not tell."""
        end = last.length - 1
        extra = {0: last.extra[end]} if end in last.extra else {}
        record = Block(tuple(column.slice(end) for column in last.columns), 1, 0, 0, extra)
        count = record.line_count()
        lines = list(split_lines(self._stream.tail()))[-count:]
        if '"' not in "".join(lines):
            return False
        # An unclosed cell holds the last line end of the file: the record then takes one line less.
        shorter = count > 1 and _ends_in_break(record) and ends_inside_quotes(lines[1:], self._delimiter)
        return shorter or ends_inside_quotes(lines, self._delimiter)

    def _on_ragged(self, row: arrow_csv.InvalidRow) -> str:
        self._ragged.append((self._first_row - 1 + row.number, row.text))
        return "skip"

    def _placed(self, batch: pa.RecordBatch | None) -> Iterator[Block]:
        """The batch as one block, with the ragged records that belong before its end (None: all that remain)."""
        length = batch.num_rows if batch is not None else 0
        columns = tuple(batch.columns) if batch is not None else ()
        mine: list[tuple[int, str]] = []
        end = self._row + length
        while self._ragged and (batch is None or self._ragged[0][0] < end):
            mine.append(self._ragged.pop(0))
            end += 1
        self._taken += len(mine)
        if too_many_ragged(self._taken, end - self._first_row):
            raise NotRegular(self._row - self._first_row)
        if not mine and not length:
            return
        block = Block(columns, length, self._row, self._line)
        if mine:
            block = self._with_ragged(block, mine)
        self._row += block.length
        self._line += block.line_count()
        yield block

    def _with_ragged(self, block: Block, ragged: list[tuple[int, str]]) -> Block:
        """Cut the columns where a ragged record stood and put it there, padded with nulls."""
        records = [next(csv.reader(split_lines(text), delimiter=self._delimiter), []) for _, text in ragged]
        extra: dict[int, tuple[str, ...]] = {}
        cuts: list[int] = []
        for count, ((row, _), cells) in enumerate(zip(ragged, records, strict=True)):
            cuts.append(row - block.first_row - count)
            if len(cells) > self._width:
                extra[row - block.first_row] = tuple(cells[self._width :])
        columns = []
        for index in range(self._width):
            whole = block.columns[index] if block.columns else pa.array([], pa.string())
            texts = whole.dictionary_decode() if pa.types.is_dictionary(whole.type) else whole
            pieces: list[pa.Array] = []
            start = 0
            for cut, cells in zip(cuts, records, strict=True):
                cell = cells[index] if index < len(cells) else None
                pieces += [texts.slice(start, cut - start), pa.array([cell], pa.string())]
                start = cut
            columns.append(pa.concat_arrays([*pieces, texts.slice(start)]))
        return Block(tuple(columns), block.length + len(ragged), block.first_row, block.first_line, extra)


def _ends_in_break(record: Block) -> bool:
    cells = [*(column[0].as_py() for column in record.columns), *record.extra.get(0, ())]
    last = next((cell for cell in reversed(cells) if cell is not None), "")
    return str(last).endswith(("\n", "\r"))
