"""Checks on real published files: the very errors the reference recorded, cell by cell."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from services.validation.engine.checks import (
    CheckDefinitionError,
    RowCheck,
    ValueCheck,
    Violation,
    build_check,
    check_names,
    validata_type,
)
from services.validation.engine.checks.registry import canonical_name
from services.validation.engine.schema import parse_schema

DATA = Path(__file__).resolve().parents[5] / "shared" / "data"
EXPECTED = DATA / "corpus" / "expected.ndjson.gz"
# The reference stops after this many errors.
CAP = 1_000
Place = tuple[str, int]
CHECK_TYPES = {validata_type(canonical_name(name)) for name in check_names()}


def cases() -> list[dict[str, Any]]:
    if not EXPECTED.is_file():
        return []
    with gzip.open(EXPECTED, "rt", encoding="utf-8") as lines:
        return [case for line in lines if (case := json.loads(line))["file"].endswith(".csv")]


CASES = cases()


def test_the_corpus_is_there() -> None:
    if not EXPECTED.is_file():
        pytest.skip(f"recorded verdicts not found at {EXPECTED}: real files cannot be compared")
    assert len(CASES) > 50


def read_columns(path: Path) -> pl.DataFrame | None:
    """Read a regular UTF-8 file; None for those that only the whole engine can read."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    header = text.partition("\n")[0]
    delimiter = max(",;\t|", key=header.count)
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    names = rows[0]
    if len(set(names)) < len(names) or any(len(row) != len(names) for row in rows[1:]):
        return None
    columns = zip(*rows[1:], strict=True) if rows[1:] else ([] for _ in names)
    return pl.DataFrame(
        {
            name: pl.Series([cell or None for cell in cells], dtype=pl.String)
            for name, cells in zip(names, columns, strict=True)
        }
    )


def found_by_value_check(check: ValueCheck, frame: pl.DataFrame) -> Iterator[Place]:
    if check.column not in frame.columns:
        return
    accepted = [False] * frame.height
    if check.accept is not None:
        accepted = frame.select(check.accept(pl.col(check.column)).fill_null(False)).to_series().to_list()
    for index, (cell, certain) in enumerate(zip(frame[check.column], accepted, strict=True)):
        if cell is not None and not certain and (violation := check.judge(cell)) is not None:
            yield validata_type(check.kind, violation.key), index + 2


def found_by_row_check(check: RowCheck, frame: pl.DataFrame) -> Iterator[Place]:
    absent = tuple(name for name in check.columns if name not in frame.columns)
    if absent:
        absence = check.on_absent(absent)
        if isinstance(absence, Violation):
            yield validata_type(check.kind), 1
        if absence != "as-empty":
            return
        frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent)
    for index, (row, suspected) in enumerate(
        zip(frame.to_dicts(), frame.select(check.suspect).to_series(), strict=True)
    ):
        if suspected and check.judge(row) is not None and any(row.values()):
            yield validata_type(check.kind), index + 2


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"][6:] + "|" + case["schema"])
def test_checks_find_the_recorded_errors(case: dict[str, Any]) -> None:
    frame = read_columns(DATA / "corpus" / case["file"])
    descriptor = json.loads((DATA / "schemas" / case["schema"] / "schema.json").read_text("utf-8"))
    schema = parse_schema(descriptor).schema
    if frame is None or schema is None:
        return
    found: set[Place] = set()
    for custom in schema.custom_checks:
        try:
            check = build_check(custom, schema)
        except CheckDefinitionError:
            assert "check-error" in {error["type"] for error in case["errors"]}
            continue
        if isinstance(check, ValueCheck):
            found.update(found_by_value_check(check, frame))
        else:
            found.update(found_by_row_check(check, frame))
    recorded = {
        (error["type"], error["rowNumber"]) for error in case["errors"] if error["type"] in CHECK_TYPES
    }
    if case["stats"]["errors"] >= CAP:
        assert recorded <= found
    else:
        assert found == recorded
