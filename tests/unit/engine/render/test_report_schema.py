"""The JSON report is what its JSON Schema says, whatever the way a validation ends."""

from __future__ import annotations

import copy
import json
from datetime import datetime
from pathlib import Path
from typing import Any, NotRequired, get_origin, get_type_hints

import jsonschema
import pytest

from services.validation.engine import Options, validate
from services.validation.engine.cells.judges import SUPPORTED
from services.validation.engine.render import FileReport, document, render
from services.validation.engine.render.document import (
    Bilingual,
    EntryDocument,
    ExampleDocument,
    ReportDocument,
    SchemaDocument,
    SourceDocument,
    StatsDocument,
    SummaryDocument,
)
from tests.unit.engine.render.made import MADE

FOLDER = Path(render.__code__.co_filename).parent
SCHEMA: dict[str, Any] = json.loads((FOLDER / "report.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", MADE)
def test_reports_follow_it(reports: dict[str, FileReport], name: str) -> None:
    report = reports[name].report
    VALIDATOR.validate(report)
    VALIDATOR.validate(json.loads("".join(render("json", [reports[name]]))))
    VALIDATOR.validate(json.loads("".join(render("ndjson", [reports[name]]))))
    assert report["valid"] == (name == "valid")
    assert sum(line["count"] for line in report["summary"]) == report["stats"]["errors"]
    assert sum(report["stats"]["byType"].values()) == report["stats"]["errors"]
    assert len(report["errors"]) == report["stats"]["errorsListed"]


def test_the_reports_tried_have_what_can_be_in_a_report(reports: dict[str, FileReport]) -> None:
    """Otherwise the test above shows little."""
    entries = [entry for item in reports.values() for entry in item.report["errors"]]
    codes = {entry["type"] for entry in entries}
    assert codes >= {
        "type-error",
        "constraint-error",
        "missing-cell",
        "extra-cell",
        "blank-row",
        "missing-label",
        "duplicate-label",
        "blank-label",
        "unmatched-header",
        "primary-key",
        "foreign-key",
        "unique-error",
        "source-error",
        "format-error",
        "schema-error",
        "check-error",
        "siret",
        "one-of-required",
    }
    members = {name for entry in entries for name in entry}
    assert members == set(SCHEMA["$defs"]["entry"]["properties"])


def test_it_is_closed(reports: dict[str, FileReport]) -> None:
    """Each object refuses a member that it does not name, so that a new one is documented when it appears."""
    sound = reports["invalid"].report
    for path in (
        [],
        ["source"],
        ["schema"],
        ["stats"],
        ["summary", 0],
        ["errors", 0],
        ["errors", 0, "title"],
    ):
        wrong: Any = copy.deepcopy(sound)
        place = wrong
        for step in path:
            place = place[step]
        place["unknown"] = 1
        assert not VALIDATOR.is_valid(wrong), path


def test_the_types_of_the_code_say_the_same() -> None:
    pairs = {
        "bilingual": Bilingual,
        "entry": EntryDocument,
        "example": ExampleDocument,
        "summaryLine": SummaryDocument,
        "source": SourceDocument,
        "schema": SchemaDocument,
        "stats": StatsDocument,
    }
    for name, kind in pairs.items():
        told = SCHEMA["$defs"][name]
        members = get_type_hints(kind, include_extras=True)
        assert set(told["properties"]) == set(members), name
        always = {member for member, type_ in members.items() if get_origin(type_) is not NotRequired}
        assert set(told["required"]) == always, name
    assert (
        set(SCHEMA["properties"]) - {"file"} == set(get_type_hints(ReportDocument)) == set(SCHEMA["required"])
    )


def test_constraint_names_are_those_that_can_be_judged() -> None:
    known = {name for names in SUPPORTED.values() for name in names} | {"required", "unique"}
    assert set(SCHEMA["$defs"]["constraintName"]["enum"]) == known


def test_a_date_time_is_one() -> None:
    report = document(validate(b"a\n1\n", {"fields": [{"name": "a"}]}, Options()))
    assert datetime.fromisoformat(report["date"]).utcoffset() is not None
