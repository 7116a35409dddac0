"""Each form of a report, read back by what reads that form."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import Any

import pytest

from services.validation.engine import Options, validate
from services.validation.engine.messages import Language
from services.validation.engine.render import FORMS, FileReport, document, render
from services.validation.engine.render.csv import COLUMNS
from services.validation.engine.render.sarif import file_uri
from services.validation.engine.render.text import render as render_text
from services.validation.engine.render.wording import by_importance, moment, visible
from tests.unit.engine.render.made import HOSTILE, MADE

INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def whole(form: str, *items: FileReport, language: Language = "fr") -> str:
    return "".join(render(form, items, language))


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_takes_every_report(reports: dict[str, FileReport], form: str, language: Language) -> None:
    for item in reports.values():
        text = whole(form, item, language=language)
        assert text.endswith("\n")
        if form not in ("json", "ndjson", "validata", "validata-lines", "sarif", "csv"):
            assert not INVISIBLE.search(text), (
                "a file must not reach the terminal or the page with its controls"
            )
    assert whole(form, *reports.values(), language=language)


# --- CSV


def test_csv_has_one_row_an_error_and_exact_numbers(reports: dict[str, FileReport]) -> None:
    for item in reports.values():
        rows = rows_of(whole("csv", item))
        errors = [row for row in rows if row["level"] == "error"]
        assert sum(int(row["count"]) for row in errors) == item.report["stats"]["errors"]
        assert len([row for row in errors if row["key"]]) == item.report["stats"]["errorsListed"]
        assert len(rows) - len(errors) == item.report["stats"]["warnings"]
    capped = rows_of(whole("csv", reports["capped"]))
    rest = [row for row in capped if row["level"] == "error"][-1]
    assert (rest["count"], rest["row"], rest["type"]) == ("194", "", "type-error")
    assert "194" in rest["message"]


def test_csv_never_holds_a_formula(reports: dict[str, FileReport]) -> None:
    text = whole("csv", *reports.values())
    cells = [cell for row in rows_of(text) for cell in row.values()]
    assert '\'=HYPERLINK("http://x")' in cells
    assert "'@SUM(1)" in cells
    assert "+33123456789" in cells, "a plain number stays as it is"
    assert "-1" in cells
    for cell in cells:
        assert not re.match(r"\s*[=@＝＋－＠]|\s*[+-](?![0-9]+$)", cell), cell
    assert next(csv.reader(io.StringIO(text))) == list(COLUMNS)


# --- JUnit


def test_junit_counts_and_escapes(reports: dict[str, FileReport]) -> None:
    root = ET.fromstring(whole("junit", *reports.values()))
    suites = {suite.attrib["name"]: suite for suite in root}
    for item in reports.values():
        suite = suites[item.file]
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases)
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.attrib[attribute]) == len(suite.findall(f"testcase/{tag}"))
        broken = suite.findall("testcase/failure") + suite.findall("testcase/error")
        assert len(broken) == len(item.report["summary"])
        assert cases, "a file without any case would not show"
        names = [case.attrib["name"] for case in cases]
        assert len(set(names)) == len(names)
    assert suites["dossier/valid.csv"].find("testcase[@name='a']") is not None
    assert suites["dossier/unreadable.csv"].find("testcase/error") is not None
    unknown = suites["dossier/unmatched.csv"].findall("testcase[skipped]")
    assert [case.attrib["name"] for case in unknown] == ["x", "y"]


# --- SARIF


def test_sarif_is_coherent(reports: dict[str, FileReport]) -> None:
    log = json.loads(whole("sarif", *reports.values(), language="en"))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert run["language"] == "en"
    counted: dict[int, int] = {}
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        (location,) = result["locations"]
        place = location["physicalLocation"]["artifactLocation"]
        assert run["artifacts"][place["index"]]["location"]["uri"] == place["uri"]
        assert location["physicalLocation"].get("region", {"startLine": 1})["startLine"] >= 1
        if result["level"] == "error":
            counted[place["index"]] = counted.get(place["index"], 0) + result.get("occurrenceCount", 1)
    for index, item in enumerate(reports.values()):
        assert counted.get(index, 0) == item.report["stats"]["errors"]
    assert run["invocations"] == [{"executionSuccessful": False}]
    alone = json.loads(whole("sarif", reports["invalid"]))["runs"][0]
    assert alone["invocations"] == [{"executionSuccessful": True}]


def test_sarif_shows_the_physical_line(reports: dict[str, FileReport]) -> None:
    results = json.loads(whole("sarif", reports["invalid"]))["runs"][0]["results"]
    after_break = [result for result in results if result.get("properties", {}).get("row") == 6]
    assert {result["locations"][0]["physicalLocation"]["region"]["startLine"] for result in after_break} == {
        7
    }


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("a b/é:#.csv", "a%20b/%C3%A9%3A%23.csv"),
        ("/tmp/a%.csv", "file:///tmp/a%25.csv"),
        ("https://exemple.fr/a b.csv?x=1", "https://exemple.fr/a%20b.csv?x=1"),
    ],
)
def test_a_file_as_uri(file: str, uri: str) -> None:
    assert file_uri(file) == uri


# --- HTML


class _Page(HTMLParser):
    """Checks nesting, and gathers tags, ids and links."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        values = dict(attrs)
        self.ids += [str(values["id"])] if "id" in values else []
        self.links += [str(values["href"])] if "href" in values else []
        assert not any(name.startswith("on") or name in ("src", "style") for name in values), values
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_html_is_whole_inert_and_says_everything(reports: dict[str, FileReport]) -> None:
    text = whole("html", *reports.values())
    page = _Page()
    page.feed(text)
    page.close()
    assert not page.open
    assert not page.tags & {"script", "img", "iframe", "link", "object", "form", "base"}
    assert len(set(page.ids)) == len(page.ids)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert '<html lang="fr">' in text
    words = "".join(page.words)
    assert visible(HOSTILE) in words
    for item in reports.values():
        for line in item.report["summary"]:
            assert line["title"]["fr"] in words
    assert "… et 190 de plus" in words or "… et 194 de plus" in words


def test_html_in_english(reports: dict[str, FileReport]) -> None:
    text = whole("html", reports["invalid"], language="en")
    assert '<html lang="en">' in text
    assert "What to correct" in text
    assert "Ce qu'il faut" not in text


def test_a_moment_as_people_write_it() -> None:
    assert moment("2026-12-01T07:05:09+00:00", "fr") == "1er décembre 2026, 07:05 UTC"
    assert moment("2026-12-01T07:05:09+00:00", "en") == "1 December 2026, 07:05 UTC"


# --- text


def test_text_says_what_to_correct_first(reports: dict[str, FileReport]) -> None:
    text = whole("text", reports["invalid"])
    assert text.startswith("✗ dossier/invalid.csv : non conforme\n")
    positions = [text.index(f"[{code}]") for code in ("missing-label", "missing-cell", "type-error")]
    assert positions == sorted(positions)
    assert "ligne 6 (ligne physique 7)" in text
    assert text.count("écrivez `2024-03-12`") == 1, "the advice does not repeat the message"


def test_text_colours_only_when_asked(reports: dict[str, FileReport]) -> None:
    assert "\x1b" not in whole("text", *reports.values())
    coloured = "".join(render_text([reports["invalid"]], "fr", colour=True))
    assert coloured.startswith("\x1b[31m✗")
    plain = re.sub("\x1b\\[[0-9]+m", "", coloured)
    assert plain == whole("text", reports["invalid"])


def test_text_ends_with_the_total_of_several(reports: dict[str, FileReport]) -> None:
    text = whole("text", reports["valid"], reports["invalid"], language="en")
    assert text.endswith("\n2 files: 1 valid, 1 not valid\n")


def test_a_short_row_is_told_once() -> None:
    schema = {"fields": [{"name": name} for name in "abcdefgh"]}
    report = document(validate(b"a,b,c,d,e,f,g,h\n1\n2\n", schema, Options()))
    (line,) = by_importance(report)
    assert line["count"] == report["stats"]["errors"] == 14
    assert line["rowNumbers"] == [2, 3]
    assert "« b »" in line["examples"][0]["message"]["fr"]


# --- Validata


def test_validata_gives_the_record_of_an_error_about_a_record(reports: dict[str, FileReport]) -> None:
    errors = json.loads(whole("validata", reports["invalid"]))["report"]["errors"]
    cells = {(error["type"], error["rowNumber"]): error["cells"] for error in errors if "cells" in error}
    assert cells["primary-key", 3][:3] == ["1", "12/03/2024", "-1"]
    assert cells["missing-cell", 6] == ["4"]
    assert cells["extra-cell", 5][-2:] == ["en trop", "@SUM(1)"]
    assert cells["foreign-key", 3][4] == "c"
    assert cells["one-of-required", 8] == ["5", "2024-03-12", "5", "", "", "x", "é", ""]
    assert "type-error" not in {kind for kind, _ in cells}


def test_validata_shape(reports: dict[str, FileReport]) -> None:
    found: dict[str, Any] = json.loads(whole("validata", reports["invalid"]))
    assert list(found) == ["schema", "url", "options", "version", "date", "report"]
    assert found["schema"] == "essai@1.2.0"
    report = found["report"]
    assert set(report) == {"valid", "stats", "warnings", "errors"}
    assert set(report["stats"]) == {"errors", "warnings", "seconds", "fields", "rows", "rows_processed"}
    assert all(isinstance(warning, str) for warning in report["warnings"])
    by_type: dict[str, dict[str, Any]] = {}
    for error in report["errors"]:
        by_type.setdefault(error["type"], error)
    told = {
        code: (error["tags"], sorted(set(error) - {"title", "message", "type", "tags"}))
        for code, error in by_type.items()
    }
    cell = ["cell", "fieldName", "fieldNumber", "rowNumber"]
    assert told["type-error"] == (["#table", "#row", "#cell"], cell)
    assert told["constraint-error"] == (["#table", "#row", "#cell"], cell)
    both = sorted([*cell, "cells"])
    assert told["missing-cell"] == (["#table", "#row", "#cell"], both)
    assert told["extra-cell"] == (["#table", "#row", "#cell"], both)
    assert told["blank-row"] == (["#table", "#row"], ["cells", "rowNumber"])
    assert told["missing-label"] == (["#table", "#header", "#label"], ["fieldName", "fieldNumber"])
    assert told["custom-check-error"] == (["#body", "#table", "#row", "#cell"], cell)
    assert by_type["missing-cell"]["cell"] == ""
    assert by_type["extra-cell"]["fieldName"] == ""
    assert by_type["one-of-required"]["cell"] is None


def test_lines_are_one_a_file(reports: dict[str, FileReport]) -> None:
    items = [reports["valid"], reports["invalid"]]
    for form in ("ndjson", "validata-lines"):
        found = [json.loads(line) for line in whole(form, *items).splitlines()]
        assert [one["file"] for one in found] == [item.file for item in items]
    listed = json.loads(whole("json", *items))
    assert [one["file"] for one in listed] == [item.file for item in items]
    assert "file" not in json.loads(whole("json", items[0]))


def test_reports_are_asked_for_one_at_a_time(reports: dict[str, FileReport]) -> None:
    """A folder of many files is not held in memory by the forms that can be written as they come."""
    for form in ("text", "ndjson", "csv", "junit", "html", "validata-lines", "json"):
        taken: list[str] = []

        def coming(taken: list[str] = taken) -> Any:
            for name in ("valid", "invalid", "capped"):
                taken.append(name)
                yield reports[name]

        pieces = render(form, coming())
        seen = 0
        for piece in pieces:
            if "dossier/valid" in piece:
                seen = len(taken)
                break
        assert seen < 3, form


def test_the_forms_tried_are_all_there_is() -> None:
    assert set(MADE) >= {"valid", "invalid", "schema-error", "unreadable"}
    assert all(form.media_type and form.extension for form in FORMS.values())
