"""What is compared between the reference and us: codes, rows, fields; never words."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from typing import Any

from services.validation.engine import Options, Report, validate
from tests.corpus.tables import Case

# (code, row, field, column number). Keys are told on a row.
Error = tuple[str, int | None, str, int | None]
Errors = Counter[Error]
_ROW_CODES = frozenset(["primary-key", "foreign-key", "blank-row"])
_HEADER_CODES = frozenset(["blank-label", "duplicate-label"])
EVERYTHING = Options(samples=1_000_000, max_errors=1_000_000)


def ours(case: Case, options: Options | None = None) -> Errors:
    """Every error we find, those on labels alone left out (see `for_the_reference`)."""
    asked = Options(samples=1_000_000, max_errors=1_000_000, delimiter=case.delimiter, encoding=case.encoding)
    return errors_of(validate(case.data, case.schema, options or asked))


def errors_of(report: Report) -> Errors:
    assert report.error_count == len(report.errors)
    return Counter(
        _error(entry.code, entry.row, entry.field, entry.field_number)
        for entry in report.errors
        if entry.code not in _HEADER_CODES
    )


def theirs(answer: Sequence[Sequence[Any]], case: Case) -> Errors:
    """The errors of the reference on `for_the_reference(case)`, as the service gives them."""
    labels = [label.strip() for label in header_of(case)]
    found: Errors = Counter()
    for code, row, field, number, *_ in answer:
        if field and field == f"unknown {number}":
            field = labels[number - 1]
        found[_error(code, row, field, number)] += 1
    return found


def header_of(case: Case) -> list[str]:
    """The labels as they are written."""
    text = io.StringIO(case.data.decode(case.encoding), newline="")
    return next(csv.reader(text, delimiter=case.delimiter), [])


def row_error(code: str, row: int) -> Error:
    """An error told on a row as a whole."""
    return code, row, "", None


def _error(code: str, row: int | None, field: str | None, number: int | None) -> Error:
    if code == "missing-label" or code == "unmatched-header":
        return code, None, field or "", None
    if code in _ROW_CODES:
        return code, row, "", None
    return code, row, field or "", number


def for_the_reference(case: Case) -> Case:
    """The same table with blank and repeated labels replaced by new ones.

    The reference refuses the whole file for a repeated label. A column under such a label is one that the
    schema does not know, so that under another unknown name every other error stays.
    """
    text = case.data.decode(case.encoding)
    records = csv.reader(io.StringIO(text, newline=""), delimiter=case.delimiter)
    labels = next(records, [])
    seen: set[str] = set()
    renamed = []
    for number, label in enumerate(labels, start=1):
        plain = label.strip()
        renamed.append(f"unknown {number}" if not plain or plain in seen else label)
        seen.add(plain)
    if renamed == labels:
        return case
    lines = io.StringIO(text, newline="").readlines()
    taken = records.line_num
    end = "\r\n" if lines[0].endswith("\r\n") else lines[0][-1:] if lines[0][-1:] in "\r\n" else ""
    head = case.delimiter.join('"' + label.replace('"', '""') + '"' for label in renamed)
    return Case(
        case.schema,
        (head + end + "".join(lines[taken:])).encode(case.encoding),
        case.encoding,
        case.delimiter,
    )
