"""One pass over the blocks of a table: every judgement, put into the collector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from services.validation.engine.checks import CheckDefinitionError, RowCheck, ValueCheck, build_check
from services.validation.engine.collector import Collector, Kind
from services.validation.engine.messages import Finding
from services.validation.engine.report import Entry
from services.validation.engine.schema import Schema
from services.validation.engine.table.columns import ColumnChecker, ColumnSet, Faults, FaultsByColumn
from services.validation.engine.table.header import Column
from services.validation.engine.table.problems import Problem
from services.validation.engine.table.rows import Found, RowChecker, RowCheckSet, blank_rows, missing_cells
from services.validation.engine.table.view import BlockView
from services.validation.engine.text.blocks import Offsets


class TableRun:
    """Judges blocks as they come. `rows` counts the records seen."""

    def __init__(self, columns: Sequence[Column], schema: Schema, collector: Collector) -> None:
        self.rows = 0
        self._collector = collector
        value_checks, row_checks = self._build_checks(schema)
        self.checkers = [
            ColumnChecker(column, [check for check in value_checks if check.column == column.field.name])
            for column in columns
        ]
        self._columns = ColumnSet(self.checkers)
        self.by_name: dict[str, ColumnChecker] = {}
        for checker in sorted(self.checkers, key=lambda checker: not checker.column.known):
            self.by_name.setdefault(checker.column.field.name, checker)
        fitted = [RowChecker(check, self.by_name) for check in row_checks]
        self._row_checks = RowCheckSet(fitted, self.by_name)
        for unfit in fitted:
            if (violation := unfit.at_header) is not None:
                collector.tell([Finding(unfit.check.kind, violation.key, violation.params, row=1)])

    def _build_checks(self, schema: Schema) -> tuple[list[ValueCheck], list[RowCheck]]:
        values: list[ValueCheck] = []
        rows: list[RowCheck] = []
        for custom in schema.custom_checks:
            try:
                check = build_check(custom, schema)
            except CheckDefinitionError as error:
                params = {"name": custom.name, **error.params}
                self._collector.tell([Finding("check-error", error.key, params)])
                continue
            if isinstance(check, ValueCheck):
                values.append(check)
            else:
                rows.append(check)
        return values, rows

    @property
    def columns(self) -> frozenset[int]:
        """The columns that the checks between columns look at."""
        return frozenset(index for checker in self._row_checks.checkers for index in checker.indices)

    def take(self, view: BlockView) -> FaultsByColumn:
        """Judge one block; gives the faulty cells by column index."""
        blank = blank_rows(view, self.checkers)
        faults = self._columns.faults(view)
        for checker in self.checkers:
            if found := faults.get(checker.index):
                self._cell_faults(checker, _without(found, blank), view)
        self._structure(view, blank.tolist())
        for row_checker, broken in self._row_checks.violations(view, faults, blank):
            self._row_faults(row_checker, broken, view)
        self.rows += view.block.length
        return faults

    def _cell_faults(self, checker: ColumnChecker, faults: Faults, view: BlockView) -> None:
        column, judge = checker.column, checker.judge
        wanted: set[Kind] = set()
        for text, number in Counter(faults.texts).items():
            for problem in judge(text).problems:
                kind = (column.number, *problem.kind)
                self._collector.count(kind, column.field.name, number)
                if self._collector.room(kind) > 0:
                    wanted.add(kind)
        for offset, text in zip(faults.offsets.tolist(), faults.texts, strict=True):
            if not wanted:
                return
            for problem in judge(text).problems:
                kind = (column.number, *problem.kind)
                if kind not in wanted:
                    continue
                self._collector.keep(kind, _entry(problem, column, text, view.row(offset), view.line(offset)))
                if self._collector.room(kind) <= 0:
                    wanted.discard(kind)

    def _structure(self, view: BlockView, blank: list[int]) -> None:
        block = view.block
        for offset in blank:
            row, line = view.row(offset), view.line(offset)
            self._collector.add(
                (0, "blank-row", None), Entry("blank-row", "blank-row", {}, row=row, line=line)
            )
        hidden = set(blank)
        for index, offsets in missing_cells(block).items():
            column = self.checkers[index].column
            told = offsets[~np.isin(offsets, blank)] if blank else offsets
            kind = (column.number, "missing-cell", None)
            kept = told[: max(0, self._collector.room(kind))].tolist()
            for offset in kept:
                self._one("missing-cell", column.number, column.field.name, "", view, offset)
            if len(told) > len(kept):
                self._collector.count(kind, column.field.name, len(told) - len(kept))
        for offset, cells in block.extra.items():
            if offset in hidden:
                continue
            for number, cell in enumerate(cells, start=len(block.columns) + 1):
                self._one("extra-cell", number, "", cell, view, offset)

    def _one(self, code: str, number: int, name: str, cell: str, view: BlockView, offset: int) -> None:
        kind = (number, code, None)
        entry = Entry(
            code,
            code,
            {"field": name, "number": number},
            row=view.row(offset),
            line=view.line(offset),
            field=name,
            field_number=number,
            cell=cell,
            cells=self._collector.record(kind, view, offset),
        )
        self._collector.add(kind, entry)

    def _row_faults(self, checker: RowChecker, found: Sequence[Found], view: BlockView) -> None:
        column = checker.column
        assert column is not None
        for offset, violation, text in found:
            problem = Problem(checker.check.kind, violation.key, violation.params, fix=violation.fix)
            kind = (column.number, *problem.kind)
            entry = _entry(problem, column, text or "", view.row(offset), view.line(offset))
            self._collector.add(kind, replace(entry, cells=self._collector.record(kind, view, offset)))


def _entry(problem: Problem, column: Column, text: str | None, row: int, line: int) -> Entry:
    return Entry(
        problem.code,
        problem.key,
        problem.params,
        row=row,
        line=line,
        field=column.field.name,
        field_number=column.number,
        cell=text or "",
        constraint=problem.constraint,
        limit=problem.limit,
        fix=problem.fix,
    )


def _without(faults: Faults, hidden: Offsets) -> Faults:
    """The faults that are not on the hidden records."""
    if not len(hidden):
        return faults
    kept = ~np.isin(faults.offsets, hidden)
    texts = tuple(text for text, keep in zip(faults.texts, kept.tolist(), strict=True) if keep)
    return Faults(faults.offsets[kept], texts)
