"""Reports as JUnit XML, for the test pages of GitLab, Jenkins and the like: a suite a file, a case a column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from services.validation.engine.messages import Language
from services.validation.engine.render.document import (
    ExampleDocument,
    FileReport,
    ReportDocument,
    SummaryDocument,
    could_run,
)
from services.validation.engine.render.wording import (
    counted,
    kind_name,
    place_name,
    row_of,
    said,
    schema_name,
    visible,
)

_UNKNOWN: dict[Language, str] = {
    "fr": "Cette colonne n'est pas dans le schéma : elle n'est pas contrôlée.",
    "en": "This column is not in the schema: it is not checked.",
}


def render(reports: Iterable[FileReport], language: Language = "fr") -> Iterator[str]:
    """A suite a file; in it one failure for each kind of error in a column, and the sound columns passed."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="socle">\n'
    for item in reports:
        yield from _suite(item, language)
    yield "</testsuites>\n"


def _suite(item: FileReport, language: Language) -> Iterator[str]:
    report = item.report
    failing = [_failure(item, line, language) for line in report["summary"]]
    sound, unknown = _other_columns(report)
    ran = could_run(report)
    attributes = {
        "name": item.file,
        "tests": str(len(failing) + len(sound) + len(unknown) + ran),
        "failures": str(len(failing) if ran else 0),
        "errors": str(0 if ran else len(failing)),
        "skipped": str(len(unknown)),
        "time": f"{report['seconds']:.3f}",
        "timestamp": report["date"][:19],
    }
    yield f"  <testsuite{_attributes(attributes)}>\n"
    yield from failing
    read = {"fr": "Lecture", "en": "Reading"}[language]
    for name in ([read] if ran else []) + sound:
        yield f"    <testcase{_attributes(_case(item, name))}/>\n"
    for name in unknown:
        skipped = f"<skipped message={quoteattr(_UNKNOWN[language])}/>"
        yield f"    <testcase{_attributes(_case(item, name))}>{skipped}</testcase>\n"
    yield f"    <system-out>{escape(_output(report, language))}</system-out>\n  </testsuite>\n"


def _failure(item: FileReport, line: SummaryDocument, language: Language) -> str:
    tag = "failure" if could_run(item.report) else "error"
    number = line["fieldNumber"]
    place = place_name(line, language)
    if number is not None and item.report["source"]["header"].count(line["fieldName"] or "") > 1:
        place = f"{place} ({number})"
    name = f"{place} — {kind_name(line)}"
    message = f"{line['title'][language]} ({counted(line['count'], 'error', language)})"
    told = {"type": kind_name(line), "message": message}
    examples = "\n".join(_example(example, language) for example in line["examples"])
    left = line["count"] - len(line["examples"])
    more = f"\n… + {left}" if left else ""
    return (
        f"    <testcase{_attributes(_case(item, name))}>\n"
        f"      <{tag}{_attributes(told)}>{escape(examples + more)}</{tag}>\n    </testcase>\n"
    )


def _example(example: ExampleDocument, language: Language) -> str:
    row = row_of(example, language)
    colon = " : " if language == "fr" else ": "
    return f"{row}{colon if row else ''}{visible(said(example, language))}"


def _other_columns(report: ReportDocument) -> tuple[list[str], list[str]]:
    """The columns of the file without error: those checked, and those that the schema does not know."""
    failed = {line["fieldNumber"] for line in report["summary"]}
    extra = {warning["fieldNumber"] for warning in report["warnings"] if warning["type"] == "extra-label"}
    sound: list[str] = []
    unknown: list[str] = []
    header = report["source"]["header"]
    for place, name in enumerate(header, 1):
        if place not in failed:
            shown = name if name and header.count(name) == 1 else f"{name} ({place})"
            (unknown if place in extra else sound).append(shown)
    return sound, unknown


def _case(item: FileReport, name: str) -> dict[str, str]:
    return {"classname": item.file, "name": name, "file": item.file}


def _output(report: ReportDocument, language: Language) -> str:
    rows = counted(report["stats"]["rows"], "row", language)
    lines = [f"{report['engine']} — {schema_name(report)} — {rows}"]
    lines += [f"! {visible(said(warning, language))}" for warning in report["warnings"]]
    return "\n".join(lines)


def _attributes(values: dict[str, str]) -> str:
    return "".join(f" {name}={quoteattr(visible(value))}" for name, value in values.items())
