"""What a scan accepts at once in each column: a subset of the valid cells, chosen from the field and its checks.

What a rule refuses is judged again, exactly, on its distinct texts. A column whose rule cannot be written gives its
texts back instead, and is judged as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from services.validation.engine.checks import ValueCheck
from services.validation.engine.scan.automaton import Automaton, automaton
from services.validation.engine.schema import Field

# At most fifteen digits, six of them decimals (`scan.c` reads them exactly).
INTEGER = "-?[0-9]{1,15}"
NUMBER = r"-?[0-9]{1,9}(?:\.[0-9]{1,6})?"
LOOSE_OPTIONS = frozenset(["bareNumber", "groupChar", "decimalChar", "floatNumber"])
_MOST_WORDS = 500
_MOST_DIGITS = 15
# Every day of the calendar but the 29th of February, which the exact reader knows: months, then days.
_CALENDAR = (
    ("(?:0[1-9]|1[0-2])", "(?:0[1-9]|1[0-9]|2[0-8])"),
    ("(?:0[13-9]|1[0-2])", "(?:29|30)"),
    ("(?:0[13578]|1[02])", "31"),
)
_YEAR = "[1-9][0-9]{3}"
_CLOCK = {"%H": "(?:[01][0-9]|2[0-3])", "%M": "[0-5][0-9]", "%S": "[0-5][0-9]"}
_ZONE = "(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])?"
_LABEL = "[0-9A-Za-z]{1,30}(?:-[0-9A-Za-z]{1,15}){0,2}"
# The usual writings of each format of strings; what is longer or rarer is read exactly.
_STRINGS = {
    "default": "",
    "uri": r"[A-Za-z][A-Za-z0-9+.\-]*:.*",
    "uuid": "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
    "email": rf"[0-9A-Za-z]{{1,20}}(?:[._\-][0-9A-Za-z]{{1,20}}){{0,2}}@(?:{_LABEL}\.){{1,3}}[A-Za-z]{{2,10}}",
}
_LONGITUDE = r"-?(?:[0-9]|[1-9][0-9]|1[0-7][0-9])(?:\.[0-9]{1,18})?"
_LATITUDE = r"-?(?:[0-9]|[1-8][0-9])(?:\.[0-9]{1,18})?"
_POINTS = {
    "default": f"{_LONGITUDE}, ?{_LATITUDE}",
    "array": rf"\[{_LONGITUDE}, ?{_LATITUDE}\]",
}
ISO_DAY = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rule:
    """What one column accepts; the names are those of `scan.c`. `automaton` None accepts any text.

    `few` tells that the texts accepted are few, so that the same ones come again and again.
    """

    automaton: Automaton | None = None
    judged: bool = True
    required: bool = False
    kept: bool = False
    few: bool = False
    luhn: int = 0
    shortest: int = -1
    longest: int = -1
    low: float | None = None
    high: float | None = None
    first: bytes | None = None
    last: bytes | None = None


def rule_for(field: Field, checks: Sequence[ValueCheck]) -> Rule | None:
    """The rule of a column; None when no quick rule is certain."""
    expressions = []
    pattern = type_pattern(field)
    if pattern is None:
        return None
    if pattern:
        expressions.append(pattern)
    rule = Rule(required=field.required, few=field.type == "boolean" or "enum" in field.constraints)
    for name, limit in field.constraints.items():
        if name in ("required", "unique"):
            continue
        words = _constraint_pattern(field, name, limit)
        if words is not None:
            expressions.append(words)
            continue
        limited = _limited(rule, field, name, limit)
        if limited is None:
            return None
        rule = limited
    for check in checks:
        if check.luhn not in (9, 14) or rule.luhn not in (0, check.luhn):
            return None
        rule = replace(rule, luhn=check.luhn)
    return _with_automaton(rule, expressions)


def _with_automaton(rule: Rule, expressions: list[str]) -> Rule | None:
    if rule.luhn:
        digits = f"[0-9]{{{rule.luhn}}}"
        # A pattern that lets these digits through adds nothing to them, and no other one goes with a checksum.
        if any(expression.strip("^$").replace(r"\d", "[0-9]") != digits for expression in expressions):
            return None
        return rule
    if len(expressions) > 1:
        return None
    if not expressions:
        return rule
    table = automaton(expressions[0])
    return None if table is None else replace(rule, automaton=table)


def type_pattern(field: Field) -> str | None:
    """An expression of texts that surely are of the type; empty for any text, None when unsure."""
    default = field.format == "default"
    match field.type:
        case "any":
            return ""
        case "string":
            return _STRINGS.get(field.format)
        case "integer" | "number" if not LOOSE_OPTIONS & field.options.keys():
            return INTEGER if field.type == "integer" else NUMBER
        case "year":
            return "[0-9]{4}"
        case "boolean":
            words = boolean_words(field)
            return None if words is None else _one_of(words)
        case "date":
            return _calendar("%Y-%m-%d" if default else field.format)
        case "datetime" if default:
            day_and_time = _calendar("%Y-%m-%dT%H:%M:%S", _CLOCK)
            return None if day_and_time is None else day_and_time + _ZONE
        case "datetime":
            return _calendar(field.format, _CLOCK)
        case "geopoint":
            return _POINTS.get(field.format)
        case _:
            return None


def boolean_words(field: Field) -> list[str] | None:
    """The texts that a boolean field reads; None when the schema does not tell them as texts."""
    words: list[str] = []
    for key, default in (
        ("trueValues", ["true", "True", "TRUE", "1"]),
        ("falseValues", ["false", "False", "FALSE", "0"]),
    ):
        values = field.options.get(key, default)
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            return None
        words += values
    return words


def _calendar(layout: str, clock: Mapping[str, str] = MappingProxyType({})) -> str | None:
    """An expression of the fixed-width moments that a strptime layout reads; without a clock, a year may be all."""
    pieces = re.split(r"(%.)", layout)
    wanted = {"%Y", "%m", "%d", *clock}
    if layout == "%Y" and not clock:
        return _YEAR
    if any(piece.startswith("%") and piece not in wanted for piece in pieces):
        return None
    if any(pieces.count(part) != 1 for part in wanted):
        return None
    branches = []
    for month, day in _CALENDAR:
        parts = {"%Y": _YEAR, "%m": month, "%d": day, **clock}
        branches.append("".join(parts.get(piece) or re.escape(piece) for piece in pieces))
    return "(?:" + "|".join(branches) + ")"


def _constraint_pattern(field: Field, name: str, limit: object) -> str | None:
    """An expression that alone tells whether a text of the field respects a constraint; None when it cannot."""
    if name == "enum" and field.type in ("string", "any") and field.format == "default":
        return _one_of(limit) if isinstance(limit, list) else None
    if name == "pattern" and field.type in ("string", "any") and isinstance(limit, str):
        return limit
    return None


def _one_of(words: list[object] | list[str]) -> str | None:
    texts = {word for word in words if isinstance(word, str)}
    if len(texts) < len(set(map(str, words))) or not texts or len(texts) > _MOST_WORDS:
        return None
    return "(?:" + "|".join(re.escape(text) for text in sorted(texts)) + ")"


def _limited(rule: Rule, field: Field, name: str, limit: object) -> Rule | None:
    """The rule with one more limit; None when the limit cannot be part of it."""
    if name in ("minLength", "maxLength") and field.type == "string" and type(limit) is int:
        return replace(rule, shortest=limit) if name == "minLength" else replace(rule, longest=limit)
    if name not in ("minimum", "maximum"):
        return None
    if field.type in ("integer", "number", "year"):
        bound = exact_bound(limit)
        if bound is None:
            return None
        return replace(rule, low=bound) if name == "minimum" else replace(rule, high=bound)
    if field.type == "date" and field.format == "default":
        # Dates of one width compare as their texts do.
        if not isinstance(limit, str) or not ISO_DAY.fullmatch(limit):
            return None
        return (
            replace(rule, first=limit.encode()) if name == "minimum" else replace(rule, last=limit.encode())
        )
    return None


def exact_bound(limit: object) -> float | None:
    """A bound as a float, None when that could be wrong: up to fifteen digits, decimals are in their floats' order."""
    try:
        number = Decimal(str(limit))
    except InvalidOperation:
        return None
    if isinstance(limit, bool) or not number.is_finite() or len(number.as_tuple().digits) > _MOST_DIGITS:
        return None
    return float(number)
