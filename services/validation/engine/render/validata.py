"""Reports in the shape that Validata answers with, for the clients written for it; the wording is Socle's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson

from services.validation.engine.messages import Language
from services.validation.engine.render.document import EntryDocument, FileReport, ReportDocument
from services.validation.engine.render.wording import said

Json = dict[str, object]
_LABEL = ("missing-label", "blank-label", "duplicate-label", "incorrect-label", "extra-label")
_ROW = ("blank-row", "primary-key", "foreign-key")
_CELL = ("type-error", "constraint-error", "unique-error", "missing-cell", "extra-cell")
_UNTAGGED = ("schema-error", "source-error", "encoding-error", "format-error")


def render(reports: Iterable[FileReport], language: Language = "fr") -> Iterator[str]:
    """The answer for a file, indented; when there are several, a list of them, each with its `file`."""
    answers = [(item.file, answer(item, language)) for item in reports]
    several = [{"file": file, **found} for file, found in answers]
    shown: object = answers[0][1] if len(answers) == 1 else several
    yield orjson.dumps(shown, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def render_lines(reports: Iterable[FileReport], language: Language = "fr") -> Iterator[str]:
    """One answer a line, each with its `file`."""
    for item in reports:
        body = {"file": item.file, **answer(item, language)}
        yield orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE).decode()


def answer(item: FileReport, language: Language) -> Json:
    """The whole answer; `schema` is the name or address that was asked for, else that of the report."""
    report = item.report
    known = "@".join(part for part in (report["schema"]["name"], report["schema"]["version"]) if part)
    return {
        "schema": item.schema or known,
        "url": item.file,
        "options": {"ignore_header_case": False, "include_resource_data": False, **item.options},
        "version": report["engine"],
        "date": report["date"],
        "report": inner_report(report, language),
    }


def inner_report(report: ReportDocument, language: Language) -> Json:
    """The member `report`: the verdict, its numbers, warnings as sentences, errors with their tags."""
    stats = report["stats"]
    return {
        "valid": report["valid"],
        "stats": {
            "errors": stats["errors"],
            "warnings": stats["warnings"],
            "seconds": report["seconds"],
            "fields": stats["fields"],
            "rows": stats["rows"],
            "rows_processed": stats["rows"],
        },
        "warnings": [said(warning, language) for warning in report["warnings"]],
        "errors": [_error(entry, report, language) for entry in report["errors"]],
    }


def _error(entry: EntryDocument, report: ReportDocument, language: Language) -> Json:
    code = type_of(entry)
    error: Json = {
        "title": entry["title"][language],
        "message": said(entry, language),
        "type": code,
        "tags": tags_of(entry),
    }
    if entry["type"] not in _LABEL and entry["rowNumber"] is not None:
        error["rowNumber"] = entry["rowNumber"]
    name = "" if entry["type"] == "extra-cell" else entry["fieldName"]
    if entry["type"] not in _ROW and name is not None:
        error["fieldName"] = name
        error["fieldNumber"] = entry["fieldNumber"]
        if "#cell" in tags_of(entry):
            error["cell"] = _cell(entry)
    if "cells" in entry:
        error["cells"] = entry["cells"]
    elif entry["type"] == "blank-row":
        error["cells"] = [""] * len(report["source"]["header"])
    return error


def _cell(entry: EntryDocument) -> str | None:
    """The cell: a missing one is the empty text, except under a check, where it is null."""
    if "#body" in tags_of(entry):
        return entry["cell"] or None
    return entry["cell"] or ""


def type_of(entry: EntryDocument) -> str:
    """The type under which Validata's clients know an error."""
    code = entry["type"]
    if code in (*_LABEL, *_ROW, *_CELL, *_UNTAGGED, "check-error", "unmatched-header"):
        return code
    from services.validation.engine.checks.registry import validata_type

    return validata_type(code, entry["key"])


def tags_of(entry: EntryDocument) -> list[str]:
    """The tags of an error, as frictionless and Validata give them by type."""
    code = entry["type"]
    if code in _UNTAGGED:
        return []
    if code == "check-error":
        return ["#structure"]
    if code == "unmatched-header":
        return ["#table", "#header"]
    if code in _LABEL:
        return ["#table", "#header", "#label"]
    if code in _ROW:
        return ["#table", "#row"]
    if code in _CELL:
        return ["#table", "#row", "#cell"]
    if entry["rowNumber"] in (None, 1):
        return ["#body", "#table", "#header"]
    return ["#body", "#table", "#row", *(["#cell"] if entry["fieldName"] is not None else [])]
