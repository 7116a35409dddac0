"""Readers, judges, fixes and findings of fields, beyond the recorded cases."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from string import Formatter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.validation.engine.cells import (
    CellError,
    CellTooCostly,
    check_field,
    judges_for,
    linear_pattern,
    reader_for,
)
from services.validation.engine.cells.messages import MESSAGES
from services.validation.engine.cells.patterns import matcher_for
from services.validation.engine.schema import FIELD_TYPES, Field


def field(
    type_: str, format_: str = "default", constraints: Mapping[str, Any] | None = None, **options: Any
) -> Field:
    return Field("colonne", type_, format_, constraints=constraints or {}, options=options)


def errors(subject: Field, text: str) -> list[str]:
    try:
        value = reader_for(subject)(text)
    except CellError as error:
        return [error.key.removesuffix("-fix")]
    return [judge.name for judge in judges_for(subject) if not judge.ok(value)]


VALID = [
    (field("integer"), [" +5 ", "1_000", "٣٤", "-0"]),
    (field("integer", bareNumber=False), ["€ 12 kg", "-5%", "n° 7"]),
    (field("number"), ["1e3", " 4 ", "NaN", "-Infinity", "1_000", ".5", "5.", "1e999999"]),
    (field("number", decimalChar=",", groupChar=" "), ["1 234,5", "12"]),
    (field("boolean"), ["true", "True", "TRUE", "1", "false", "0"]),
    (field("boolean", trueValues=["oui"], falseValues=["non"]), ["oui", "non"]),
    (field("date"), ["2020-1-5", "2024-02-29"]),
    (field("date", "any"), ["12 May 2024", "05/12/24", "10:00 XYZ"]),
    (field("date", "fmt:%d/%m/%Y"), ["12/03/2024"]),
    (field("datetime"), ["2024-03-12T10:30:00", "2024-03-12 10:30:00.5+02:00", "2024-03-12T10:30:00Z"]),
    (field("time"), ["10:30:00", "10:30:00Z"]),
    (field("year"), ["2024", " 202", "0000"]),
    (field("yearmonth"), ["2024-03", "2024-3"]),
    (field("duration"), ["P1Y2M10DT2H30M", "-PT5S", "P3W", "P0003-06-04T12:30:05"]),
    (field("geopoint"), ["2.35,48.85", "-180, 90"]),
    (field("geopoint", "array"), ["[2.35, 48.85]"]),
    (field("geopoint", "object"), ['{"lon": 2, "lat": "48"}']),
    (
        field("geojson"),
        ['{"type": "Point", "coordinates": [2, 48, 35]}', '{"type": "FeatureCollection", "features": []}'],
    ),
    (field("geojson", "topojson"), ['{"type": "Topology", "objects": {}, "arcs": []}']),
    (field("object"), ["{}"]),
    (field("array"), ["[1, null]"]),
    (field("list"), ["a,b", "a"]),
    (field("list", itemType="integer", delimiter=";"), ["1;2"]),
    (field("any"), ["tout"]),
    (field("string", "uri"), ["https://exemple.fr/é", "urn:x"]),
    (field("string", "email"), ["mairie@exemple.fr", "jean.dupont@café.fr", '"a..b"@exemple.fr']),
    (field("string", "uuid"), ["2bc1c94f-0deb-43e9-92a1-4775189ec9f8", "2bc1c94f0deb43e992a14775189ec9f8"]),
    (field("string", "binary"), ["YWJj"]),
    (
        field("string", "wkt"),
        ["POINT (2.35 48.85)", "GEOMETRYCOLLECTION(POINT EMPTY, LINESTRING Z (1 2 3, 4 5 6))"],
    ),
]
REFUSED = [
    (field("integer"), ["5.0", "1 000", "", "9" * 5000, "0x10", "1__0"]),
    (field("number"), ["1,5", "1 000", "0x1", "€"]),
    (field("number", decimalChar=","), ["1.5"]),
    (field("boolean"), ["oui", " true", "tRue"]),
    (field("date"), ["12/03/2024", "2024-02-30", "2024-03-12 ", "20240312", "0000-05-07"]),
    (field("date", "any"), ["pas une date", "1" * 100_000]),
    (field("date", "JJ/MM/AAAA"), ["12/03/2024"]),
    (field("datetime"), ["2024-03-12", "2024-03-12T10:30", "2024-03-12T25:30:00"]),
    (field("time"), ["10:30", "10h30", "25:00:00"]),
    (field("year"), ["24", "20240", "abcd"]),
    (field("yearmonth"), ["2024-13", "03/2024", "2024"]),
    (field("duration"), ["1 an", "P", "P1H"]),
    (field("geopoint"), ["2.35", "181,0", "0,91", "NaN,0", "1e99999999999999999999,1", "[2, 48]"]),
    (field("geopoint", "array"), ['"12"', "[1]", "[true, {}]"]),
    (field("geojson"), ['{"type": "Point"}', "[]", '{"type": ["Point"], "coordinates": [1, 2]}']),
    (field("geojson"), ["[" * 100_000, '{"a":' * 100_000]),
    (field("object"), ["[]", "{", "null"]),
    (field("array"), ["{}", "[" * 100_000]),
    (field("array", arrayItem={"type": "integer"}), ['["x"]']),
    (field("list", itemType="integer"), ["1,x", "1,"]),
    (field("string", "uri"), ["www.exemple.fr", "1a:x"]),
    (
        field("string", "email"),
        ["a", "a@b", "a@@b.fr", "a b@exemple.fr", "a@-b.fr", "a@b.f1", "x" * 65 + "@b.fr"],
    ),
    (field("string", "uuid"), ["2bc1c94f"]),
    (field("string", "binary"), ["YWJ"]),
    (field("string", "wkt"), ["POINT(1)", "point(1 2)", "POINT(1 2) x", "GEOMETRYCOLLECTION(" * 10_000]),
]


@pytest.mark.parametrize(("subject", "texts"), VALID)
def test_accepted(subject: Field, texts: list[str]) -> None:
    assert {text: errors(subject, text) for text in texts} == {text: [] for text in texts}


@pytest.mark.parametrize(("subject", "texts"), REFUSED)
def test_refused_by_type(subject: Field, texts: list[str]) -> None:
    for text in texts:
        (key,) = errors(subject, text)
        assert key.startswith("type-")


@pytest.mark.parametrize(
    ("subject", "text", "fix"),
    [
        (field("date"), "12/03/2024", "2024-03-12"),
        (field("date"), "1er août 2023", "2023-08-01"),
        (field("date"), "2024-03-12 00:00:00", "2024-03-12"),
        (field("date"), " 2024-03-12", "2024-03-12"),
        (field("date", "%d/%m/%Y"), "2024-03-12", "12/03/2024"),
        (field("date"), "31/02/2024", None),
        (field("date"), "12/03/24", None),
        (field("date"), "2024-03-12 10:00:00", None),
        (field("datetime"), "12/03/2024 10h30", "2024-03-12T10:30:00"),
        (field("time"), "9h05", "09:05:00"),
        (field("year"), "2024.0", "2024"),
        (field("yearmonth"), "03/2024", "2024-03"),
        (field("number"), "12,5", "12.5"),
        (field("number"), "1 234,50 €", "1234.50"),
        (field("number"), "1.234,56", "1234.56"),
        (field("number"), "1,234", None),
        (field("number"), "45 %", None),
        (field("number", decimalChar=","), "12.5", "12,5"),
        (field("integer"), "5,00", "5"),
        (field("integer"), "5,5", None),
        (field("integer"), "12 000", "12000"),
        (field("boolean"), "Oui", "true"),
        (field("boolean", trueValues=["vrai"], falseValues=["faux"]), "NON", "faux"),
        (field("boolean"), "peut-être", None),
        (field("string", "email"), " mailto:mairie@exemple.fr", "mairie@exemple.fr"),
        (field("geopoint"), "[2.35, 48.85]", "2.35,48.85"),
        (field("geopoint"), "48.85", None),
    ],
)
def test_fix_proposed(subject: Field, text: str, fix: str | None) -> None:
    with pytest.raises(CellError) as caught:
        reader_for(subject)(text)
    assert caught.value.fix == fix
    assert caught.value.key.endswith("-fix") == (fix is not None)


@settings(deadline=None)
@given(st.text(max_size=30), st.sampled_from(sorted(FIELD_TYPES)))
def test_any_text_is_read_or_refused_and_a_fix_is_always_valid(text: str, type_: str) -> None:
    subject = field(type_)
    try:
        reader_for(subject)(text)
    except CellError as error:
        if error.fix is not None:
            reader_for(subject)(error.fix)


@pytest.mark.parametrize(
    ("type_", "constraints", "text", "expected"),
    [
        ("integer", {"minimum": "10", "maximum": 20}, "5", ["minimum"]),
        ("integer", {"exclusiveMinimum": 5, "enum": [1, "7"]}, "5", ["exclusiveMinimum", "enum"]),
        ("number", {"minimum": 0}, "NaN", ["minimum"]),
        ("number", {"minimum": 0, "enum": [1]}, "sNaN", ["minimum", "enum"]),
        ("number", {"enum": [0.1]}, "0.10", []),
        ("date", {"minimum": "2020-01-01"}, "2019-12-31", ["minimum"]),
        ("datetime", {"minimum": "2020-01-01T00:00:00"}, "2019-12-31T23:00:00Z", ["minimum"]),
        ("datetime", {"minimum": "2020-01-01T00:00:00Z"}, "2020-01-01T00:00:00", []),
        ("duration", {"enum": ["P1Y"]}, "P12M", []),
        ("string", {"minLength": 3, "maxLength": 2.0}, "é", ["minLength"]),
        ("array", {"maxLength": 1}, "[1, 2]", ["maxLength"]),
        ("list", {"minLength": 2}, "a", ["minLength"]),
        ("object", {"enum": [{"a": 1}]}, '{"a": 2}', ["enum"]),
        ("string", {"pattern": r"\d{5}"}, "75056", []),
        ("string", {"pattern": r"\d{5}"}, "750561", ["pattern"]),
        ("string", {"pattern": "^a|b$"}, "axx", []),
        ("boolean", {"enum": ["true"]}, "0", ["enum"]),
    ],
)
def test_constraints(type_: str, constraints: dict[str, Any], text: str, expected: list[str]) -> None:
    assert errors(field(type_, constraints=constraints), text) == expected


def test_constraints_of_array_items() -> None:
    subject = field("array", arrayItem={"type": "integer", "constraints": {"minimum": 2, "required": True}})
    assert errors(subject, "[2, 3]") == []
    assert errors(subject, '[1, ""]') == ["required", "minimum"]


@pytest.mark.parametrize(
    ("constraints", "text", "fix"),
    [
        ({"enum": ["Délibération", "Arrêté"]}, "deliberation ", "Délibération"),
        ({"enum": ["a", "A"]}, " a", None),
        ({"pattern": r"\d{14}"}, "356 000 000 00048", "35600000000048"),
        ({"pattern": "[0-9][AB]"}, "2a", "2A"),
        ({"pattern": r"\d{5}"}, "1001", None),
        ({"maxLength": 3}, "abc  ", "abc"),
    ],
)
def test_fix_of_a_constraint(constraints: dict[str, Any], text: str, fix: str | None) -> None:
    subject = field("string", constraints=constraints)
    (judge,) = judges_for(subject)
    assert not judge.ok(text)
    error = judge.explain(text)
    assert error.fix == fix
    assert error.params["limit"] == next(iter(constraints.values()))


PATTERNS = [
    r"\d{5}", r"\w+", r"\s*\w\s*", r"[^\d]+", r"[\w\s]+", r"\W+", r"a|b", "^a|b$", r"[A-Z]{2,}|\d", ".*", r"a$\n?",
    r"(\w)\1", r"(?=a)\w+", r"\bab\b", r"(?!75)\w+", r"(?>a+)b", "a*+b", r"\Aab\Z", "[é-ü]+", "(|a)+", "(?i:aé)", "$",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
@settings(deadline=None)
@given(text=st.text("aAbBéÉ1² \n_٣五-7", max_size=6))
def test_patterns_mean_what_python_says(pattern: str, text: str) -> None:
    assert matcher_for(pattern)(text) == bool(re.match(f"^{pattern}$", text))


@pytest.mark.parametrize("pattern", ["(a+)+", "(a|aa)+", "(.*)*b", r"^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_catastrophic_patterns_are_linear(pattern: str) -> None:
    started = time.monotonic()
    assert not matcher_for(pattern)("a" * 100_000 + "!")
    assert time.monotonic() - started < 5  # minutes to centuries when backtracking


def test_runaway_backtracking_is_stopped() -> None:
    matches = matcher_for(r"(?=x?)(a+)+\1")
    started = time.monotonic()
    for _ in range(100):
        with pytest.raises(CellTooCostly):
            matches("a" * 50_000 + "!")
    assert time.monotonic() - started < 5


def test_linear_pattern_is_none_when_inexpressible() -> None:
    assert linear_pattern(r"(a)\1") is None
    assert linear_pattern("a{2000}") is None
    assert linear_pattern("a+") is not None


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (field("integer", constraints={"pattern": "a"}), ["constraint-unsupported"]),
        (field("string", constraints={"pattern": "("}), ["pattern-invalid"]),
        (field("string", constraints={"pattern": "a" * 30_000}), ["pattern-too-long"]),
        (field("string", constraints={"pattern": 5}), ["constraint-text"]),
        (field("string", constraints={"minLength": "3"}), ["constraint-length"]),
        (field("string", constraints={"required": "true"}), ["constraint-flag"]),
        (field("date", constraints={"minimum": "12/03/2024"}), ["constraint-bound"]),
        (field("integer", constraints={"enum": ["1", "deux"]}), ["enum-values"]),
        (field("integer", constraints={"enum": "1"}), ["constraint-enum"]),
        (field("string", "mail"), ["format-unknown"]),
        (field("date", "JJ/MM/AAAA"), ["date-format"]),
        (field("date", "%Q"), ["date-format"]),
        (field("date", "%d/%m/%Y"), []),
        (field("number", decimalChar=""), ["option-text"]),
        (field("number", bareNumber="non"), ["option-flag"]),
        (field("boolean", trueValues="oui"), ["option-texts"]),
        (field("list", delimiter=""), ["option-text"]),
        (field("list", itemType="object"), ["item-type"]),
        (field("array", arrayItem={"type": "entier"}), ["item-type"]),
        (
            field("array", arrayItem={"type": "integer", "constraints": {"minimum": "x"}}),
            ["constraint-bound"],
        ),
        (Field("c", "date", example="12/03/2024"), ["example"]),
        (Field("c", "date", example="2024-03-12"), []),
    ],
)
def test_findings_on_fields(subject: Field, expected: list[str]) -> None:
    assert [finding.key for finding in check_field(subject)] == [f"schema-{key}" for key in expected]


def test_a_field_with_wrong_constraints_still_reads_cells() -> None:
    subject = field("string", constraints={"pattern": "(", "minLength": "x", "enum": 3, "minimum": 1})
    assert errors(subject, "texte") == []


@pytest.mark.parametrize("key", sorted(MESSAGES))
def test_messages_are_complete_in_both_languages(key: str) -> None:
    message = MESSAGES[key]
    for text in (message.title_fr, message.title_en, message.fr, message.en, message.fix_fr, message.fix_en):
        assert text
        names = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
        assert text.format(**dict.fromkeys(names, "x"))
    assert message.fr != message.en


def test_every_error_has_its_message() -> None:
    for subject, texts in REFUSED:
        for text in texts:
            with pytest.raises(CellError) as caught:
                reader_for(subject)(text)
            assert caught.value.key in MESSAGES
