"""Validating one file: what runs in the limited process, and what comes back from it."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
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
    from services.validation.engine import Options, validate

    report = validate(Path(path), descriptor, Options(label=filename, **options))
    return Verdict(
        outcome="valid" if report.valid else "invalid",
        rows=report.table.rows,
        errors=report.error_count,
        warnings=report.warning_count,
        engine_version=report.engine,
        report=gzip.compress(orjson.dumps(report.to_dict()), 6),
    )
