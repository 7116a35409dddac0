"""What a rule takes for valid at once, the exact readers take for valid too, type by type."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.validation.engine.scan.automaton import automaton
from services.validation.engine.scan.rules import type_pattern
from services.validation.engine.schema import Field
from services.validation.engine.table.accept import acceptor
from services.validation.engine.table.problems import CellJudge

FIELDS = [
    Field("integer", "integer"),
    Field("number", "number"),
    Field("year", "year"),
    Field("boolean", "boolean"),
    Field("date", "date"),
    Field("French date", "date", "%d/%m/%Y"),
    Field("year alone", "date", "%Y"),
    Field("datetime", "datetime"),
    Field("datetime without a zone", "datetime", "%Y-%m-%d %H:%M:%S"),
    Field("uri", "string", "uri"),
    Field("uuid", "string", "uuid"),
    Field("email", "string", "email"),
    Field("point", "geopoint"),
    Field("point in an array", "geopoint", "array"),
]


def expression(field: Field) -> str:
    pattern = type_pattern(field)
    assert pattern
    return pattern


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_what_a_rule_accepts_is_valid(field: Field) -> None:
    pattern, judge, accept = expression(field), CellJudge(field), acceptor(field)
    table = automaton(pattern)
    assert table is not None
    assert accept is not None

    @settings(max_examples=200, deadline=None)
    @given(st.from_regex(pattern, fullmatch=True, alphabet=st.characters(exclude_categories=["Cs"])))
    def every_text(text: str) -> None:
        if table.matches(text):
            assert not judge(text).problems, text
        if pl.select(accept(pl.lit(text))).item():
            assert not judge(text).problems, text

    every_text()


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (Field("a", "string", "uri"), "https://exemple.fr/délibérations?n=1"),
        (Field("a", "string", "email"), "mairie.de-dijon@ville-dijon.exemple.fr"),
        (Field("a", "string", "uuid"), "0A0AB0e6-5b1c-4e0e-9b1e-000000000000"),
        (Field("a", "datetime"), "2024-01-31T23:59:59+02:00"),
        (Field("a", "datetime"), "2024-01-31T23:59:59"),
        (Field("a", "date", "%Y"), "1998"),
        (Field("a", "geopoint", "array"), "[5.041, -47.32]"),
        (Field("a", "geopoint"), "-179.5,89"),
    ],
)
def test_the_usual_writings_need_no_exact_judgement(field: Field, text: str) -> None:
    table, accept = automaton(expression(field)), acceptor(field)
    assert table is not None
    assert table.matches(text)
    assert accept is not None
    assert pl.select(accept(pl.lit(text))).item()


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (Field("a", "string", "uri"), "www.exemple.fr"),
        (Field("a", "string", "uri"), "1http://exemple.fr"),
        (Field("a", "string", "email"), "mairie@dijon"),
        (Field("a", "string", "email"), "mairie@@dijon.fr"),
        (Field("a", "datetime"), "2024-02-30T10:00:00Z"),
        (Field("a", "datetime"), "2024-01-31T23:59"),
        (Field("a", "date", "%Y"), "0000"),
        (Field("a", "geopoint"), "180.5,10"),
        (Field("a", "geopoint", "array"), "[10, 91]"),
        (Field("a", "geopoint", "array"), "[010, 1]"),
    ],
)
def test_nothing_wrong_is_accepted(field: Field, text: str) -> None:
    table, accept = automaton(expression(field)), acceptor(field)
    assert table is not None
    assert not table.matches(text)
    assert accept is not None
    assert not pl.select(accept(pl.lit(text))).item()
    assert CellJudge(field)(text).problems
