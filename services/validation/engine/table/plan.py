"""What a scan may judge of a table, and which columns it must keep for what looks at more than one cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from services.validation.engine.scan.rules import Rule, rule_for
from services.validation.engine.table.columns import ColumnChecker

_ONLY_EMPTY = frozenset([""])


def scan_rules(checkers: Sequence[ColumnChecker], wanted: frozenset[int]) -> list[Rule] | None:
    """A rule a column, `wanted` ones kept; None when the table is to be read without a scan."""
    if any(checker.judge.missing != _ONLY_EMPTY for checker in checkers):
        # A scan only knows the empty cell as missing.
        return None
    return [_rule(checker, checker.index in wanted) for checker in checkers]


def _rule(checker: ColumnChecker, wanted: bool) -> Rule:
    if checker.trivial:
        return Rule(judged=False, kept=wanted)
    rule = rule_for(checker.column.field, checker.checks)
    return Rule(judged=False, kept=True) if rule is None else replace(rule, kept=wanted)
