"""The tabular validation engine: a pure library (no web, no database, no network).

    from services.validation.engine import Options, validate

    report = validate("subventions.csv", "scdl/subventions@2.1.1", Options(samples=100))
    report.valid, report.counts, report.to_dict()

`validate(source, schema, options=None) -> Report`: `source` is a path, bytes or a binary file object; `schema` a
`Schema`, a descriptor, the name of a bundled schema, or the path of a JSON file. It raises `Unreadable` when a
schema file cannot be read, `bundle.SchemaNotFound` for an unknown name, `Cancelled` when `options.cancelled()` said
so; everything else is in the report.

Names are imported when first used: the command line must start fast, and a schema can be read without polars.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.validation.engine.inspection import inspect_schema, lint_schema
    from services.validation.engine.messages import Finding, Message, Unreadable
    from services.validation.engine.options import Options, Progress, Reference
    from services.validation.engine.report import Entry, Report, SummaryLine
    from services.validation.engine.schema import (
        CustomCheck,
        Field,
        ForeignKey,
        ParsedSchema,
        Schema,
        parse_schema,
    )
    from services.validation.engine.text.stream import Cancelled
    from services.validation.engine.validation import resolve_schema, schema_from_json, validate

_HOMES = {
    "inspection": ("inspect_schema", "lint_schema"),
    "messages": ("Finding", "Message", "Unreadable"),
    "options": ("Options", "Progress", "Reference"),
    "report": ("Entry", "Report", "SummaryLine"),
    "schema": ("CustomCheck", "Field", "ForeignKey", "ParsedSchema", "Schema", "parse_schema"),
    "text.stream": ("Cancelled",),
    "validation": ("resolve_schema", "schema_from_json", "validate"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Cancelled",
    "CustomCheck",
    "Entry",
    "Field",
    "Finding",
    "ForeignKey",
    "Message",
    "Options",
    "ParsedSchema",
    "Progress",
    "Reference",
    "Report",
    "Schema",
    "SummaryLine",
    "Unreadable",
    "inspect_schema",
    "lint_schema",
    "parse_schema",
    "resolve_schema",
    "schema_from_json",
    "validate",
]


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)
