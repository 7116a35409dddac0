"""Gathers errors while blocks go by: counts every one, keeps the first of each column and kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.validation.engine.messages import Finding
from services.validation.engine.report import LONGEST_CELL, Entry, SummaryLine

if TYPE_CHECKING:
    from services.validation.engine.table.view import BlockView

EXAMPLES = 5
MOST_OF_RECORDS = 1_000_000  # characters of whole records, over one report; a cell counts for one more
MOST_WARNINGS = 1_000  # kept of one kind: a table without end has one a column; all are counted
Kind = tuple[int, str, str | None]  # column number (0: the table), code, constraint


@dataclass(slots=True)
class _Group:
    name: str | None
    count: int = 0
    kept: list[tuple[int, Entry]] = field(default_factory=list)


class Collector:
    """Exact counts and bounded samples, by column and kind."""

    def __init__(self, samples: int, max_errors: int) -> None:
        self._samples = max(samples, EXAMPLES)
        self._max_errors = max_errors
        self._groups: dict[Kind, _Group] = {}
        self._order = 0
        self._left_for_records = MOST_OF_RECORDS
        self._warned: Counter[str] = Counter()
        self.warnings: list[Entry] = []

    def room(self, kind: Kind) -> int:
        """How many more samples of this kind are wanted."""
        group = self._groups.get(kind)
        return self._samples - (len(group.kept) if group else 0)

    def count(self, kind: Kind, name: str | None, number: int) -> None:
        """Add `number` errors of a kind, without samples."""
        self._groups.setdefault(kind, _Group(name)).count += number

    def keep(self, kind: Kind, entry: Entry) -> None:
        """Keep one sample of an error that `count` has counted."""
        self._order += 1
        self._groups[kind].kept.append((self._order, entry))

    def record(self, kind: Kind, view: BlockView, offset: int) -> tuple[str, ...] | None:
        """The cells of a record, to go with an error that will be kept; None once the report holds enough."""
        if self.room(kind) <= 0 or view.width(offset) > self._left_for_records:
            return None
        cells = tuple(text[:LONGEST_CELL] for text in view.record(offset))
        # A short record of a wide table is as long to look for as a full one.
        self._left_for_records -= max(view.width(offset), sum(map(len, cells), len(cells)))
        return cells

    def add(self, kind: Kind, entry: Entry) -> None:
        """Count one error, and keep it if there is room."""
        self.count(kind, entry.field, 1)
        if self.room(kind) > 0:
            self.keep(kind, entry)

    def tell(self, findings: Iterable[Finding]) -> None:
        """Take in what was found about the schema, the file or its header."""
        for finding in findings:
            entry = Entry(
                finding.code,
                finding.key,
                finding.params,
                row=finding.row,
                line=finding.line,
                field=finding.field,
                field_number=finding.field_number,
                cell=finding.cell,
            )
            if finding.level == "warning":
                self._warned[finding.code] += 1
                if self._warned[finding.code] <= MOST_WARNINGS:
                    self.warnings.append(entry)
            else:
                self.add((finding.field_number or 0, finding.code, None), entry)

    @property
    def total(self) -> int:
        return sum(group.count for group in self._groups.values())

    @property
    def warning_total(self) -> int:
        return self._warned.total()

    def summary(self) -> tuple[SummaryLine, ...]:
        """One line a column and kind, in the order of columns."""
        lines = []
        for (number, code, constraint), group in sorted(
            self._groups.items(), key=lambda item: _rank(item[0])
        ):
            kept = sorted((entry for _, entry in group.kept), key=lambda entry: entry.row or 0)
            examples = tuple(kept[:EXAMPLES])
            lines.append(SummaryLine(code, constraint, group.name, number or None, group.count, examples))
        return tuple(lines)

    def errors(self) -> tuple[Entry, ...]:
        """The samples in the order of the file: by row, then column; what concerns no row comes first."""
        kept = [item for group in self._groups.values() for item in group.kept]
        kept.sort(key=lambda item: (item[1].row or 0, item[1].field_number or 0, item[0]))
        return tuple(entry for _, entry in kept[: self._max_errors])


def _rank(kind: Kind) -> tuple[int, str, str]:
    number, code, constraint = kind
    return number, code, constraint or ""
