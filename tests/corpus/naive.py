"""Validation written as plainly as can be: csv.reader, one exact reader a cell, sets of values for the keys.

It shares with the engine the reading of one cell and nothing else: no blocks, no expressions, no hashes.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from services.validation.engine import Field, Schema, parse_schema
from services.validation.engine.cells import CellError, judges_for, reader_for
from tests.corpus.agreement import Error, Errors, row_error

Record = tuple[int, list[str]]


@dataclass(frozen=True)
class Column:
    field: Field
    known: bool


def read(text: str, delimiter: str) -> Iterator[Record]:
    """(physical line on which it starts, cells) of every record."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    for cells in reader:
        yield line, cells
        line = reader.line_num + 1


def validate_naively(text: str, descriptor: dict[str, Any], delimiter: str) -> tuple[Errors, dict[int, int]]:
    """The errors, those on labels alone left out, and the physical line of each row."""
    schema = parse_schema(descriptor).schema
    assert schema is not None
    (_, header), *records = list(read(text, delimiter))
    columns = match([label.strip() for label in header], schema)
    errors: Errors = Counter(missing_labels(columns, schema))
    if not any(column.known for column in columns):
        errors[("unmatched-header", None, "", None)] += 1
    rows = [(number, cells) for number, (_, cells) in enumerate(records, start=2)]
    values = []
    for number, cells in rows:
        found, row_values = judge_row(number, cells, columns)
        errors.update(found)
        values.append(row_values)
    errors.update(judge_keys(values, columns, schema))
    return errors, {number: line for number, (line, _) in enumerate(records, start=2)}


def match(labels: Sequence[str], schema: Schema) -> list[Column]:
    taken: set[str] = set()
    columns = []
    for label in labels:
        field = schema.field(label) if label not in taken else None
        taken.add(label)
        columns.append(Column(field or Field(name=label), field is not None))
    return columns


def missing_labels(columns: list[Column], schema: Schema) -> Iterator[Error]:
    present = {column.field.name for column in columns if column.known}
    for field in schema.fields:
        if field.name not in present and (field.required or field.name in schema.primary_key):
            yield "missing-label", None, field.name, None


def judge_row(row: int, cells: list[str], columns: list[Column]) -> tuple[list[Error], list[Any]]:
    """The errors of one record but those of keys, and its values (None: missing, or of the wrong type)."""
    values: list[Any] = []
    errors: list[Error] = []
    for number, column in enumerate(columns, start=1):
        absent = number > len(cells)
        if absent:
            errors.append(("missing-cell", row, column.field.name, number))
        codes, value = judge_cell(None if absent else cells[number - 1], column.field)
        errors += [(code, row, column.field.name, number) for code in codes]
        values.append(value)
    for number, _ in enumerate(cells[len(columns) :], start=len(columns) + 1):
        errors.append(("extra-cell", row, "", number))
    if all(
        number >= len(cells) or cells[number] in column.field.missing_values
        for number, column in enumerate(columns)
    ):
        return [("blank-row", row, "", None)], values
    return errors, values


def judge_cell(text: str | None, field: Field) -> tuple[list[str], Any]:
    if text is None or text in field.missing_values:
        return ["constraint-error"] if field.required else [], None
    try:
        value = reader_for(field)(text)
    except CellError:
        return ["type-error"], None
    return ["constraint-error" for judge in judges_for(field) if not judge.ok(value)], value


def judge_keys(rows: list[list[Any]], columns: list[Column], schema: Schema) -> Iterator[Error]:
    where = {column.field.name: index for index, column in enumerate(columns) if column.known}

    def keys(names: Sequence[str]) -> list[tuple[Any, ...]]:
        """The key of each row; none at all when the file lacks a column of it."""
        if not all(name in where for name in names):
            return []
        return [tuple(values[where[name]] for name in names) for values in rows]

    for name, index in where.items():
        if columns[index].field.constraints.get("unique") is True:
            for row in repeats(keys([name])):
                yield "unique-error", row, name, index + 1
    primary = keys(schema.primary_key) if schema.primary_key else []
    for row in repeats(primary):
        yield row_error("primary-key", row)
    for row, key in enumerate(primary, start=2):
        if is_empty(key):
            yield row_error("primary-key", row)
    for foreign in schema.foreign_keys:
        targets = keys(foreign.reference_fields)
        for row, key in enumerate(keys(foreign.fields), start=2):
            if not is_empty(key) and key not in targets:
                yield row_error("foreign-key", row)


def is_empty(key: tuple[Any, ...]) -> bool:
    return all(part is None for part in key)


def repeats(keys: list[tuple[Any, ...]]) -> Iterator[int]:
    """Rows whose key was seen before; wholly empty keys are no keys."""
    seen: list[tuple[Any, ...]] = []
    for row, key in enumerate(keys, start=2):
        if not is_empty(key):
            if key in seen:
                yield row
            seen.append(key)
