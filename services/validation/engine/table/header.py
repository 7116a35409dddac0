"""The header against the schema: which column holds which field, and what is missing, doubled or misspelt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.validation.engine.labels import plain
from services.validation.engine.messages import Finding
from services.validation.engine.schema import Field, Schema

_NO_OTHER_COLUMN = ("exact", "equal", "superset")
_EVERY_COLUMN = ("exact", "equal", "subset")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file. `number` counts from 1; `known` is false when the schema has no such field."""

    number: int
    label: str
    field: Field
    known: bool

    @property
    def index(self) -> int:
        return self.number - 1


@dataclass(frozen=True, slots=True)
class MatchedHeader:
    """The columns of a file in its order, what was found on the way, and whether any label is a field's."""

    columns: tuple[Column, ...]
    findings: tuple[Finding, ...]
    matched: bool


def match_header(labels: Sequence[str], schema: Schema, *, ignore_case: bool = False) -> MatchedHeader:
    """Pair labels with fields by name.

    A column may be absent, extra or elsewhere than in the schema, unless it says otherwise (`fieldsMatch`).
    """

    def key(name: str) -> str:
        return name.lower() if ignore_case else name

    fields: dict[str, Field] = {}
    for field in schema.fields:
        fields.setdefault(key(field.name), field)
    columns: list[Column] = []
    taken: set[str] = set()
    for number, label in enumerate(labels, start=1):
        wanted = fields.get(key(label))
        if wanted is None or wanted.name in taken:
            columns.append(Column(number, label, Field(name=label), known=False))
        else:
            columns.append(Column(number, label, wanted, known=True))
            taken.add(wanted.name)
    findings = [
        *_blank_and_duplicate(labels, key),
        *_absent(labels, schema, taken),
        *_extra(columns, schema, taken),
        *_disorder(columns, schema),
    ]
    return MatchedHeader(tuple(columns), tuple(findings), bool(taken))


def _blank_and_duplicate(labels: Sequence[str], key: object) -> Iterator[Finding]:
    assert callable(key)
    first: dict[str, int] = {}
    for number, label in enumerate(labels, start=1):
        if not label:
            yield Finding(
                "blank-label", "blank-label", {"number": number}, row=1, field="", field_number=number
            )
        elif key(label) in first:
            params = {"label": label, "number": number, "first": first[key(label)]}
            yield Finding(
                "duplicate-label",
                "duplicate-label",
                params,
                row=1,
                field=label,
                field_number=number,
                cell=label,
            )
        first.setdefault(key(label), number)


def _absent(labels: Sequence[str], schema: Schema, taken: set[str]) -> Iterator[Finding]:
    """Fields without a column: an error when required, in the primary key or wanted by the schema, else a warning."""
    spelt = {plain(label): label for label in labels if label}
    number = len(labels)
    for field in schema.fields:
        if field.name in taken:
            continue
        look = spelt.get(plain(field.name))
        near = look if look is not None and look not in taken else None
        params = {"name": field.name, "near": near or "", "title": field.title}
        required = field.required or field.name in schema.primary_key
        if required or schema.fields_match in _EVERY_COLUMN:
            number += 1
            key = "missing-label-near" if near else "missing-label" if required else "missing-label-wanted"
            yield Finding("missing-label", key, params, row=1, field=field.name, field_number=number)
        else:
            key = "absent-label-near" if near else "absent-label"
            yield Finding("absent-label", key, params, "warning", row=1, field=field.name)


def _extra(columns: Sequence[Column], schema: Schema, taken: set[str]) -> Iterator[Finding]:
    refused = schema.fields_match in _NO_OTHER_COLUMN
    absent = {plain(field.name) for field in schema.fields if field.name not in taken}
    for column in columns:
        if column.known or not column.label or column.label in taken:
            continue
        if not refused and plain(column.label) in absent:
            continue  # told with the field that it is like
        params = {"label": column.label, "number": column.number}
        yield Finding(
            "extra-label",
            "extra-label-refused" if refused else "extra-label",
            params,
            "error" if refused else "warning",
            row=1,
            field=column.label,
            field_number=column.number,
        )


def _disorder(columns: Sequence[Column], schema: Schema) -> Iterator[Finding]:
    present = [column.field.name for column in columns if column.known]
    known = set(present)
    wanted = [field.name for field in schema.fields if field.name in known]
    if present == wanted:
        return
    if schema.fields_match == "exact":
        yield from _misplaced(columns, wanted)
    else:
        moved = next(name for name, expected in zip(present, wanted, strict=True) if name != expected)
        params = {"name": moved, "wanted": wanted}
        yield Finding("disordered-labels", "disordered-labels", params, "warning", row=1)


def _misplaced(columns: Sequence[Column], wanted: Sequence[str]) -> Iterator[Finding]:
    for column, name in zip((column for column in columns if column.known), wanted, strict=True):
        if column.field.name != name:
            params = {"number": column.number, "label": column.label, "name": name}
            yield Finding(
                "incorrect-label", "incorrect-label", params, row=1, field=name, field_number=column.number
            )
