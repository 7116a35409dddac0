"""Exact readers of cells and judges of constraints, one value at a time (semantics of frictionless 5.21).

    read = reader_for(field)            # read("2024-03-12") -> datetime.date, or raises CellError
    for judge in judges_for(field):     # judge.ok(value); judge.explain(text) -> CellError (key, params, fix)
    check_field(field)                  # findings on the field's definition

`linear_pattern(pattern)` gives a pattern in the syntax common to RE2 and Rust's regex, with Python's meaning.
"""

from services.validation.engine.cells.errors import CellError, CellTooCostly
from services.validation.engine.cells.field_check import check_field
from services.validation.engine.cells.judges import ConstraintJudge, judges_for
from services.validation.engine.cells.patterns import linear_pattern
from services.validation.engine.cells.readers import CellReader, reader_for

__all__ = [
    "CellError",
    "CellReader",
    "CellTooCostly",
    "ConstraintJudge",
    "check_field",
    "judges_for",
    "linear_pattern",
    "reader_for",
]
