"""Cells of type boolean: strict membership in the field's true and false values."""

from __future__ import annotations

from services.validation.engine.cells.celltype import CellType
from services.validation.engine.schema import Field

TRUE_VALUES = ("true", "True", "TRUE", "1")
FALSE_VALUES = ("false", "False", "FALSE", "0")
_SAID_TRUE = frozenset(["true", "vrai", "oui", "yes", "o", "y", "v", "t", "1"])
_SAID_FALSE = frozenset(["false", "faux", "non", "no", "n", "f", "0"])


def boolean(field: Field) -> CellType:
    """`trueValues` and `falseValues`, by default those of the specification; a text in both is false."""
    trues = _texts(field.options.get("trueValues"), TRUE_VALUES)
    falses = _texts(field.options.get("falseValues"), FALSE_VALUES)
    values = {**dict.fromkeys(trues, True), **dict.fromkeys(falses, False)}

    def read(cell: object) -> object:
        if isinstance(cell, bool):
            return cell
        return values.get(cell) if isinstance(cell, str) else None

    def propose(text: str) -> str | None:
        said = text.strip().casefold()
        for words, written in ((_SAID_TRUE, trues), (_SAID_FALSE, falses)):
            if written and (said in words or said in {value.strip().casefold() for value in written}):
                return written[0]
        return None

    return CellType(read, "boolean", {"true_values": trues, "false_values": falses}, propose)


def _texts(value: object, default: tuple[str, ...]) -> tuple[str, ...]:
    if not isinstance(value, list):
        return default
    return tuple(text for text in value if isinstance(text, str))
