"""Every message there is: in both languages, with values that fill in, and none left out."""

from __future__ import annotations

from string import Formatter

import pytest

from services.validation.engine.messages import Message, catalogue, word


def placeholders(text: str) -> set[str]:
    """The names in a template; `format_fr` and `format_en` are one value, said in two languages."""
    return {name.removesuffix("_fr").removesuffix("_en") for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize(("key", "message"), sorted(catalogue().items()), ids=sorted(catalogue()))
def test_both_languages_say_the_same(key: str, message: Message) -> None:
    assert all((message.title_fr, message.title_en, message.fr, message.en))
    assert placeholders(message.fr) == placeholders(message.en)
    assert placeholders(message.fix_fr) == placeholders(message.fix_en)
    assert bool(message.fix_fr) == bool(message.fix_en)


def test_a_value_with_braces_or_an_unknown_key_never_breaks_a_message() -> None:
    assert "{0}" in word("extra-cell", {"cell": "{0}", "row": 1, "number": 2}, "fr").text
    assert "no-such-key" in word("no-such-key", {"cell": "x"}, "en").text
    assert "?" in word("extra-cell", {}, "en").text
