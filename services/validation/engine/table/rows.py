"""What is judged on whole records: blank ones, missing and surplus cells, checks between columns."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from services.validation.engine.checks import RowCheck
from services.validation.engine.checks.contract import Violation
from services.validation.engine.table.columns import ColumnChecker, FaultsByColumn, values_only
from services.validation.engine.table.view import NO_OFFSETS, BlockView, Mask
from services.validation.engine.text.blocks import Block, Offsets

# Where, what, and the text of the column that carries it.
Found = tuple[int, Violation, str | None]


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

    def found(self, frame: pl.DataFrame, suspects: pl.Series, skipped: Container[int]) -> list[Found]:
        """(offset, violation, text of the column that carries it) for each suspect that breaks the check."""
        offsets = suspects.arg_true()
        if not len(offsets):
            return []
        rows = frame.select(list(dict.fromkeys(self.check.columns)))[offsets].iter_rows(named=True)
        judged = (
            (offset, None if offset in skipped else self.check.judge(row), row[self._present[0]])
            for offset, row in zip(offsets.to_list(), rows, strict=True)
        )
        return [(offset, violation, text) for offset, violation, text in judged if violation is not None]


class RowCheckSet:
    """The checks between columns of a table, run together on a block."""

    def __init__(self, checkers: Sequence[RowChecker], columns: Mapping[str, ColumnChecker]) -> None:
        self.checkers = [checker for checker in checkers if checker.runs]
        self._columns = columns
        self._names = tuple(dict.fromkeys(name for each in self.checkers for name in each.check.columns))
        self._suspects = [
            checker.check.suspect.fill_null(True).alias(str(place))
            for place, checker in enumerate(self.checkers)
        ]

    def violations(
        self, view: BlockView, faults: FaultsByColumn, skip: Offsets
    ) -> Iterator[tuple[RowChecker, list[Found]]]:
        """Each check with what breaks it, but for the records to `skip`."""
        if not self.checkers:
            return
        frame = pl.DataFrame({name: self._values(view, name, faults) for name in self._names})
        suspects = frame.select(self._suspects)
        skipped = frozenset(skip.tolist())
        for checker, suspected in zip(self.checkers, suspects.iter_columns(), strict=True):
            yield checker, checker.found(frame, suspected, skipped)

    def _values(self, view: BlockView, name: str, faults: FaultsByColumn) -> pl.Series:
        checker = self._columns.get(name)
        if checker is None:
            return pl.Series([None] * view.block.length, dtype=pl.String)
        return values_only(view, checker, faults.get(checker.index))
