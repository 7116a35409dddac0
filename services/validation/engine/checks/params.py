"""The parameters of a declared check, read with a precise error when one is missing or of the wrong type."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from services.validation.engine.checks.contract import CheckDefinitionError

if TYPE_CHECKING:
    from services.validation.engine.schema import CustomCheck

TRUE_WORDS = frozenset({"yes", "true", "1", "oui", "vrai"})
FALSE_WORDS = frozenset({"", "no", "false", "0", "non", "faux"})


def text(custom: "CustomCheck", *names: str) -> str:
    """Give the first of these parameters that is there: a non-empty text. Raises CheckDefinitionError."""
    for name in names:
        if name in custom.params:
            value = custom.params[name]
            if not isinstance(value, str) or not value:
                raise _wrong(custom, name, "string")
            return value
    raise CheckDefinitionError("check-param-missing", {"name": custom.name, "param": names[0]})


def texts(custom: "CustomCheck", name: str) -> tuple[str, ...]:
    """Give a list of texts (one text counts as a list of one). Raises CheckDefinitionError."""
    if name not in custom.params:
        raise CheckDefinitionError("check-param-missing", {"name": custom.name, "param": name})
    value = custom.params[name]
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not items:
        raise _wrong(custom, name, "list")
    if not all(isinstance(item, str) and item for item in items):
        raise _wrong(custom, name, "list")
    return tuple(items)


def flag(params: Mapping[str, object], name: str, custom: "CustomCheck", default: bool = False) -> bool:
    """Give a yes/no parameter, written as a boolean or a word. Raises CheckDefinitionError."""
    value = params.get(name, default)
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else "?"
    if word in TRUE_WORDS | FALSE_WORDS:
        return word in TRUE_WORDS
    raise _wrong(custom, name, "boolean")


def _wrong(custom: "CustomCheck", name: str, expected: str) -> CheckDefinitionError:
    found = str(custom.params.get(name))[:100]
    return CheckDefinitionError(
        f"check-param-{expected}", {"name": custom.name, "param": name, "found": found}
    )
