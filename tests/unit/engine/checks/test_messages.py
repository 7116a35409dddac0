"""Every violation has its words in both languages, with nothing left to fill in."""

import re
from pathlib import Path
from string import Formatter

import pytest

from services.validation.engine import checks
from services.validation.engine.checks import CheckDefinitionError, RowCheck, ValueCheck, build_check
from services.validation.engine.checks.messages import MESSAGES
from services.validation.engine.messages import Message, word
from services.validation.engine.schema import CustomCheck, Field, Schema

SOURCES = sorted(Path(checks.__file__).parent.glob("*.py"))
CODE = "".join(path.read_text("utf-8") for path in SOURCES if not path.name.startswith("messages"))
WRONG = [
    "x",
    "1",
    "12345678",
    "2020",
    "5.2",
    "abc/d",
    "48.85,2.35",
    "0,0",
    "01 23",
    "lundi",
    "75001",
    "999999999",
]


def fields_of(message: Message) -> set[str]:
    texts = (message.fr, message.en, message.fix_fr, message.fix_en)
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", MESSAGES)
def test_both_languages_say_the_same_things(key: str) -> None:
    message = MESSAGES[key]
    assert message.title_fr
    assert message.title_en
    assert message.fr.rstrip()[-1] == message.en.rstrip()[-1] == "."
    french = {name for _, name, _, _ in Formatter().parse(message.fr) if name}
    english = {name for _, name, _, _ in Formatter().parse(message.en) if name}
    assert french == english
    assert bool(message.fix_fr) == bool(message.fix_en)


def test_every_literal_key_has_a_message() -> None:
    keys = set(re.findall(r'(?:Violation|CheckDefinitionError)\(\s*"([a-z0-9-]+)"', CODE))
    assert len(keys) > 40
    assert keys <= MESSAGES.keys()


@pytest.mark.parametrize("op", [">", ">=", "==", "<=", "<"])
@pytest.mark.parametrize("type_", ["number", "date"])
def test_every_comparison_is_worded(op: str, type_: str) -> None:
    schema = Schema(fields=(Field("a", type_), Field("b", type_)))
    check = build_check(
        CustomCheck("compare-columns-value", {"column": "a", "op": op, "column2": "b"}), schema
    )
    assert isinstance(check, RowCheck)
    low, high = ("1", "2") if type_ == "number" else ("2024-01-01", "2024-01-02")
    violation = check.judge({"a": low, "b": high}) or check.judge({"a": high, "b": low})
    assert violation is not None
    assert fields_of(MESSAGES[violation.key]) == violation.params.keys()


@pytest.mark.parametrize("name", [name for name in checks.check_names() if name != "frformat"])
def test_violations_are_worded_in_full(name: str) -> None:
    params: dict[str, object] = {"column": "a", "column1": "a", "column2": "b", "op": ">", "columns": ["b"]}
    check = build_check(CustomCheck(name, params | {"othercolumns": ["b"]}), Schema())
    if isinstance(check, ValueCheck):
        found = [check.judge(text) for text in WRONG]
    else:
        assert isinstance(check, RowCheck)
        rows = [
            {"a": a, "b": b} for a, b in (("1", "2"), ("x", "1"), ("1", None), (None, None), ("1", "01001"))
        ]
        found = [check.judge(row) for row in rows]
    violations = [violation for violation in found if violation is not None]
    assert violations
    for violation in violations:
        message = MESSAGES[violation.key]
        assert fields_of(message) <= violation.params.keys()
        assert bool(message.fix_fr) == (violation.fix is not None), violation
        for language in ("fr", "en"):
            assert "?" not in word(violation.key, violation.params, language).text


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("nope", {}),
        ("french-siret-valu", {"column": "a"}),
        ("siret", {}),
        ("siret", {"column": 5}),
        ("sum-columns-value", {"column": "a", "columns": 5}),
        ("compare-columns-value", {"column": "a", "column2": "b", "op": "="}),
        ("year-interval-value", {"column": "a", "allow-year-only": "?!"}),
        ("commune", {"column": "a", "cog": "1789"}),
        ("commune", {"column": "a", "options": 5}),
    ],
)
def test_definition_errors_are_worded_in_full(name: str, params: dict[str, object]) -> None:
    with pytest.raises(CheckDefinitionError) as caught:
        build_check(CustomCheck(name, params), Schema())
    assert fields_of(MESSAGES[caught.value.key]) <= caught.value.params.keys()
