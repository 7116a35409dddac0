"""The JSON report, as typed members: what every other form is made from (docs/reference/report.schema.json).

A stored report is rendered years after it was made: the forms read this document and nothing of the engine
that made it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NotRequired, TypedDict, cast

if TYPE_CHECKING:
    from services.validation.engine.report import Report


class Bilingual(TypedDict):
    """One text in both languages."""

    fr: str
    en: str


class Constraint(TypedDict):
    """The constraint that a value breaks."""

    name: str
    limit: object


class EntryDocument(TypedDict):
    """One error or warning."""

    type: str
    key: str
    title: Bilingual
    message: Bilingual
    rowNumber: int | None
    lineNumber: int | None
    fieldName: str | None
    fieldNumber: int | None
    cell: str | None
    cellTruncated: NotRequired[bool]
    cells: NotRequired[list[str]]
    constraint: NotRequired[Constraint]
    fix: NotRequired[str]
    advice: NotRequired[Bilingual]


class ExampleDocument(TypedDict):
    """One of the first errors of a kind."""

    rowNumber: int | None
    lineNumber: int | None
    cell: str | None
    cellTruncated: NotRequired[bool]
    message: Bilingual
    fix: NotRequired[str]
    advice: NotRequired[Bilingual]


class SummaryDocument(TypedDict):
    """The errors of one kind in one column: their exact number and the first five."""

    type: str
    constraint: str | None
    fieldName: str | None
    fieldNumber: int | None
    count: int
    title: Bilingual
    rowNumbers: list[int]
    examples: list[ExampleDocument]


class SourceDocument(TypedDict):
    """The file that was read."""

    name: str
    format: str
    encoding: str | None
    delimiter: str | None
    bytes: int | None
    header: list[str]
    headerLine: int


class SchemaDocument(TypedDict):
    """The schema the file was held against."""

    name: str
    title: str
    version: str


class StatsDocument(TypedDict):
    """Exact numbers; only `errorsListed` is about the sample."""

    rows: int
    fields: int
    errors: int
    warnings: int
    errorsListed: int
    byType: dict[str, int]


class RenamedDocument(TypedDict):
    """A column taken for a field of another spelling."""

    column: str
    field: str


class FitDocument(TypedDict):
    """A schema that the header is like."""

    schema: str
    score: float
    matched: int
    fields: int
    missing: NotRequired[list[str]]
    renamed: NotRequired[list[RenamedDocument]]


class ReportDocument(TypedDict):
    """A whole report."""

    version: str
    engine: str
    date: str
    seconds: float
    valid: bool
    source: SourceDocument
    schema: SchemaDocument
    stats: StatsDocument
    summary: list[SummaryDocument]
    errors: list[EntryDocument]
    warnings: list[EntryDocument]
    fits: list[FitDocument]


@dataclass(frozen=True, slots=True)
class FileReport:
    """A report and the path or address of its file, as the person who asked wrote it.

    `schema` and `options` are what was asked for, where the form repeats it.
    """

    file: str
    report: ReportDocument
    schema: str = ""
    options: Mapping[str, object] = field(default_factory=dict)


def document(report: Report) -> ReportDocument:
    """The JSON document of a report that was just made."""
    return cast(ReportDocument, report.to_dict())


def could_run(report: ReportDocument) -> bool:
    """False when the schema or the source stopped the validation before any row was read."""
    return "schema-error" not in report["stats"]["byType"] and bool(report["source"]["header"])


def kind_of(entry: EntryDocument | SummaryDocument) -> tuple[str, str | None, int | None, str | None]:
    """What the exact counts are kept by: type, constraint, column number and name."""
    constraint = entry.get("constraint")
    name = constraint["name"] if isinstance(constraint, dict) else constraint
    return entry["type"], name, entry["fieldNumber"], entry["fieldName"]


def unlisted(report: ReportDocument) -> list[tuple[SummaryDocument, int]]:
    """The kinds with more errors than the report lists, and how many are not listed."""
    listed: dict[tuple[str, str | None, int | None], int] = {}
    for entry in report["errors"]:
        kind = kind_of(entry)[:3]
        listed[kind] = listed.get(kind, 0) + 1
    left = ((line, line["count"] - listed.get(kind_of(line)[:3], 0)) for line in report["summary"])
    return [(line, number) for line, number in left if number > 0]
