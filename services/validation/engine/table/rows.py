"""What is judged on whole records: blank ones, missing and surplus cells, checks between columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from services.validation.engine.checks import RowCheck
from services.validation.engine.checks.contract import Violation
from services.validation.engine.table.columns import ColumnChecker, FaultsByColumn, values_only
from services.validation.engine.table.view import NO_OFFSETS, BlockView, Mask
from services.validation.engine.text.blocks import Block, Offsets


def blank_rows(view: BlockView, checkers: Sequence[ColumnChecker]) -> Offsets:
    """Records in which every cell is missing."""
    if view.block.scanned is not None:
        return view.block.scanned.blank
    blank: Mask | None = None
    for checker in checkers:
        mask = view.missing(checker.index, checker.judge.missing)
        blank = mask if blank is None else blank & mask
        if not blank.any():
            return NO_OFFSETS
    return NO_OFFSETS if blank is None else np.flatnonzero(blank).astype(np.int64)


def missing_cells(block: Block) -> Mapping[int, Offsets]:
    """By column index, the records that end before that column."""
    if block.scanned is not None:
        return block.scanned.missing
    return {
        index: np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False)).astype(np.int64)
        for index, column in enumerate(block.columns)
        if column.null_count
    }


class RowChecker:
    """One check between columns, fitted to the columns of a file."""

    def __init__(self, check: RowCheck, columns: Mapping[str, ColumnChecker]) -> None:
        self.check = check
        self._columns = columns
        present = [name for name in check.columns if name in columns]
        absent = tuple(name for name in check.columns if name not in columns)
        decision = check.on_absent(absent) if absent else "as-empty"
        self.runs = bool(present) and decision == "as-empty"
        self.at_header: Violation | None = None if isinstance(decision, str) else decision
        self.column = columns[present[0]].column if present else None
        self._present = present

    @property
    def indices(self) -> frozenset[int]:
        """The columns of the file that the check looks at."""
        return frozenset(self._columns[name].index for name in self._present)

    def violations(
        self, view: BlockView, faults: FaultsByColumn, skip: Offsets
    ) -> list[tuple[int, Violation, str | None]]:
        """(offset, violation, text of the column that carries it) for each record that breaks the check."""
        frame = pl.DataFrame(
            {
                name: self._values(view, name, faults)
                if name in self._columns
                else pl.Series([None] * view.block.length, dtype=pl.String)
                for name in dict.fromkeys(self.check.columns)
            }
        )
        suspects = self.check.suspect(frame).fill_null(True).arg_true()
        if not len(suspects):
            return []
        skipped = set(skip.tolist())
        found: list[tuple[int, Violation, str | None]] = []
        for offset, row in zip(suspects.to_list(), frame[suspects].iter_rows(named=True), strict=True):
            violation = None if offset in skipped else self.check.judge(row)
            if violation is not None:
                found.append((offset, violation, row[self._present[0]]))
        return found

    def _values(self, view: BlockView, name: str, faults: FaultsByColumn) -> pl.Series:
        checker = self._columns[name]
        return values_only(view, checker, faults.get(checker.index))
