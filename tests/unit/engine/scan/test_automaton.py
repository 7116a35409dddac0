"""Patterns as tables: what they accept, Python's own engine accepts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.validation.engine import bundle
from services.validation.engine.scan.automaton import automaton

SIMPLE = [
    r"^\d{14}$",
    r"^([013-9]\d|2[AB1-9])\d{3}$",
    "(?:oui|non|ne sait pas)",
    "a+b*c?",
    "[^;|]{1,3}",
    ".{2,4}x",
    "[à-ÿ]+",
    "(?:ab|a)(?:c|bcd)(?:d*)",
    r"[0-9]{4}\-[0-9]{2}(\/[0-9]{4})?",
    "€{2}|…",
    "(a|b)*abb",
    "a{0,2}?b",
    r"[\w.-]+",
    "[]x]+",
]
LETTERS = st.text("ab01239cdxAB-/;|.\né€ÿouin…]", max_size=8)


@pytest.mark.parametrize("pattern", SIMPLE)
def test_known_patterns_become_tables(pattern: str) -> None:
    assert automaton(pattern) is not None


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(SIMPLE), LETTERS)
def test_accepts_the_same_texts(pattern: str, text: str) -> None:
    table = automaton(pattern)
    assert table is not None
    core = pattern.removeprefix("^").removesuffix("$")
    assert table.matches(text) == (re.fullmatch(f"(?:{core})", text, re.ASCII) is not None)


@settings(max_examples=600, deadline=None)
@given(st.text(r"ab01\dw[]()|*+?{}2,.^$-:é", max_size=12), LETTERS)
def test_never_accepts_what_the_exact_engine_refuses(pattern: str, text: str) -> None:
    table = automaton(pattern)
    if table is not None and table.matches(text):
        assert re.fullmatch(f"(?:{pattern.removeprefix('^')})", text) or re.match(f"^{pattern}$", text)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a)\1",
        "(?=a)a",
        "(?i)a",
        r"\bmot\b",
        r"[^\d]",
        r"\S+",
        "a^b",
        "a$b",
        "[[:alpha:]]",
        "(",
        "a{5000}",
        "[一-龥]",
        "(?:a|b)*a(?:a|b){14}",
        "a++",
    ],
)
def test_what_is_not_certain_has_no_table(pattern: str) -> None:
    assert automaton(pattern) is None


def test_most_patterns_of_the_schemas_have_one() -> None:
    patterns = {
        field["constraints"]["pattern"]
        for name in bundle.names()
        for field in bundle.load(name)["fields"]  # type: ignore[attr-defined]
        if "pattern" in field.get("constraints", {})
    }
    assert sum(automaton(pattern) is not None for pattern in patterns) > len(patterns) / 2
