"""Validating one file, or those of a package: what runs in the limited process, and what comes back from it."""

import gzip
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from services.validation.engine import ParsedSchema, Progress, Report

# How often the process that waits is told how far this one is.
TELL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Tally:
    """The outcome for one file, in numbers."""

    outcome: str
    rows: int
    errors: int
    warnings: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome; `report` is the JSON report compressed with gzip, `files` the outcome of each file of a package."""

    outcome: str
    rows: int
    errors: int
    warnings: int
    engine_version: str
    report: bytes
    files: tuple[Tally, ...] = ()


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A file of a package: its name as a resource, where it lies, what it is called, its schema (JSON)."""

    name: str
    path: str
    filename: str
    descriptor: bytes


Tell = Callable[[dict[str, int | None]], None]


def judge_file(
    path: str, filename: str, descriptor: bytes, options: Mapping[str, Any], report: Tell | None = None
) -> Verdict:
    """Validate the file at `path` against a schema descriptor (JSON).

    `options` are keyword arguments of the engine's `Options`; `report` is told how far it is. Runs in a process of its
    own: takes and returns only values that cross processes.
    """
    from services.validation.engine import Options, validate

    told = Options(label=filename, progress=_telling(report), **options)
    made = validate(Path(path), _schema(descriptor), told)
    tally = _tally(made)
    return Verdict(
        tally.outcome, tally.rows, tally.errors, tally.warnings, made.engine, _packed(made.to_dict())
    )


def judge_package(
    name: str, files: Sequence[PackageFile], options: Mapping[str, Any], report: Tell | None = None
) -> Verdict:
    """Validate files given together, each against its schema; their foreign keys lead from one to another.

    The report has a section for each file, in their order, which is its report as if it had been alone.
    """
    from services.validation.engine import Options, Reference, validate

    started = time.perf_counter()
    schemas = {file.name: _schema(file.descriptor) for file in files}
    references = {
        file.name: Reference(Path(file.path), schema)
        for file in files
        if (schema := schemas[file.name].schema) is not None
    }
    made = []
    before, total = [0, 0], sum(Path(file.path).stat().st_size for file in files)
    for file in files:
        told = Options(
            label=file.filename,
            references=references,
            progress=_telling(report, rows=before[0], read=before[1], total=total),
            **options,
        )
        made.append(validate(Path(file.path), schemas[file.name], told))
        before[0] += made[-1].table.rows
        before[1] += Path(file.path).stat().st_size
    tallies = tuple(_tally(one) for one in made)
    document = _package_report(name, files, made, time.perf_counter() - started)
    return Verdict(
        outcome="valid" if document["valid"] else "invalid",
        rows=sum(tally.rows for tally in tallies),
        errors=sum(tally.errors for tally in tallies),
        warnings=sum(tally.warnings for tally in tallies),
        engine_version=made[0].engine,
        report=_packed(document),
        files=tallies,
    )


@lru_cache(maxsize=16)
def _schema(descriptor: bytes) -> "ParsedSchema":
    """The schema written in a JSON document; the process stays, and the same schemas come again and again."""
    from services.validation.engine import schema_from_json

    return schema_from_json(descriptor)


def _package_report(
    name: str, files: Sequence[PackageFile], made: "Sequence[Report]", seconds: float
) -> dict[str, Any]:
    sections = [report.to_dict() for report in made]
    by_type: dict[str, int] = {}
    for report in made:
        for code, count in report.counts.items():
            by_type[code] = by_type.get(code, 0) + count
    return {
        "version": sections[0]["version"],
        "engine": made[0].engine,
        "date": made[-1].date,
        "seconds": round(seconds, 3),
        "valid": all(report.valid for report in made),
        "package": {"name": name},
        "stats": {
            "files": len(made),
            "rows": sum(report.table.rows for report in made),
            "errors": sum(report.error_count for report in made),
            "warnings": sum(report.warning_count for report in made),
            "byType": by_type,
        },
        "resources": [
            {"name": file.name, "report": section} for file, section in zip(files, sections, strict=True)
        ],
    }


def _tally(report: "Report") -> Tally:
    return Tally(
        outcome="valid" if report.valid else "invalid",
        rows=report.table.rows,
        errors=report.error_count,
        warnings=report.warning_count,
    )


def _packed(document: Mapping[str, Any]) -> bytes:
    return gzip.compress(orjson.dumps(document), 6)


def _telling(
    report: Tell | None, *, rows: int = 0, read: int = 0, total: int | None = None
) -> "Callable[[Progress], None] | None":
    """Return what the engine tells its progress to: `report`, now and then, with what earlier files add."""
    if report is None:
        return None
    last = time.monotonic()

    def tell(progress: "Progress") -> None:
        nonlocal last
        if (moment := time.monotonic()) - last < TELL_SECONDS:
            return
        last = moment
        whole = total if total is not None else progress.bytes_total
        report({"rows": rows + progress.rows, "bytes": read + progress.bytes_read, "bytes_total": whole})

    return tell
