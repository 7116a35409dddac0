"""A report for a person at a terminal: the verdict, then what to do, column by column."""

from __future__ import annotations

from collections.abc import Iterator

from services.validation.engine.messages import Language
from services.validation.engine.report import Entry, Report, SummaryLine

_WORDS = {
    "fr": {
        "valid": "conforme",
        "invalid": "non conforme",
        "rows": "lignes",
        "row": "ligne",
        "errors": "erreurs",
        "error": "erreur",
        "warnings": "avertissements",
        "warning": "avertissement",
        "table": "Fichier",
        "more": "et {} autres",
    },
    "en": {
        "valid": "valid",
        "invalid": "not valid",
        "rows": "rows",
        "row": "row",
        "errors": "errors",
        "error": "error",
        "warnings": "warnings",
        "warning": "warning",
        "table": "File",
        "more": "and {} more",
    },
}


def render_text(report: Report, language: Language = "fr", *, colour: bool = False) -> str:
    """The report as lines of text, ending in a newline."""
    return "\n".join(_lines(report, language, colour)) + "\n"


def _lines(report: Report, language: Language, colour: bool) -> Iterator[str]:
    words = _WORDS[language]
    verdict = words["valid" if report.valid else "invalid"]
    mark = "✓" if report.valid else "✗"
    shade = "\x1b[32m" if report.valid else "\x1b[31m"
    head = (
        f"{mark} {report.table.label} : {verdict}"
        if language == "fr"
        else f"{mark} {report.table.label}: {verdict}"
    )
    counts = [
        _counted(report.table.rows, "row", language),
        _counted(report.error_count, "error", language),
        _counted(report.warning_count, "warning", language),
    ]
    against = (
        f" [{report.schema.name} {report.schema.version}]".replace(" ]", "]") if report.schema.name else ""
    )
    yield f"{shade}{head}\x1b[0m" if colour else head
    yield f"  {', '.join(counts)}{against}"
    for line in report.summary:
        yield from _group(line, language)
    for warning in report.warnings:
        yield f"  ! {_said(warning, language)}"


def _group(line: SummaryLine, language: Language) -> Iterator[str]:
    words = _WORDS[language]
    where = line.field or words["table"]
    kind = f"{line.code}/{line.constraint}" if line.constraint else line.code
    yield f"  • {where} — {kind} × {line.count}"
    for entry in line.examples:
        yield f"      {_where(entry, language)}{_said(entry, language)}"
    if line.count > len(line.examples):
        yield f"      … {words['more'].format(_number(line.count - len(line.examples), language))}"


def _where(entry: Entry, language: Language) -> str:
    if entry.row is None:
        return ""
    colon = " : " if language == "fr" else ": "
    line = f" (l. {entry.line})" if entry.line is not None and entry.line != entry.row else ""
    return f"{_WORDS[language]['row']} {entry.row}{line}{colon}"


def _said(entry: Entry, language: Language) -> str:
    wording = entry.wording(language)
    return f"{wording.text} {wording.fix}".strip().replace("\n", "⏎")


def _counted(number: int, noun: str, language: Language) -> str:
    plural = number > 1 or (number == 0 and language == "en")
    return f"{_number(number, language)} {_WORDS[language][noun + 's' if plural else noun]}"


def _number(number: int, language: Language) -> str:
    return f"{number:,}".replace(",", "\u202f") if language == "fr" else f"{number:,}"
