"""Blocks judged while they are read: the compiled scan on two threads, pyarrow for the pieces it cannot read."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from services.validation.engine.scan import library
from services.validation.engine.scan.library import Piece, Rules
from services.validation.engine.scan.rules import Rule
from services.validation.engine.text import lines
from services.validation.engine.text.blocks import Block, Offsets, Scanned, Suspects
from services.validation.engine.text.fast import FastBlocks, NotRegular, too_many_ragged
from services.validation.engine.text.stream import NotUtf8, Utf8Stream

PIECE = 4 << 20
_FIRST = 256 << 10
# A file no larger is one piece: cutting it in two costs more than a second thread gains.
_ONE_PIECE = 1 << 20
_LONGEST = 16 << 20
_THREADS = 2
# What stands for a column that nobody will look at.
_LEFT_OUT = pa.array([], pa.string())


@dataclass(frozen=True, slots=True)
class _Text:
    """The first `size` bytes of `data`, which stand at `offset` in the file; nothing follows the `last`."""

    data: bytearray
    size: int
    offset: int
    last: bool

    def after(self, left: bytes) -> _Text:
        """The same text with what is left of the one before."""
        data = bytearray(left) + self.data[: self.size]
        return _Text(data, len(data), self.offset - len(left), self.last)

    def between(self, start: int, end: int) -> bytes:
        """A part of it."""
        return bytes(memoryview(self.data)[start:end])


class ScannedBlocks:
    """Iterates over the blocks of a text; raises NotRegular when the csv module must take over."""

    def __init__(
        self,
        stream: Utf8Stream,
        delimiter: str,
        rules: Sequence[Rule],
        first_row: int,
        first_line: int,
        size: int,
    ) -> None:
        """`size` is that of the file, in bytes, to choose how it is cut."""
        self._stream = stream
        self._delimiter = delimiter
        self._rules = Rules(rules)
        self._first_row = first_row
        self._row = first_row
        self._line = first_line
        self._ragged = 0
        self._first_size = size + 1 if size <= _ONE_PIECE else _FIRST

    def __iter__(self) -> Iterator[Block]:
        texts = self._texts()
        first = next(texts)
        if first.last:
            # A short file is scanned before threads would have started.
            yield from self._judged(self._sound(self._scan(first), first), first)
            return
        waiting: deque[tuple[_Text, Future[Piece]]] = deque()
        left = b""
        with ThreadPoolExecutor(_THREADS, "socle-scan") as pool:
            for text in chain([first], texts):
                waiting.append((text, pool.submit(self._scan, text)))
                if len(waiting) > _THREADS:
                    left = yield from self._blocks(left, *waiting.popleft())
            while waiting:
                left = yield from self._blocks(left, *waiting.popleft())

    def _scan(self, text: _Text) -> Piece:
        return library.scan(text.data, text.size, self._rules, self._delimiter, at_end=text.last)

    def _texts(self) -> Iterator[_Text]:
        """The text in pieces that, as far as the parity of quotes tells, end with a record."""
        # The first bytes were given back by who read the header: they are counted already.
        offset = self._stream.bytes_read - self._stream.given_back
        data, filled = bytearray(self._first_size), 0
        while (end := self._stream.fill(data, filled)) > filled:
            filled = end
            if filled < len(data):
                continue
            self._refuse_endless(filled)
            where = library.cut(data, filled)
            # Small pieces first: the two threads soon have work, and a short file shows its progress.
            size = max(min(PIECE, 2 * filled), 2 * (filled - where))
            following = bytearray(size)
            following[: filled - where] = data[where:filled]
            if where:
                yield _Text(data, where, offset, False)
            offset += where
            data, filled = following, filled - where
        self._refuse_endless(filled)
        yield _Text(data, filled, offset, True)

    def _refuse_endless(self, size: int) -> None:
        """A record that does not end for so long is read in another way."""
        if size > min(_LONGEST, lines.MAX_CELL):
            raise NotRegular(self._row - self._first_row)

    def _blocks(self, left: bytes, text: _Text, scanning: Future[Piece]) -> Generator[Block, None, bytes]:
        """The blocks of one piece; gives (as the generator's value) what belongs to a record of the next one."""
        piece = self._sound(scanning.result(), text)
        if left:
            # The parity of quotes was misleading: the piece began inside a record.
            text = text.after(left)
            piece = self._scan(text)
        rest = yield from self._judged(piece, text)
        self._refuse_endless(len(rest))
        return rest

    @staticmethod
    def _sound(piece: Piece, text: _Text) -> Piece:
        if piece.bad_utf8 is not None:
            raise NotUtf8(text.offset + piece.bad_utf8)
        return piece

    def _judged(self, piece: Piece, text: _Text) -> Generator[Block, None, bytes]:
        if piece.garbled:
            # The recognition of texts read in the wrong encoding needs every column.
            yield from self._unscanned(text.between(0, text.size))
            return b""
        if piece.records:
            yield self._block(piece, text)
        rest = text.between(piece.consumed, text.size)
        if not piece.irregular:
            return rest
        yield from self._unscanned(rest)
        return b""

    def _unscanned(self, text: bytes) -> Iterator[Block]:
        done = self._row - self._first_row
        stream = Utf8Stream(io.BytesIO(text), "utf-8")
        width = len(self._rules.rules)
        try:
            for block in FastBlocks(stream, self._delimiter, [False] * width, self._row, self._line):
                self._row = block.first_row + block.length
                yield block
                self._line = block.first_line + block.line_count()
        except NotRegular as reason:
            raise NotRegular(done + reason.records_done) from reason

    def _block(self, piece: Piece, text: _Text) -> Block:
        self._ragged += len(piece.ragged)
        done = self._row + piece.records - self._first_row
        if too_many_ragged(self._ragged, done):
            raise NotRegular(self._row - self._first_row)
        width = len(self._rules.rules)

        def record(offset: int) -> list[str]:
            last = offset + 1 == piece.records
            end = piece.consumed if last else int(piece.starts[offset + 1])
            texts = lines.split_lines(text.between(int(piece.starts[offset]), end).decode())
            return next(csv.reader(texts, delimiter=self._delimiter), [])

        ragged = {offset: record(offset) for offset in piece.ragged.tolist()}
        columns = tuple(
            _with_holes(piece.kept[index], index, ragged) if rule.kept else _LEFT_OUT
            for index, rule in enumerate(self._rules.rules)
        )
        scanned = Scanned(
            suspects={
                index: _suspects(index, piece, ragged)
                for index, rule in enumerate(self._rules.rules)
                if rule.judged
            },
            blank=_blank(piece, ragged, width),
            missing={
                index: offsets
                for index in range(width)
                if len(offsets := _offsets(row for row, cells in ragged.items() if len(cells) <= index))
            },
            breaks=dict(piece.breaks.tolist()),
            record=record,
        )
        extra = {row: tuple(cells[width:]) for row, cells in ragged.items() if len(cells) > width}
        block = Block(columns, piece.records, self._row, self._line, extra, scanned)
        self._row += block.length
        self._line += block.line_count()
        return block


def _offsets(rows: Iterable[int]) -> Offsets:
    return np.fromiter(rows, np.int64)


def _blank(piece: Piece, ragged: dict[int, list[str]], width: int) -> Offsets:
    """Records without any text in the columns, whatever stands beyond."""
    shapeless = _offsets(row for row, cells in ragged.items() if not any(cells[:width]))
    blanks = piece.blanks.astype(np.int64)
    return np.sort(np.concatenate([blanks, shapeless])) if len(shapeless) else blanks


def _with_holes(texts: pa.StringArray, index: int, ragged: dict[int, list[str]]) -> pa.StringArray:
    """A kept column, null where the record ends before it."""
    short = [row for row, cells in ragged.items() if len(cells) <= index]
    if not short:
        return texts
    present = np.ones(len(texts), np.bool_)
    present[short] = False
    return pc.if_else(pa.array(present), texts, pa.scalar(None, pa.string()))


def _suspects(index: int, piece: Piece, ragged: dict[int, list[str]]) -> Suspects:
    """The cells of a column to judge: those the scan does not accept, and all those of the ragged records."""
    found = piece.suspects.get(index)
    offsets = found[0].astype(np.int64) if found else np.empty(0, np.int64)
    texts = found[1] if found else pa.array([], pa.string())
    if not ragged:
        return Suspects(offsets, texts)
    rows = np.fromiter(ragged, np.int64)
    cells = pa.array([row[index] if index < len(row) else None for row in ragged.values()], pa.string())
    where = np.concatenate([offsets, rows])
    order = np.argsort(where, kind="stable")
    return Suspects(where[order], pa.concat_arrays([texts, cells]).take(pa.array(order)))
