"""Texts made comparable: the options a schema may set to be less strict on the names of places."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from services.validation.engine.checks import params
from services.validation.engine.checks.contract import CheckDefinitionError

if TYPE_CHECKING:
    from services.validation.engine.schema import CustomCheck

Fold = Callable[[str], str]

OPTIONS = ("ignore_case", "ignore_accents", "replace_non_alphanumeric_with_space", "ignore_extra_whitespace")
NOT_ALPHANUMERIC = re.compile(r"[^a-zA-Z0-9]")


def without_accents(text: str) -> str:
    """Remove accents and other marks, keeping the letters under them: `é` gives `e`, `Ç` gives `C`."""
    letters = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in letters if not unicodedata.combining(c)))


def fold_entirely(text: str) -> str:
    """Leave out everything people write in different ways: case, accents, hyphens, apostrophes, spaces."""
    return " ".join(NOT_ALPHANUMERIC.sub(" ", without_accents(text).lower().replace("œ", "oe")).split())


def fold_as_declared(custom: "CustomCheck") -> tuple[Fold, tuple[str, ...]]:
    """Give the folding that a check's options ask for, and its `extra_valid_values`.

    Options stand in `options` or beside the other parameters. Raises CheckDefinitionError.
    """
    given = custom.params.get("options", {})
    if not isinstance(given, Mapping):
        found = str(given)[:100]
        raise CheckDefinitionError(
            "check-param-object", {"name": custom.name, "param": "options", "found": found}
        )
    declared = {**custom.params, **given}
    case, accents, signs, spaces = (params.flag(declared, option, custom) for option in OPTIONS)
    extra = declared.get("extra_valid_values", [])
    if not isinstance(extra, list) or not all(isinstance(value, str) for value in extra):
        wrong = {"name": custom.name, "param": "extra_valid_values", "found": str(extra)[:100]}
        raise CheckDefinitionError("check-param-list", wrong)

    def fold(text: str) -> str:
        folded = text.lower() if case else text
        folded = without_accents(folded) if accents else folded
        folded = NOT_ALPHANUMERIC.sub(" ", folded) if signs else folded
        return " ".join(folded.split()) if spaces else folded

    return fold, tuple(extra)
