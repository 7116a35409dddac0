"""What a custom check is: a value check on one column, or a row check on several.

A check is declared in a schema (`custom_checks`) and built once per validation by `build_check`. It sees
columns as polars String columns in which null stands for a missing value, and texts as they stand in the file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl


@dataclass(frozen=True, slots=True)
class Violation:
    """Why one value or row breaks a check.

    `key` names the message in `checks.messages.MESSAGES`; `params` fill its templates (texts and numbers).
    """

    key: str
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def fix(self) -> str | None:
        """The corrected cell text, when there is exactly one plausible correction."""
        fix = self.params.get("fix")
        return fix if isinstance(fix, str) else None


class CheckDefinitionError(ValueError):
    """A check that cannot be run as declared (unknown name, wrong parameter): code `check-error`."""

    def __init__(self, key: str, params: Mapping[str, object]) -> None:
        super().__init__(f"{key}: {dict(params)}")
        self.key = key
        self.params: Mapping[str, object] = dict(params)


@dataclass(frozen=True, slots=True)
class ValueCheck:
    """A check on the cells of one column; empty cells are never given to it.

    `kind` is the error code of the report. `judge` is exact, for one distinct text, and never raises.
    `accept` is a boolean expression, true where the value is certainly valid (null or false: ask `judge`).
    `luhn` tells the length of a register number with a checksum (9: SIREN, 14: SIRET); 0 for any other check.
    """

    kind: str
    column: str
    judge: Callable[[str], Violation | None]
    accept: Callable[[pl.Expr], pl.Expr] | None = None
    luhn: int = 0


Absence = Violation | Literal["skip", "as-empty"]


def skip_if_absent(absent: tuple[str, ...]) -> Absence:
    """Leave a check out when the file lacks one of its columns: the usual rule."""
    return "skip"


@dataclass(frozen=True, slots=True)
class RowCheck:
    """A check on several cells of one row.

    `columns[0]` is the column that carries the error. `suspect` is an expression over a frame that has all `columns`
    (String, null = empty), true for the rows to look at: too many of them, never too few.
    `judge` is exact, on one row's texts (None = empty), and never raises.
    `on_absent` is asked, when the file lacks some `columns` (given to it), what to do: "skip" the check, run it
    with these columns "as-empty", or report its Violation once, at header level, instead of running it.
    """

    kind: str
    columns: tuple[str, ...]
    suspect: pl.Expr
    judge: Callable[[Mapping[str, str | None]], Violation | None]
    on_absent: Callable[[tuple[str, ...]], Absence] = skip_if_absent


Check = ValueCheck | RowCheck
