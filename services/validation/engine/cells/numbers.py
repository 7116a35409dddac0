"""Cells of type integer and number (Table Schema, "Types and Formats")."""

from __future__ import annotations

import re
from decimal import Decimal

from services.validation.engine.cells.celltype import CellType
from services.validation.engine.schema import Field

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009']+")
_UNIT = re.compile(r"(?:€|EUR|euros?)$", re.IGNORECASE)
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?$", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:\D\d{3})+(?:\D\d*)?$", re.ASCII)
_THOUSANDS_OR_DECIMALS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}$", re.ASCII)


def integer(field: Field) -> CellType:
    """Whole numbers; with `bareNumber: false`, whatever surrounds the digits is ignored."""
    bare = field.options.get("bareNumber", True)

    def read(cell: object) -> object:
        if isinstance(cell, str):
            text = cell.strip()
            try:
                return int(text if bare else _without_surroundings(text))
            except ValueError:
                return None
        if isinstance(cell, bool):
            return None
        if isinstance(cell, int):
            return cell
        return int(cell) if isinstance(cell, float) and cell.is_integer() else None

    return CellType(read, "integer", propose=_propose_integer)


def number(field: Field) -> CellType:
    """Decimal numbers, exact; `decimalChar`, `groupChar`, `bareNumber` and `floatNumber` as the schema says."""
    options = field.options
    bare = options.get("bareNumber", True)
    decimal_char = str(options.get("decimalChar", "."))
    group_char = str(options.get("groupChar", ""))
    as_float = bool(options.get("floatNumber", False))

    def plain(text: str) -> str | None:
        if not bare:
            text = _without_surroundings(text)
        text = text.replace(group_char, "") if group_char else text
        if decimal_char == ".":
            return text
        return None if "." in text else text.replace(decimal_char, ".")

    def read(cell: object) -> object:
        if isinstance(cell, str):
            text = plain(cell.strip())
            if text is None:
                return None
            try:
                return float(text) if as_float else Decimal(text)
            except (ValueError, ArithmeticError):
                return None
        if isinstance(cell, bool):
            return None
        if isinstance(cell, int):
            return cell
        if isinstance(cell, float):
            return cell if as_float else Decimal(str(cell))
        return None

    def propose(text: str) -> str | None:
        value = read_written_number(text)
        return None if value is None else value.replace(".", decimal_char or ".")

    return CellType(read, "number", {"decimal": decimal_char}, propose)


def read_written_number(text: str) -> str | None:
    """A number as people write it (`1 234,50 €`), as digits with a point; None when in doubt (`1,234`, `1.234`)."""
    text = _SPACES.sub("", text.strip())
    text = _UNIT.sub("", text)
    if _THOUSANDS_OR_DECIMALS.match(text):
        return None
    if _PLAIN.match(text):
        return text
    if "," in text and "." in text:
        if not _GROUPED.match(text):
            return None
        last = max(text.rfind(","), text.rfind("."))
        grouping = "," if text[last] == "." else "."
        if text.count(text[last]) > 1:
            return None
        text = text.replace(grouping, "")
    candidate = text.replace(",", ".")
    return candidate if _PLAIN.match(candidate) else None


def _propose_integer(text: str) -> str | None:
    value = read_written_number(text)
    if value is None:
        return None
    whole, _, decimals = value.partition(".")
    return whole if not decimals.strip("0") else None


def _without_surroundings(text: str) -> str:
    """Drop what stands before the first minus or digit, and after the last digit, in one pass."""
    start = next((i for i, char in enumerate(text) if char == "-" or char.isdecimal()), len(text))
    end = next((i for i in range(len(text), start, -1) if text[i - 1].isdecimal()), start)
    return text[start:end]
