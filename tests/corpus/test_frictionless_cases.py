"""Tables and packages of the reference's own tests, with the errors it was recorded to find.

Their cells and constraints are in `tests/unit/engine/cells/test_recorded_cases.py`. A case that cannot be run on
text, or that differs on purpose, is skipped with its reason.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from services.validation.engine import Options, Reference, parse_schema, validate

CASES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "corpus" / "frictionless_cases.jsonl"
_OURS = frozenset(
    [
        *("type-error", "constraint-error", "missing-cell", "extra-cell", "blank-row", "missing-label"),
        *("primary-key", "foreign-key", "unique-error", "unmatched-header", "extra-label", "incorrect-label"),
    ]
)
# The end of a case's id -> why our answer is another.
DIFFERENT = {
    "duplicate_labels_ignoring_header_case": "a repeated label is an error of its column alone",
    "fields_only_distinguished_by_case_are_rejected": "such a schema is usable as long as the case of headers counts",
    "irregular_row_issue_1791": "a column that is neither required nor in a key may be absent: a warning",
    "schema_sync_is_true_issue_1611#2": "a column that is neither required nor in a key may be absent: a warning",
    "with_schema_issue_348": "a column that is neither required nor in a key may be absent: a warning",
    "dialect_header_false": "a table without a header is not read: its columns would have no name",
}


def recorded() -> list[Any]:
    if not CASES.is_file():
        reason = f"no recorded cases at {CASES}: tables and packages are NOT compared with the reference"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    with CASES.open(encoding="utf-8") as lines:
        cases = [case for case in map(json.loads, lines) if case["kind"].startswith("table-")]
    return [pytest.param(case, id=f"{number} {case['id']}") for number, case in enumerate(cases)]


def why_not_run(case: dict[str, Any]) -> str | None:
    resources = resources_of(case)
    if not all("data" in resource for resource in resources):
        return "its table is a file that was not recorded"
    checks = (case["checklist"] or {}).get("checks")
    if checks:
        return f"it is about a check that only the reference has: {checks[0]['type']}"
    if not all(is_rows(resource["data"]) for resource in resources):
        return "its rows are no rows of text"
    for end, reason in DIFFERENT.items():
        if case["id"].removesuffix("]").endswith(end.removesuffix("]")):
            return reason
    return None


def is_rows(data: object) -> bool:
    return isinstance(data, list) and bool(data) and all(isinstance(row, list) for row in data)


def resources_of(case: dict[str, Any]) -> list[dict[str, Any]]:
    descriptor: dict[str, Any] = case["descriptor"]
    if case["kind"] == "table-package":
        found: list[dict[str, Any]] = descriptor["resources"]
        return found
    if case["inline_data"] is None:
        return [descriptor]
    return [{**descriptor, "data": case["inline_data"], "schema": case.get("schema")}]


def as_text(rows: list[list[Any]]) -> bytes:
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerows([str(cell).lower() if isinstance(cell, bool) else cell for cell in row] for row in rows)
    return target.getvalue().encode()


def schema_of(resource: dict[str, Any]) -> dict[str, Any]:
    """The schema declared, else text in every column."""
    declared: dict[str, Any] | None = resource.get("schema")
    return declared or {"fields": [{"name": str(label)} for label in resource["data"][0]]}


def options_for(resource: dict[str, Any], others: list[dict[str, Any]]) -> Options:
    references = {}
    for other in others:
        parsed = parse_schema(schema_of(other)).schema
        assert parsed is not None
        references[other["name"]] = Reference(as_text(other["data"]), parsed)
    ignore_case = (resource.get("dialect") or {}).get("headerCase") is False
    return Options(delimiter=",", ignore_header_case=ignore_case, references=references)


@pytest.mark.parametrize("case", recorded())
def test_recorded_table(case: dict[str, Any]) -> None:
    if reason := why_not_run(case):
        pytest.skip(reason)
    resources = resources_of(case)
    found: Counter[tuple[str, int | None, str]] = Counter()
    for resource in resources:
        report = validate(as_text(resource["data"]), schema_of(resource), options_for(resource, resources))
        found.update(place(entry.code, entry.row, entry.field) for entry in report.errors)
    picked = (case["checklist"] or {}).get("pickErrors") or _OURS
    expected = Counter(
        place(error["type"], error.get("rowNumber"), error.get("fieldName"))
        for error in case["expected_errors"]
    )
    assert {code for code, _, _ in expected} <= _OURS
    assert Counter({key: count for key, count in found.items() if key[0] in picked}) == expected
    assert case["expected_valid"] == (not expected)


def place(code: str, row: int | None, field: str | None) -> tuple[str, int | None, str]:
    on_row = code in ("primary-key", "foreign-key")
    return code, None if row == 1 else row, "" if on_row else field or ""
