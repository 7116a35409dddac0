"""In the parent: the text that the child made of a sheet, read as any delimited text is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import IO

from services.validation.engine.scan.rules import Rule
from services.validation.engine.text.blocks import Block
from services.validation.engine.text.exact import exact_blocks
from services.validation.engine.text.fast import FastBlocks, NotRegular, repetitive_columns
from services.validation.engine.text.lines import Records, stream_lines
from services.validation.engine.text.prefetch import prefetch
from services.validation.engine.text.scanned import ScannedBlocks
from services.validation.engine.text.stream import CHUNK, Utf8Stream

_DELIMITER = ","
_SMALL = 256 << 10


class ConvertedText:
    """The data rows of a sheet, the first of which is the line `first_line` of the spreadsheet."""

    def __init__(self, file: IO[bytes], width: int, first_line: int) -> None:
        self._file = file
        self._width = width
        self._first_line = first_line
        self._size = file.seek(0, 2)
        self._stream = self._open()

    def blocks(self) -> Iterator[Block]:
        """The rows, as pyarrow reads them."""
        return self._ahead(self._read(None))

    def scan(self, rules: Sequence[Rule]) -> Iterator[Block]:
        """The rows, judged while they are read."""
        return self._ahead(self._read(rules))

    def close(self) -> None:
        """No block is read any more; the file is closed."""
        self._stream.stop()
        self._file.close()

    def _open(self) -> Utf8Stream:
        self._file.seek(0)
        return Utf8Stream(self._file, "utf-8")  # type: ignore[arg-type]

    def _ahead(self, blocks: Iterator[Block]) -> Iterator[Block]:
        return prefetch(blocks) if self._size > _SMALL else blocks

    def _read(self, rules: Sequence[Rule] | None) -> Iterator[Block]:
        try:
            yield from self._placed(self._fast() if rules is None else self._scanned(rules))
        except NotRegular as reason:
            self._stream = self._open()
            records = Records(stream_lines(self._stream), _DELIMITER, self._first_line, first_row=2)
            yield from self._placed(exact_blocks(records, self._width, reason.records_done))

    def _scanned(self, rules: Sequence[Rule]) -> ScannedBlocks:
        return ScannedBlocks(self._stream, _DELIMITER, rules, 2, self._first_line, self._size)

    def _fast(self) -> FastBlocks:
        sample = self._file.read(CHUNK).decode("utf-8", "replace")
        self._stream = self._open()
        repeated = repetitive_columns(sample, _DELIMITER, self._width)
        return FastBlocks(self._stream, _DELIMITER, repeated, 2, self._first_line)

    def _placed(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """The blocks with the lines of the spreadsheet, whatever line ends its cells hold."""
        for block in blocks:
            line = self._first_line + block.first_row - 2
            scanned = None if block.scanned is None else replace(block.scanned, breaks={})
            yield replace(block, first_line=line, scanned=scanned, lined=False)
