"""Every error that a report can hold is documented, in both languages, with an example."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.validation.engine import render
from services.validation.engine.checks.registry import BUILDERS
from services.validation.engine.messages import Message, catalogue
from socle import error_reference
from socle.error_reference import Undocumented, codes, errors_page, example, keys_of

ENGINE = Path(render.__file__).parents[1]
PAGE = errors_page()
# A type as the engine writes it: the first argument of what makes an error.
_TYPE = re.compile(r'\b(?:Finding|Problem|Entry|UniqueKey)\(\s*"([a-z]+(?:-[a-z]+)+)"')


@pytest.mark.parametrize("key", sorted(set(catalogue()) - {"unworded"}))
def test_every_message_is_on_the_page_in_both_languages(key: str) -> None:
    assert f"| `{key}` |" in PAGE
    for said in example(key):
        assert said.title
        assert said.text
        assert "?`" not in said.text
        assert not re.search(r"\{[a-z_]+\}", said.text + said.fix)


def test_every_type_in_the_code_is_on_the_page() -> None:
    written = {
        code for path in ENGINE.rglob("*.py") for code in _TYPE.findall(path.read_text(encoding="utf-8"))
    }
    assert len(written) > 15, "the pattern no longer finds how errors are made"
    assert written | set(BUILDERS) <= {code.name for code in codes()}


def test_every_code_has_messages_and_two_descriptions() -> None:
    for code in codes():
        assert keys_of(code), code.name
        assert code.fr
        assert code.en
        assert f"\n## `{code.name}`\n" in PAGE


def test_a_message_without_code_or_example_stops_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = Message("Titre", "Title", "Rien.", "Nothing.")
    monkeypatch.setattr(error_reference, "catalogue", lambda: {**catalogue(), "odd-one": odd})
    with pytest.raises(Undocumented, match="odd-one"):
        errors_page()
    unfilled = Message("Titre", "Title", "{stranger}", "{stranger}")
    monkeypatch.setattr(error_reference, "catalogue", lambda: {**catalogue(), "siret-odd": unfilled})
    with pytest.raises(Undocumented, match="stranger"):
        errors_page()


def test_a_table_is_not_broken_by_a_bar() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {4}
