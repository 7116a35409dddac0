"""Random tables and schemas: the engine finds exactly what a plain record-by-record reading finds.

The oracle below follows the reference's semantics (csv.reader, one record after the other, one cell after the
other); it was itself compared with frictionless 5.21 on tens of thousands of these tables.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.validation.engine import Field, Options, Schema, inspect_schema, validate
from services.validation.engine.cells import CellError, judges_for, reader_for
from services.validation.engine.text import fast

Found = tuple[str, int, str, str]  # code, row, field, constraint

CELLS = [
    *("", "", "", "1", "2", "3", "-1", "01", "1.0", "1.50", "x", "é", "abc", "NA", " 1", "+2", "1e3", "12,5"),
    *("2024-01-31", "2024-02-29", "2023-02-29", "2024-2-1", "0000-01-01", "true", "1", "0", "False", "2024"),
    *("a\nb", "a\r\nb", 'say "x"', "a,b", "a;b", " ", "\t", "²", "٣", "abc\n", "NaN", "Infinity", "1_000"),
]
FIELDS: list[dict[str, Any]] = [
    {"type": "string"},
    {"type": "string", "constraints": {"required": True}},
    {"type": "string", "constraints": {"minLength": 2, "maxLength": 3}},
    {"type": "string", "constraints": {"pattern": "[a-z]+"}},
    {"type": "string", "constraints": {"pattern": r"^\d+$", "required": True}},
    {"type": "string", "constraints": {"enum": ["1", "x", "abc"]}},
    {"type": "string", "constraints": {"unique": True}},
    {"type": "string", "missingValues": ["NA", ""]},
    {"type": "string", "missingValues": ["NA"], "constraints": {"required": True}},
    {"type": "integer"},
    {"type": "integer", "constraints": {"minimum": 1, "maximum": 2}},
    {"type": "integer", "constraints": {"enum": ["1", "2"], "unique": True}},
    {"type": "number", "constraints": {"minimum": 1.5}},
    {"type": "number", "constraints": {"unique": True, "required": True}},
    {"type": "number", "decimalChar": ","},
    {"type": "date", "constraints": {"minimum": "2024-01-01"}},
    {"type": "date", "format": "%Y-%m-%d", "constraints": {"unique": True}},
    {"type": "boolean"},
    {"type": "year", "constraints": {"maximum": 2024}},
    {"type": "any", "constraints": {"enum": ["1", "2"]}},
]


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], list[list[str]], str]:
    """A descriptor, records (the first is the header) and the text of the file."""
    count = draw(st.integers(1, 4))
    names = [f"f{index}" for index in range(count)]
    fields = [{"name": name, **draw(st.sampled_from(FIELDS))} for name in names]
    descriptor: dict[str, Any] = {"fields": fields}
    if draw(st.booleans()):
        descriptor["primaryKey"] = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    header = draw(st.permutations([*names, *draw(st.sampled_from([[], ["other"]]))]))
    if draw(st.integers(0, 5)) == 0 and len(header) > 1:
        header = header[1:]
    vocabulary = draw(st.lists(st.sampled_from(CELLS), min_size=1, max_size=6))
    cell = st.sampled_from(vocabulary)
    regular = st.lists(cell, min_size=len(header), max_size=len(header))
    ragged = st.lists(cell, min_size=0, max_size=len(header) + 2)
    rows = draw(st.lists(st.one_of(regular, regular, regular, ragged), max_size=12))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=draw(st.sampled_from(["\n", "\r\n"])))
    writer.writerows([header, *rows])
    return descriptor, [list(header), *rows], out.getvalue()


class Oracle:
    """One record after the other, one cell after the other."""

    def __init__(self, schema: Schema, text: str) -> None:
        records = list(csv.reader(io.StringIO(text, newline="")))
        self.header, self.records = records[0], records[1:]
        known = {field.name: field for field in schema.fields}
        self.fields = [known.get(label) or Field(name=label) for label in self.header]
        self.schema = schema
        self.found: list[Found] = []
        self.seen: dict[str, set[object]] = {}

    def run(self) -> list[Found]:
        absent = [field for field in self.schema.fields if field.name not in self.header]
        for field in absent:
            if field.required or field.name in self.schema.primary_key:
                self.found.append(("missing-label", 1, field.name, ""))
        for row, cells in enumerate(self.records, start=2):
            self.record(row, cells)
        return self.found

    def record(self, row: int, cells: list[str]) -> None:
        found: list[Found] = []
        values: dict[str, object] = {}
        blank = True
        for index, field in enumerate(self.fields):
            text = cells[index] if index < len(cells) else None
            missing = text is None or text in field.missing_values
            blank = blank and missing
            values[field.name] = self.cell(row, field, None if missing else text, found)
        found += [("extra-cell", row, "", "") for _ in cells[len(self.fields) :]]
        found += [("missing-cell", row, field.name, "") for field in self.fields[len(cells) :]]
        self.found += [("blank-row", row, "", "")] if blank else found
        self.keys(row, values)

    def cell(self, row: int, field: Field, text: str | None, found: list[Found]) -> object:
        if text is None:
            if field.required:
                found.append(("constraint-error", row, field.name, "required"))
            return None
        try:
            value = reader_for(field)(text)
        except CellError:
            found.append(("type-error", row, field.name, ""))
            return None
        found += [
            ("constraint-error", row, field.name, judge.name)
            for judge in judges_for(field)
            if not judge.ok(value)
        ]
        return value

    def keys(self, row: int, values: dict[str, object]) -> None:
        for field in self.fields:
            if field.constraints.get("unique") and values[field.name] is not None:
                self.once(
                    f"unique {field.name}", values[field.name], ("unique-error", row, field.name, "unique")
                )
        key = self.schema.primary_key
        if key and all(name in values for name in key):
            parts = tuple(values[name] for name in key)
            error = ("primary-key", row, key[0], "")
            if set(parts) == {None}:
                self.found.append(error)
            else:
                self.once("key", parts, error)

    def once(self, space: str, value: object, error: Found) -> None:
        seen = self.seen.setdefault(space, set())
        if value in seen:
            self.found.append(error)
        seen.add(value)


def found_by_engine(schema: dict[str, Any], text: str) -> list[Found]:
    report = validate(text.encode(), schema, Options(samples=10_000, delimiter=","))
    assert report.error_count == len(report.errors)
    return [
        (entry.code, entry.row or 0, entry.field or "", entry.constraint or "") for entry in report.errors
    ]


def compare(descriptor: dict[str, Any], text: str) -> None:
    schema = inspect_schema(descriptor).schema
    assert schema is not None
    ours = Counter(error for error in found_by_engine(descriptor, text) if error[0] != "unmatched-header")
    assert ours == Counter(Oracle(schema, text).run())


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_same_errors_as_record_by_record(case: tuple[dict[str, Any], list[list[str]], str]) -> None:
    descriptor, _, text = case
    compare(descriptor, text)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases(), size=st.sampled_from([64, 200, 1000]))
def test_same_errors_wherever_blocks_end(
    case: tuple[dict[str, Any], list[list[str]], str], size: int
) -> None:
    descriptor, _, text = case
    text = text + "".join(text.splitlines(keepends=True)[1:]) * 5 if '"' not in text else text
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast, "CHUNK", size)
        compare(descriptor, text)
