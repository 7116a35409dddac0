"""Real spreadsheets of collectivités, against the verdicts recorded from the national validator."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import orjson
import pytest

from services.validation.engine import validate

_DATA = Path(__file__).parents[4].parent / "shared" / "data"
_EXTENSIONS = (".xls", ".xlsx", ".ods")


def _cases() -> list[object]:
    recorded = _DATA / "corpus" / "expected.tsv"
    if not recorded.exists():
        reason = f"no recorded verdicts at {recorded}: real spreadsheets are not compared"
        return [pytest.param("", "", "", "", marks=pytest.mark.skip(reason=reason))]
    with recorded.open(encoding="utf-8", newline="") as lines:
        verdicts = list(csv.DictReader(lines, delimiter="\t"))
    return [
        pytest.param(row["file"], row["schema/version"], row["error_types"], row["rows"], id=f"{number}")
        for number, row in enumerate(verdicts)
        if row["file"].endswith(_EXTENSIONS)
        and "field-error" not in row["error_types"]
        and row["rows"].isdigit()
    ]


@pytest.mark.parametrize(("file", "schema", "errors", "rows"), _cases())
def test_structure_and_constraints_agree(file: str, schema: str, errors: str, rows: str) -> None:
    """Trailing blank rows and numbers in text columns, which the other refuses, are accepted here."""
    expected = Counter(
        {kind: int(count) for kind, _, count in (part.partition("=") for part in errors.split(";")) if kind}
    )
    descriptor = orjson.loads((_DATA / "schemas" / schema / "schema.json").read_bytes())
    report = validate(_DATA / "corpus" / file, descriptor)
    found = report.counts
    assert found.get("missing-label", 0) == expected["missing-label"]
    assert report.table.rows == int(rows) - expected["blank-row"]
    if sum(expected.values()) < 1000:  # the other stops counting there
        assert found.get("constraint-error", 0) == expected["constraint-error"]
        assert found.get("type-error", 0) <= expected["type-error"]
