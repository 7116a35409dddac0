"""The catalogue of what Socle tells people about a file: one exact sentence a key, in French and English.

Fragments live beside what they speak of (`MESSAGES: dict[str, Message]` in `table`, `cells`, `checks`…);
`catalogue()` joins them. Templates are `str.format` ones over the finding's params, plus `{cell}` and
`{field}`.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cache
from itertools import islice
from string import Formatter
from typing import Literal

Level = Literal["error", "warning"]
Language = Literal["fr", "en"]
_FRAGMENTS = ("text", "table", "cells", "checks", "formats")
_LONGEST_LIST = 100
_LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True)
class Message:
    """Title and sentence of one key. `fix_fr`/`fix_en`, when given, say what to write instead."""

    title_fr: str
    title_en: str
    fr: str
    en: str
    fix_fr: str = ""
    fix_en: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to tell about a schema, a file or its structure, not yet put into words.

    `code` is the public type ("source-error"), `key` the message's, `params` fill its template.
    """

    code: str
    key: str
    params: Mapping[str, object] = dataclass_field(default_factory=dict)
    level: Level = "error"
    row: int | None = None
    line: int | None = None
    field: str | None = None
    field_number: int | None = None
    cell: str | None = None


class Unreadable(Exception):
    """The source cannot be read as a table at all; `finding` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.key)
        self.finding = finding


@cache
def catalogue() -> Mapping[str, Message]:
    """Every message by key. Raises ValueError when two fragments claim one key."""
    messages: dict[str, Message] = {}
    for name in _FRAGMENTS:
        place = f"services.validation.engine.{name}"
        if importlib.util.find_spec(place) is None or importlib.util.find_spec(f"{place}.messages") is None:
            continue
        module = importlib.import_module(f"{place}.messages")
        fragment: Mapping[str, Message] = module.MESSAGES
        if doubles := messages.keys() & fragment.keys():
            raise ValueError(f"message keys defined twice: {sorted(doubles)}")
        messages.update(fragment)
    return messages


@dataclass(frozen=True, slots=True)
class Wording:
    """One message put into words, in one language."""

    title: str
    text: str
    fix: str


def word(key: str, params: Mapping[str, object], language: Language) -> Wording:
    """The message of `key` with its values filled in; long ones are shortened, missing ones shown as `?`."""
    message = catalogue().get(key) or catalogue()["unworded"]
    values = _Values({"key": key, **{name: _shown(value, language) for name, value in params.items()}})
    title, text, fix = (
        (message.title_fr, message.fr, message.fix_fr)
        if language == "fr"
        else (message.title_en, message.en, message.fix_en)
    )
    fill = Formatter().vformat
    return Wording(title, fill(text, (), values), fill(fix, (), values) if fix else "")


class _Values(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def _shown(value: object, language: Language) -> str:
    if isinstance(value, bool):
        words = {"fr": ("faux", "vrai"), "en": ("false", "true")}
        return words[language][value]
    if isinstance(value, list | tuple | set | frozenset):
        shown = [_shown(item, language) for item in islice(value, _LONGEST_LIST)]
        return ", ".join([*shown, "…"] if len(value) > _LONGEST_LIST else shown)
    text = str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
