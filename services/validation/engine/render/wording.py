"""The words and numbers that the forms share, and the order in which errors are best corrected."""

from __future__ import annotations

import re
from datetime import datetime

from services.validation.engine.messages import Language
from services.validation.engine.render.document import (
    EntryDocument,
    ExampleDocument,
    ReportDocument,
    SummaryDocument,
)

_NOUNS: dict[Language, dict[str, tuple[str, str]]] = {
    "fr": {
        "row": ("ligne", "lignes"),
        "column": ("colonne", "colonnes"),
        "error": ("erreur", "erreurs"),
        "warning": ("avertissement", "avertissements"),
        "file": ("fichier", "fichiers"),
    },
    "en": {
        "row": ("row", "rows"),
        "column": ("column", "columns"),
        "error": ("error", "errors"),
        "warning": ("warning", "warnings"),
        "file": ("file", "files"),
    },
}
_MONTHS: dict[Language, tuple[str, ...]] = {
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
# What stops the reading comes first, then what shifts columns, then what shifts cells: the rest may be a
# consequence of these.
_STOPPING = ("schema-error", "source-error", "encoding-error", "format-error")
_HEADER = (
    "unmatched-header",
    "missing-label",
    "blank-label",
    "duplicate-label",
    "incorrect-label",
    "extra-label",
)
_SHAPE = ("extra-cell", "missing-cell", "blank-row")
_LAST = ("check-error",)

_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)


def moment(written: str, language: Language) -> str:
    """A moment in ISO 8601 and UTC, as people write it, to the minute."""
    read = datetime.fromisoformat(written)
    day = "1er" if language == "fr" and read.day == 1 else str(read.day)
    return f"{day} {_MONTHS[language][read.month - 1]} {read.year}, {read:%H:%M} UTC"


def visible(text: str) -> str:
    """The text on one line, every invisible character that could deceive (controls, text direction) shown."""
    return _CONTROLS.sub(_shown, text)


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return "⏎" if code == 0x0A else chr(0x2400 + code)
    return "�" if code >= 0xD800 and code != 0xFEFF else f"⟨U+{code:04X}⟩"


def number(value: int, language: Language) -> str:
    """An integer with its thousands apart."""
    return f"{value:,}".replace(",", "\u202f") if language == "fr" else f"{value:,}"


def counted(value: int, noun: str, language: Language) -> str:
    """`3 errors`: a number and its noun, in the right form."""
    one, many = _NOUNS[language][noun]
    plural = value > 1 or (value == 0 and language == "en")
    return f"{number(value, language)} {many if plural else one}"


def row_of(entry: EntryDocument | ExampleDocument, language: Language) -> str:
    """`ligne 12` (with the physical line when it differs), or nothing."""
    row, line = entry["rowNumber"], entry["lineNumber"]
    if row is None:
        return ""
    text = f"{_NOUNS[language]['row'][0]} {number(row, language)}"
    if line is None or line == row:
        return text
    physical = "ligne physique" if language == "fr" else "physical line"
    return f"{text} ({physical} {number(line, language)})"


def said(entry: EntryDocument | ExampleDocument, language: Language) -> str:
    """The message, then the advice unless the message already says what to write."""
    message = entry["message"][language]
    advice = entry["advice"][language] if "advice" in entry else ""
    if not advice or ("fix" in entry and f"`{entry['fix']}`" in message):
        return message
    return f"{message} {advice}"


def kind_name(line: SummaryDocument) -> str:
    """The code of a kind, with its constraint: `constraint-error/pattern`."""
    return f"{line['type']}/{line['constraint']}" if line["constraint"] else line["type"]


def place_name(line: SummaryDocument, language: Language) -> str:
    """The column's name, its number when it has none, or that the error is about the file."""
    if line["fieldName"]:
        return visible(line["fieldName"])
    if line["fieldNumber"] is None:
        return "Fichier" if language == "fr" else "File"
    return f"{_NOUNS[language]['column'][0].capitalize()} {line['fieldNumber']}"


def by_importance(report: ReportDocument) -> list[SummaryDocument]:
    """The kinds of errors in the order in which to correct them: what hides or causes others, then the many."""
    return sorted(_folded(report["summary"]), key=lambda line: (_rank(line["type"]), -line["count"]))


def _folded(summary: list[SummaryDocument]) -> list[SummaryDocument]:
    """The summary with missing cells in one line: a short row lacks a cell in each of its last columns."""
    short = [line for line in summary if line["type"] == "missing-cell"]
    if len(short) < 2:
        return summary
    by_row = {example["rowNumber"]: example for line in reversed(short) for example in line["examples"]}
    examples = sorted(by_row.values(), key=lambda example: example["rowNumber"] or 0)[:5]
    folded: SummaryDocument = {
        **short[0],
        "fieldName": None,
        "fieldNumber": None,
        "count": sum(line["count"] for line in short),
        "rowNumbers": [example["rowNumber"] for example in examples if example["rowNumber"] is not None],
        "examples": examples,
    }
    return [folded, *(line for line in summary if line["type"] != "missing-cell")]


def _rank(code: str) -> int:
    groups = (_STOPPING, _HEADER, _SHAPE)
    for rank, group in enumerate(groups):
        if code in group:
            return rank
    return len(groups) + (code in _LAST)


def verdict(report: ReportDocument, language: Language) -> str:
    """`conforme` or `non conforme`; `non contrôlé` when there was no schema to hold the file against."""
    if "schema-error" in report["stats"]["byType"]:
        return "non contrôlé" if language == "fr" else "not validated"
    if language == "fr":
        return "conforme" if report["valid"] else "non conforme"
    return "valid" if report["valid"] else "not valid"


def schema_name(report: ReportDocument) -> str:
    """The schema's name and version, empty when it could not be read."""
    schema = report["schema"]
    return visible(f"{schema['name']} {schema['version']}".strip())
