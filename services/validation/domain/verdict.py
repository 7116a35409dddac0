"""Validating one file: what runs in the limited process, and what comes back from it."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome for one file; `report` is the JSON report compressed with gzip."""

    outcome: str
    rows: int
    errors: int
    warnings: int
    engine_version: str
    report: bytes


def judge_file(
    path: str, filename: str, descriptor: Mapping[str, Any], options: Mapping[str, Any]
) -> Verdict:
    """Validate the file at `path` against a schema descriptor.

    `options` are keyword arguments of the engine's `Options`. Runs in a process of its own: takes and
    returns only values that cross processes.
    """
    from services.validation.engine import ENGINE_VERSION, Options, parse_schema, validate

    report = validate(path, parse_schema(descriptor), Options(filename=filename, **options))
    document = report.to_dict()
    counts = document["stats"]
    return Verdict(
        outcome="valid" if report.valid else "invalid",
        rows=counts["rows"],
        errors=counts["errors"],
        warnings=counts["warnings"],
        engine_version=ENGINE_VERSION,
        report=gzip.compress(orjson.dumps(document), 6),
    )
