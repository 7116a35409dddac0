"""What a Table Schema type knows about cells: how to read one, and what to say and propose when it is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

# Reads a text, or a JSON value of the schema (an enum entry, a bound), into the type's value; None refuses it.
ValueReader = Callable[[object], object]
Fixer = Callable[[str], str | None]


def no_fix(text: str) -> str | None:
    """For types in which nothing certain can be proposed."""
    return None


@dataclass(frozen=True, slots=True)
class CellType:
    """The reader of one field, with the message key and parameters of its refusals.

    `propose` gives a text meaning the same in the wanted form, or None; what it proposes is only told when `read`
    accepts it.
    """

    read: ValueReader
    key: str
    params: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    propose: Fixer = no_fix

    def fix(self, text: str) -> str | None:
        """The text to write instead of the refused `text`, when it is certain."""
        candidate = self.propose(text)
        if candidate is None or candidate == text or self.read(candidate) is None:
            return None
        return candidate
