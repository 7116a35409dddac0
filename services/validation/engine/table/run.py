"""One pass over the blocks of a table: every judgement, put into the collector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from services.validation.engine.checks import CheckDefinitionError, RowCheck, ValueCheck, build_check
from services.validation.engine.collector import Collector, Kind
from services.validation.engine.messages import Finding
from services.validation.engine.report import Entry
from services.validation.engine.schema import Schema
from services.validation.engine.table.columns import ColumnChecker, Faults, Offsets, find_faults
from services.validation.engine.table.header import Column
from services.validation.engine.table.problems import Problem
from services.validation.engine.table.rows import BlockLines, RowChecker, blank_rows, missing_cells
from services.validation.engine.text.blocks import Block


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
        self.by_name: dict[str, ColumnChecker] = {}
        for checker in sorted(self.checkers, key=lambda checker: not checker.column.known):
            self.by_name.setdefault(checker.column.field.name, checker)
        fitted = [RowChecker(check, self.by_name) for check in row_checks]
        self._row_checkers = [checker for checker in fitted if checker.runs]
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

    def take(self, block: Block) -> dict[int, Faults]:
        """Judge one block; gives the faulty cells by column index."""
        lines = BlockLines(block)
        blank = blank_rows(block, self.checkers)
        faults = find_faults(self.checkers, block.columns)
        for checker in self.checkers:
            if found := faults.get(checker.column.index):
                self._cell_faults(checker, _without(found, blank), block, lines)
        self._structure(block, lines, blank.tolist())
        for row_checker in self._row_checkers:
            self._row_faults(row_checker, block, faults, lines, blank)
        self.rows += block.length
        return faults

    def _cell_faults(self, checker: ColumnChecker, faults: Faults, block: Block, lines: BlockLines) -> None:
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
                self._collector.keep(
                    kind, _entry(problem, column, text, block.first_row + offset, lines(offset))
                )
                if self._collector.room(kind) <= 0:
                    wanted.discard(kind)

    def _structure(self, block: Block, lines: BlockLines, blank: list[int]) -> None:
        for offset in blank:
            row, line = block.first_row + offset, lines(offset)
            self._collector.add(
                (0, "blank-row", None), Entry("blank-row", "blank-row", {}, row=row, line=line)
            )
        hidden = set(blank)
        for index, offsets in missing_cells(block).items():
            column = self.checkers[index].column
            for offset in offsets.tolist():
                if offset not in hidden:
                    self._one(
                        "missing-cell",
                        column.number,
                        column.field.name,
                        "",
                        block.first_row + offset,
                        lines(offset),
                    )
        for offset, cells in block.extra.items():
            if offset in hidden:
                continue
            for number, cell in enumerate(cells, start=len(block.columns) + 1):
                self._one("extra-cell", number, "", cell, block.first_row + offset, lines(offset))

    def _one(self, code: str, number: int, name: str, cell: str, row: int, line: int) -> None:
        kind = (number, code, None)
        params = {"field": name, "number": number}
        entry = Entry(code, code, params, row=row, line=line, field=name, field_number=number, cell=cell)
        self._collector.add(kind, entry)

    def _row_faults(
        self, checker: RowChecker, block: Block, faults: dict[int, Faults], lines: BlockLines, blank: Offsets
    ) -> None:
        column = checker.column
        assert column is not None
        for offset, violation, text in checker.violations(block, faults, blank):
            problem = Problem(checker.check.kind, violation.key, violation.params, fix=violation.fix)
            entry = _entry(problem, column, text or "", block.first_row + offset, lines(offset))
            self._collector.add((column.number, *problem.kind), entry)


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
