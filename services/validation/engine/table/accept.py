"""Polars expressions that accept only cells that are certainly valid, by type and constraint.

What an expression refuses is judged again, exactly, on its distinct values: refusing too much costs time,
accepting too much would be a bug. An expression sees the raw text of a cell; a missing value is not its concern.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl

from services.validation.engine.scan.rules import ISO_DAY, exact_bound, type_pattern
from services.validation.engine.schema import Field

Accept = Callable[[pl.Expr], pl.Expr]

# What the Rust and Python engines read alike.
_RISKY_PATTERN = re.compile(r"\\[^dws.\-/()\[\]{}+*?|^$\\]|\(\?(?!:)|\[\^[^\]]*\\[dws]|&&|--|~~|\{,|\[\^?\]")
_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": r" \t\n\r\x0b\x0c"}
_LENGTHS = {"minLength", "maxLength"}
_BOUNDS = {"minimum", "maximum"}


def acceptor(field: Field) -> Accept | None:
    """The expression for a field's type and constraints; None when nothing quick can be certain."""
    parts: list[Accept] = []
    texts = type_pattern(field)
    if texts is None:
        return None
    if texts:
        parts.append(_matching(rf"^(?:{texts})\z"))
    for name, limit in field.constraints.items():
        if name in ("required", "unique"):
            continue
        part = _constraint(field, name, limit)
        if part is None:
            return None
        parts.append(part)
    return lambda text: pl.all_horizontal([part(text) for part in parts]) if parts else pl.lit(True)


def _constraint(field: Field, name: str, limit: object) -> Accept | None:
    if name == "enum" and isinstance(limit, list) and all(isinstance(item, str) for item in limit):
        return _among(limit)
    if field.type in ("string", "any") and name == "pattern" and isinstance(limit, str):
        return _pattern(limit)
    if field.type == "string" and name in _LENGTHS and type(limit) is int:
        return _length(name, limit)
    if field.type in ("integer", "number", "year") and name in _BOUNDS:
        return _bound(name, limit)
    if field.type == "date" and field.format == "default" and name in _BOUNDS:
        return _date_bound(name, limit)
    return None


def _length(name: str, limit: int) -> Accept:
    if name == "minLength":
        return lambda text: text.str.len_chars() >= limit
    return lambda text: text.str.len_chars() <= limit


def _bound(name: str, limit: object) -> Accept | None:
    value = exact_bound(limit)
    if value is None:
        return None
    if name == "minimum":
        return lambda text: text.cast(pl.Float64, strict=False) >= value
    return lambda text: text.cast(pl.Float64, strict=False) <= value


def _date_bound(name: str, limit: object) -> Accept | None:
    """ISO dates of one width compare as their texts do."""
    if not isinstance(limit, str) or not ISO_DAY.fullmatch(limit):
        return None
    return (lambda text: text >= limit) if name == "minimum" else (lambda text: text <= limit)


def _pattern(pattern: str) -> Accept | None:
    """The same pattern for the Rust engine, when both engines certainly agree on what it accepts."""
    translated = translate_pattern(pattern)
    return None if translated is None else _matching(translated)


def translate_pattern(pattern: str) -> str | None:
    r"""A Rust regex that matches whole cells which the pattern certainly matches; None when in doubt.

    `\d`, `\w` and `\s` are narrowed to ASCII, because Unicode versions differ between engines.
    """
    core = pattern.removeprefix("^")
    if core.endswith("$") and not core.endswith(r"\$"):
        core = core[:-1]
    if _RISKY_PATTERN.search(core):
        return None
    pieces: list[str] = []
    in_class = False
    index = 0
    while index < len(core):
        character = core[index]
        if character == "\\":
            following = core[index + 1 : index + 2]
            ranges = _CLASSES.get(following)
            pieces.append(
                (ranges if in_class else f"[{ranges}]") if ranges is not None else character + following
            )
            index += 2
            continue
        if in_class and character == "[":
            return None
        in_class = (in_class or character == "[") and character != "]"
        pieces.append(character)
        index += 1
    translated = rf"^(?:{''.join(pieces)})\z"
    try:
        re.compile(f"^{pattern}$")
        pl.select(pl.lit("").str.contains(translated))
    except (re.error, pl.exceptions.PolarsError):
        return None
    return translated


def _matching(pattern: str) -> Accept:
    return lambda text: text.str.contains(pattern)


def _among(values: list[str]) -> Accept:
    accepted = pl.Series(sorted(set(values)), dtype=pl.String)
    return lambda text: text.is_in(accepted.implode())
