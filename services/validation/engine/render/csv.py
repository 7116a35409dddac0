"""Errors as CSV, one a row, safe to open in a spreadsheet; the column `count` adds up to the exact numbers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

from services.validation.engine.messages import Language
from services.validation.engine.render.document import (
    EntryDocument,
    FileReport,
    SummaryDocument,
    unlisted,
)
from services.validation.engine.render.wording import number

COLUMNS = (
    "file",
    "level",
    "row",
    "line",
    "field_number",
    "field",
    "type",
    "constraint",
    "key",
    "count",
    "cell",
    "title",
    "message",
    "fix",
    "advice",
)
_NOT_LISTED: dict[Language, str] = {
    "fr": "{} autres erreurs de ce genre ne sont pas détaillées.",
    "en": "{} more errors of this kind are not detailed.",
}
# What a spreadsheet takes for a formula, full-width forms included; a plain number is none.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r]")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?\Z")

Row = dict[str, object]


def render(reports: Iterable[FileReport], language: Language = "fr") -> Iterator[str]:
    """The heading, then one row an error or warning (RFC 4180: comma, CRLF).

    When a report lists only the first errors of a kind, one more row, without row number, has the number of
    the others in `count`.
    """
    yield _line({name: name for name in COLUMNS})
    for item in reports:
        for row in _rows(item, language):
            yield _line({"file": item.file, **row})


def _rows(item: FileReport, language: Language) -> Iterator[Row]:
    report = item.report
    for level, entries in (("error", report["errors"]), ("warning", report["warnings"])):
        for entry in entries:
            yield {"level": level, **_entry(entry, language)}
    for line, left in unlisted(report):
        yield {"level": "error", **_rest(line, left, language)}


def _entry(entry: EntryDocument, language: Language) -> Row:
    constraint = entry.get("constraint")
    return {
        "row": entry["rowNumber"],
        "line": entry["lineNumber"],
        "field_number": entry["fieldNumber"],
        "field": entry["fieldName"],
        "type": entry["type"],
        "constraint": constraint["name"] if constraint else None,
        "key": entry["key"],
        "count": 1,
        "cell": entry["cell"],
        "title": entry["title"][language],
        "message": entry["message"][language],
        "fix": entry.get("fix"),
        "advice": entry["advice"][language] if "advice" in entry else None,
    }


def _rest(line: SummaryDocument, left: int, language: Language) -> Row:
    return {
        "field_number": line["fieldNumber"],
        "field": line["fieldName"],
        "type": line["type"],
        "constraint": line["constraint"],
        "count": left,
        "title": line["title"][language],
        "message": _NOT_LISTED[language].format(number(left, language)),
    }


def _line(row: Row) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([_safe(row.get(name)) for name in COLUMNS])
    return written.getvalue()


def _safe(value: object) -> object:
    """The value, a text that a spreadsheet would run as a formula behind an apostrophe."""
    if not isinstance(value, str):
        return value
    return f"'{value}" if _FORMULA.match(value) and not _NUMBER.match(value) else value
