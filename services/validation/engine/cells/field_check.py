"""What is wrong or doubtful in a field's type, format, options, constraints and example, before any cell is read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any

from services.validation.engine.cells.errors import CellError, CellTooCostly
from services.validation.engine.cells.judges import SUPPORTED, as_length, judges_for
from services.validation.engine.cells.patterns import PatternError, check_pattern
from services.validation.engine.cells.readers import cell_type, item_field, reader_for
from services.validation.engine.cells.structures import LIST_ITEM_TYPES
from services.validation.engine.messages import Finding, Level
from services.validation.engine.schema import FIELD_TYPES, Field

MOST_ENUM_VALUES = 100_000
_FORMATS: Mapping[str, tuple[str, ...]] = {
    "string": ("default", "uri", "email", "uuid", "binary", "wkt"),
    "geopoint": ("default", "array", "object"),
    "geojson": ("default", "topojson"),
}
_FLAGS = ("bareNumber", "floatNumber")
_CHARACTERS = ("decimalChar", "groupChar")
_DIRECTIVE = re.compile(r"%[-]?(.)?")
_DIRECTIVES = frozenset("aAwdbBmyYHIpMSfzZjUWcxX%GuV")


def check_field(field: Field) -> list[Finding]:
    """Findings on the field's definition, in the order of its descriptor; none means it can be validated with.

    Errors (`schema-error`) make the schema unusable; warnings (an example that does not conform, an enum value that
    the type refuses, a date format without any directive, bounds that exclude everything) do not. `params["path"]`
    is relative to the field.
    """
    return [
        *_type_findings(field),
        *_constraint_findings(field),
        *_contradictions(field),
        *_example_findings(field),
    ]


def _finding(field: Field, key: str, path: str, level: Level = "error", **params: object) -> Finding:
    return Finding(
        "schema-error",
        f"schema-{key}",
        {"name": field.name, "type": field.type, "path": path, **params},
        level=level,
        field=field.name,
    )


def _type_findings(field: Field) -> Iterator[Finding]:
    formats = _FORMATS.get(field.type)
    if formats is not None and field.format not in formats:
        yield _finding(field, "format-unknown", "/format", format=field.format, known=list(formats))
    if field.type in ("date", "datetime", "time"):
        yield from _date_format_findings(field)
    if field.type in ("integer", "number"):
        yield from _number_option_findings(field)
    if field.type == "boolean":
        for key in ("trueValues", "falseValues"):
            value = field.options.get(key)
            if value is not None and not _is_list_of_texts(value):
                yield _finding(field, "option-texts", f"/{key}", option=key)
    if field.type == "list":
        yield from _list_option_findings(field)
    if field.type == "array":
        yield from _item_findings(field)


def _date_format_findings(field: Field) -> Iterator[Finding]:
    pattern = field.format.removeprefix("fmt:")
    if pattern in ("default", "any"):
        return
    directives = [match[1] for match in _DIRECTIVE.finditer(pattern)]
    if not directives or any(name not in _DIRECTIVES for name in directives):
        yield _finding(field, "date-format", "/format", level="warning", format=field.format)
        return
    try:
        sample = dt.datetime(2024, 3, 12, 10, 30, tzinfo=dt.UTC).strftime(pattern)
        dt.datetime.strptime(sample, pattern)  # noqa: DTZ007
    except (ValueError, re.error):
        yield _finding(field, "date-format", "/format", level="warning", format=field.format)


def _number_option_findings(field: Field) -> Iterator[Finding]:
    for key in _FLAGS:
        if not isinstance(field.options.get(key, True), bool):
            yield _finding(field, "option-flag", f"/{key}", option=key)
    for key in _CHARACTERS:
        value = field.options.get(key, ".")
        if not isinstance(value, str) or (key == "decimalChar" and not value):
            yield _finding(field, "option-text", f"/{key}", option=key)


def _list_option_findings(field: Field) -> Iterator[Finding]:
    delimiter = field.options.get("delimiter", ",")
    if not isinstance(delimiter, str) or not delimiter:
        yield _finding(field, "option-text", "/delimiter", option="delimiter")
    if field.options.get("itemType", "string") not in LIST_ITEM_TYPES:
        yield _finding(field, "item-type", "/itemType", known=list(LIST_ITEM_TYPES))


def _item_findings(field: Field) -> Iterator[Finding]:
    described = field.options.get("arrayItem")
    if described is not None and not isinstance(described, Mapping):
        yield _finding(field, "option-object", "/arrayItem", option="arrayItem")
    item = item_field(field)
    if item is None:
        return
    if item.type not in FIELD_TYPES:
        yield _finding(field, "item-type", "/arrayItem/type", known=sorted(FIELD_TYPES))
        return
    for finding in check_field(item):
        params = {**finding.params, "path": f"/arrayItem{finding.params['path']}"}
        yield Finding(finding.code, finding.key, params, level=finding.level, field=field.name)


def _constraint_findings(field: Field) -> Iterator[Finding]:
    supported = ("required", "unique", *SUPPORTED.get(field.type, ()))
    for name, limit in field.constraints.items():
        path = f"/constraints/{name}"
        if name not in supported:
            yield _finding(field, "constraint-unsupported", path, constraint=name, known=list(supported))
        elif name in ("required", "unique"):
            if not isinstance(limit, bool):
                yield _finding(field, "constraint-flag", path, constraint=name, value=limit)
        elif name in ("minLength", "maxLength"):
            if as_length(limit) is None:
                yield _finding(field, "constraint-length", path, constraint=name, value=limit)
        elif name == "pattern":
            yield from _pattern_findings(field, limit, path)
        elif name == "enum":
            yield from _enum_findings(field, limit, path)
        elif limit is not None and cell_type(field).read(limit) is None:
            yield _finding(field, "constraint-bound", path, constraint=name, value=limit)


def _contradictions(field: Field) -> Iterator[Finding]:
    for low, high in (("minLength", "maxLength"), ("minimum", "maximum")):
        if not {low, high} <= field.constraints.keys():
            continue
        read = as_length if low == "minLength" else cell_type(field).read
        least, most = (read(field.constraints[name]) for name in (low, high))
        if least is not None and most is not None and _exceeds(least, most):
            values = {"constraint": low, "value": least, "opposite": high, "value2": most}
            yield _finding(field, "bounds-crossed", f"/constraints/{low}", level="warning", **values)


def _exceeds(least: Any, most: Any) -> bool:
    try:
        return bool(least > most)
    except TypeError:
        # Values that do not compare: a type without an order, or an hour with its zone beside one without.
        return False


def _pattern_findings(field: Field, limit: object, path: str) -> Iterator[Finding]:
    if not isinstance(limit, str):
        yield _finding(field, "constraint-text", path, constraint="pattern", value=limit)
        return
    try:
        check_pattern(limit)
    except PatternError as error:
        yield _finding(field, error.key, path, "error", **error.params)


def _enum_findings(field: Field, limit: object, path: str) -> Iterator[Finding]:
    if not isinstance(limit, list) or len(limit) > MOST_ENUM_VALUES:
        yield _finding(field, "constraint-enum", path, constraint="enum", limit=MOST_ENUM_VALUES)
        return
    read = cell_type(field).read
    refused = [value for value in limit if read(value) is None]
    if refused:
        yield _finding(
            field, "enum-values", path, level="warning", values=[str(value) for value in refused[:5]]
        )


def _example_findings(field: Field) -> Iterator[Finding]:
    if field.example in (None, "") or isinstance(field.example, dict | list | bool):
        return
    text = str(field.example)
    try:
        value = reader_for(field)(text)
        refused = any(not judge.ok(value) for judge in judges_for(field))
    except (CellError, CellTooCostly):
        refused = True
    if refused:
        yield _finding(field, "example", "/example", level="warning", example=text)


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)
