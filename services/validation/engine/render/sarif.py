"""Reports as SARIF 2.1.0, for code hosts that show findings beside the lines of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePath
from urllib.parse import quote, urlsplit

import orjson

from services.validation.engine.messages import Language
from services.validation.engine.render.document import (
    EntryDocument,
    FileReport,
    ReportDocument,
    SummaryDocument,
    could_run,
    unlisted,
)
from services.validation.engine.render.wording import counted, said

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
Json = dict[str, object]
_LESS: dict[Language, str] = {
    "fr": "{} de plus, non détaillées.",
    "en": "{} more, not detailed.",
}


def render(reports: Iterable[FileReport], language: Language = "fr") -> Iterator[str]:
    """One run with a result for each error or warning, in one language.

    When a report lists only the first errors of a kind, one more result stands for the others, their number
    in `occurrenceCount`.
    """
    run = _Run(language)
    for item in reports:
        run.add(item)
    yield orjson.dumps(run.log(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


class _Run:
    """A run in the making."""

    def __init__(self, language: Language) -> None:
        self._language: Language = language
        self._rules: dict[str, Json] = {}
        self._rule_index: dict[str, int] = {}
        self._artifacts: list[Json] = []
        self._results: list[Json] = []
        self._ran = True
        self._engine = ""

    def add(self, item: FileReport) -> None:
        report = item.report
        self._engine = report["engine"]
        self._ran = self._ran and could_run(report)
        artifact: Json = {"location": {"uri": file_uri(item.file)}, "roles": ["analysisTarget"]}
        if report["source"]["bytes"] is not None:
            artifact["length"] = report["source"]["bytes"]
        if report["source"]["encoding"]:
            artifact["encoding"] = report["source"]["encoding"]
        self._artifacts.append(artifact)
        for entry in report["errors"]:
            self._results.append(self._entry(item, entry, "error"))
        for line, left in unlisted(report):
            self._results.append(self._rest(item, line, left))
        for entry in report["warnings"]:
            self._results.append(self._entry(item, entry, "warning"))

    def log(self) -> Json:
        name, _, version = self._engine.partition(" ")
        driver: Json = {"name": name or "socle", "rules": list(self._rules.values())}
        if version:
            driver["version"] = version
        run: Json = {
            "tool": {"driver": driver},
            "language": self._language,
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": self._ran}],
            "artifacts": self._artifacts,
            "results": self._results,
        }
        return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}

    def _entry(self, item: FileReport, entry: EntryDocument, level: str) -> Json:
        constraint = entry.get("constraint")
        rule = f"{entry['type']}/{constraint['name']}" if constraint else entry["type"]
        line = entry["lineNumber"] or (
            item.report["source"]["headerLine"] if entry["rowNumber"] == 1 else None
        )
        properties = {
            name: value
            for name, value in (
                ("key", entry["key"]),
                ("row", entry["rowNumber"]),
                ("fieldNumber", entry["fieldNumber"]),
                ("cell", entry["cell"]),
                ("fix", entry.get("fix")),
            )
            if value is not None
        }
        return {
            "ruleId": rule,
            "ruleIndex": self._rule(rule, entry["title"][self._language], level),
            "level": level,
            "message": {"text": said(entry, self._language)},
            "locations": [self._location(item.report, line, entry["fieldName"])],
            "properties": properties,
        }

    def _rest(self, item: FileReport, line: SummaryDocument, left: int) -> Json:
        rule = f"{line['type']}/{line['constraint']}" if line["constraint"] else line["type"]
        title = line["title"][self._language]
        more = _LESS[self._language].format(counted(left, "error", self._language))
        return {
            "ruleId": rule,
            "ruleIndex": self._rule(rule, title, "error"),
            "level": "error",
            "message": {"text": f"{title} : {more}" if self._language == "fr" else f"{title}: {more}"},
            "locations": [self._location(item.report, None, line["fieldName"])],
            "occurrenceCount": left,
        }

    def _rule(self, name: str, title: str, level: str) -> int:
        if name not in self._rules:
            self._rule_index[name] = len(self._rules)
            self._rules[name] = {
                "id": name,
                "shortDescription": {"text": title},
                "defaultConfiguration": {"level": level},
            }
        return self._rule_index[name]

    def _location(self, report: ReportDocument, line: int | None, field: str | None) -> Json:
        """The place in the last artifact; without a line, the file as a whole."""
        place = {"index": len(self._artifacts) - 1, **_uri_of(self._artifacts[-1])}
        physical: Json = {"artifactLocation": place}
        if line is not None:
            physical["region"] = {"startLine": line}
        location: Json = {"physicalLocation": physical}
        if field is not None:
            location["logicalLocations"] = [{"name": field, "kind": "member"}]
        return location


def _uri_of(artifact: Json) -> dict[str, object]:
    location = artifact["location"]
    assert isinstance(location, dict)
    return location


def file_uri(file: str) -> str:
    """The path or address of a file as a URI reference; a relative path stays relative."""
    if urlsplit(file).scheme in ("http", "https"):
        return quote(file, safe="/:?#[]@!$&'()*+,;=%~")
    path = PurePath(file)
    uri = quote(path.as_posix(), safe="/~")
    return f"file://{uri}" if path.is_absolute() else uri
