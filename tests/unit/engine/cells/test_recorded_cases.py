"""Cells and constraints against the verdicts recorded from frictionless's own tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.validation.engine.cells import CellError, check_field, judges_for, reader_for
from services.validation.engine.schema import Field, parse_schema
from tests.unit.engine.cells.differences import RECORDED

_CASES = Path(__file__).parents[4].parent / "shared" / "data" / "corpus" / "frictionless_cases.jsonl"


def _cases(kind: str) -> list[Any]:
    if not _CASES.exists():
        reason = f"no recorded cases at {_CASES}: {kind} is not compared with frictionless"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    with _CASES.open(encoding="utf-8") as lines:
        # Cells that are Python values are left out: no file gives one.
        cases = [
            case for case in map(json.loads, lines) if case["kind"] == kind and case.get("cell_is_text", True)
        ]
    return [pytest.param(case, id=case["id"]) for case in cases]


def _field(descriptor: dict[str, Any]) -> Field:
    parsed = parse_schema({"fields": [descriptor]})
    assert parsed.schema is not None, parsed.findings
    return parsed.schema.fields[0]


@pytest.mark.parametrize("case", _cases("field-cell"))
def test_recorded_cell(case: dict[str, Any]) -> None:
    if case["id"] in RECORDED:
        pytest.skip(RECORDED[case["id"]])
    field = _field(case["field"])
    if case["cell"] in field.missing_values:
        assert case["expected_valid"] == "missing-value"
        return
    try:
        value = reader_for(field)(case["cell"])
        valid = all(judge.ok(value) for judge in judges_for(field))
    except CellError:
        valid = False
    assert valid == case["expected_valid"]


@pytest.mark.parametrize("case", _cases("constraint-applicability"))
def test_recorded_constraint(case: dict[str, Any]) -> None:
    errors = [finding for finding in check_field(_field(case["field"])) if finding.level == "error"]
    assert (not errors) == case["expected_schema_valid"]
