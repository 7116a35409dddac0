"""What is wrong with one text under one field: the exact judgement, memoised by distinct text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from services.validation.engine.cells import (
    CellError,
    CellReader,
    CellTooCostly,
    ConstraintJudge,
    judges_for,
    reader_for,
)
from services.validation.engine.checks import ValueCheck
from services.validation.engine.schema import Field

_MEMO_LIMIT = 50_000


@dataclass(frozen=True, slots=True)
class Problem:
    """One error of one cell. `kind` is what counts are kept by: the code, and the constraint when it is one."""

    code: str
    key: str
    params: Mapping[str, object] = field(default_factory=dict)
    constraint: str | None = None
    limit: object = None
    fix: str | None = None

    @property
    def kind(self) -> tuple[str, str | None]:
        return (self.code, self.constraint)


@dataclass(frozen=True, slots=True)
class Judged:
    """The exact judgement of a text. `has_value` is false for a missing value and for a type error."""

    problems: tuple[Problem, ...]
    has_value: bool


_REQUIRED = Problem("constraint-error", "required", {}, "required", True)
_NOTHING = Judged((), False)
_SOUND = Judged((), True)


class CellJudge:
    """Judges texts of one column exactly: type, then constraints, then the value checks of the column."""

    def __init__(self, field: Field, checks: Sequence[ValueCheck] = ()) -> None:
        self.field = field
        self.missing = frozenset(field.missing_values)
        self._blank = Judged((_REQUIRED,), False) if field.required else _NOTHING
        self._checks = tuple(checks)
        self._memo: dict[str, Judged] = {}

    def __call__(self, text: str | None) -> Judged:
        """The judgement of a cell; None is a cell that the record does not have."""
        if text is None or text in self.missing:
            return self._blank
        found = self._memo.get(text)
        if found is None:
            if len(self._memo) >= _MEMO_LIMIT:
                self._memo.clear()
            found = self._memo[text] = self._judge(text)
        return found

    def value(self, text: str | None) -> object:
        """The value of a cell, None when it is missing or of the wrong type."""
        if text is None or text in self.missing:
            return None
        try:
            return self._read(text)
        except CellError:
            return None

    @cached_property
    def _read(self) -> CellReader:
        return reader_for(self.field)

    @cached_property
    def _judges(self) -> tuple[ConstraintJudge, ...]:
        return judges_for(self.field)

    def _judge(self, text: str) -> Judged:
        try:
            value = self._read(text)
        except CellError as error:
            return Judged((Problem("type-error", error.key, error.params, fix=error.fix),), False)
        problems = [*self._constraints(text, value), *self._checked(text)]
        return Judged(tuple(problems), True) if problems else _SOUND

    def _constraints(self, text: str, value: object) -> list[Problem]:
        problems: list[Problem] = []
        for judge in self._judges:
            try:
                if judge.ok(value):
                    continue
            except CellTooCostly as costly:
                problems.append(
                    Problem("constraint-error", costly.key, costly.params, judge.name, judge.limit)
                )
                continue
            told = judge.explain(text)
            problems.append(
                Problem("constraint-error", told.key, told.params, judge.name, judge.limit, told.fix)
            )
        return problems

    def _checked(self, text: str) -> list[Problem]:
        found = ((check.kind, check.judge(text)) for check in self._checks)
        return [
            Problem(kind, violation.key, violation.params, fix=violation.fix)
            for kind, violation in found
            if violation is not None
        ]
