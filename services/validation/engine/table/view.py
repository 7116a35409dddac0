"""One block seen by the judgements: texts, missing cells and line numbers, each worked out once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from services.validation.engine.text.blocks import Block, Offsets, breaks_in, count_breaks

Mask = npt.NDArray[np.bool_]
NO_OFFSETS: Offsets = np.empty(0, np.int64)
_EMPTY_TEXT = frozenset([""])


class BlockView:
    """A block, and what is derived from it when first asked for."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self._texts: dict[int, pl.Series] = {}
        self._missing: dict[tuple[int, frozenset[str]], Mask] = {}
        self._lines: npt.NDArray[np.int64] | None = None

    def is_coded(self, index: int) -> bool:
        """Whether the column is an Arrow dictionary."""
        return bool(pa.types.is_dictionary(self.block.columns[index].type))

    def texts(self, index: int) -> pl.Series:
        """The cells of a column; null where the record has none."""
        found = self._texts.get(index)
        if found is None:
            column = self.block.columns[index]
            series = pl.from_arrow(column.dictionary_decode() if self.is_coded(index) else column)
            assert isinstance(series, pl.Series)
            found = self._texts[index] = series
        return found

    def texts_but(self, index: int, absent: Mask) -> pl.Series:
        """The cells of a column, null where `absent` too."""
        if not absent.any():
            return self.texts(index)
        column = self.block.columns[index]
        if self.is_coded(index):
            column = column.dictionary_decode()
        series = pl.from_arrow(pc.if_else(pa.array(absent), pa.scalar(None, pa.string()), column))
        assert isinstance(series, pl.Series)
        return series

    def suspects(self, index: int) -> tuple[pl.Series, Offsets]:
        """Of a column that a scan has judged, the texts it does not accept, and where they are."""
        assert self.block.scanned is not None
        found = self.block.scanned.suspects[index]
        series = pl.from_arrow(found.texts)
        assert isinstance(series, pl.Series)
        return series, found.offsets

    def frame(self, indices: tuple[int, ...]) -> pl.DataFrame:
        """Several columns that are not dictionaries, each named by its index."""
        columns = [self.block.columns[index] for index in indices]
        frame = pl.from_arrow(pa.RecordBatch.from_arrays(columns, [str(index) for index in indices]))
        assert isinstance(frame, pl.DataFrame)
        for index, series in zip(indices, frame.iter_columns(), strict=True):
            self._texts[index] = series
        return frame

    def codes(self, index: int) -> npt.NDArray[np.int32]:
        """The codes of a dictionary column; -1 where the record has no cell."""
        indices = self.block.columns[index].indices
        if indices.null_count:
            indices = indices.fill_null(-1)
        return np.asarray(indices.to_numpy(zero_copy_only=False))

    def missing(self, index: int, values: frozenset[str]) -> Mask:
        """Where a cell of the column is one of the missing `values`, or is not there at all."""
        key = (index, values)
        found = self._missing.get(key)
        if found is None:
            found = self._missing[key] = self._find_missing(index, values)
        return found

    def line(self, offset: int) -> int:
        """The physical line on which a record of the block starts."""
        if self._lines is None:
            self._lines = _record_lines(self.block)
        return int(self._lines[offset])

    def row(self, offset: int) -> int:
        """The number of a record of the block."""
        return self.block.first_row + offset

    def width(self, offset: int) -> int:
        """How many cells a record has at most."""
        return len(self.block.columns) + len(self.block.extra.get(offset, ()))

    def record(self, offset: int) -> list[str]:
        """The cells of a record as they are written, those beyond the columns included."""
        if self.block.scanned is not None:
            return self.block.scanned.record(offset)
        cells = (column[offset].as_py() for column in self.block.columns)
        return [*(cell for cell in cells if cell is not None), *self.block.extra.get(offset, ())]

    def _find_missing(self, index: int, values: frozenset[str]) -> Mask:
        column = self.block.columns[index]
        if self.is_coded(index):
            texts = column.dictionary.to_pylist()
            absent = [code for code, text in enumerate(texts) if text in values]
            if column.null_count:
                absent.append(-1)
            if not absent:
                return np.zeros(len(column), np.bool_)
            codes = self.codes(index)
            return np.asarray(codes == absent[0] if len(absent) == 1 else np.isin(codes, absent))
        if values == _EMPTY_TEXT:
            offsets = np.frombuffer(column.buffers()[1], np.int32)
            window = offsets[column.offset : column.offset + len(column) + 1]
            return np.asarray(window[1:] == window[:-1])
        texts = self.texts(index)
        wanted = pl.Series(sorted(values), dtype=pl.String)
        return np.asarray((texts.is_in(wanted.implode()) | texts.is_null()).to_numpy())


def _record_lines(block: Block) -> npt.NDArray[np.int64]:
    taken = np.ones(block.length, np.int64)
    if block.scanned is not None:
        for offset, count in block.scanned.breaks.items():
            taken[offset] += count
    elif block.line_count() != block.length:
        for column in block.columns:
            texts = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
            taken += count_breaks(texts).fill_null(0).to_numpy(zero_copy_only=False)
        for offset, cells in block.extra.items():
            taken[offset] += breaks_in(cells)
    starts: npt.NDArray[np.int64] = block.first_line + np.concatenate([[0], np.cumsum(taken)[:-1]])
    return starts
