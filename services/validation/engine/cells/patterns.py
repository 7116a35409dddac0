"""User patterns in linear time: Python's meaning of a pattern, run by RE2 wherever RE2 can express it.

Python's own engine takes exponential time on patterns such as `(a+)+$`. A pattern is therefore parsed by Python's
parser, and its tree written out for RE2 with Python's Unicode classes spelled out, so that both agree on every text.
What RE2 cannot express (look-around, back-references, `\\b`, a scoped `(?i:…)`) is written out in the same way for a
backtracking engine that has a time limit.
"""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import Any

import re2
import regex

from services.validation.engine.cells.errors import CellTooCostly

LONGEST_PATTERN = 20_000
SECONDS_PER_CELL = 0.5
_RE2_MEMORY = 32 << 20
_MOST_REPEATS = 1000
_LAST_ASCII = 0x7F

Matcher = Callable[[str], bool]


class PatternError(ValueError):
    """The pattern cannot be used: `key` is `pattern-invalid` or `pattern-too-long`."""

    def __init__(self, key: str, **params: object) -> None:
        self.key = key
        self.params = params
        super().__init__(key, params)


def matcher_for(pattern: str) -> Matcher:
    """Whether a text matches `^pattern$`, as Python's `re.match` decides it.

    Raises PatternError. The matcher raises CellTooCostly when the pattern needed the backtracking engine and that
    exceeded SECONDS_PER_CELL.
    """
    check_pattern(pattern)
    with_time_limit = _TimeLimited(pattern)
    plain = _linear_matcher(pattern, _LAST_ASCII)
    if plain is None:
        return with_time_limit

    @cache
    def whole() -> Matcher:
        return _linear_matcher(pattern, sys.maxunicode) or with_time_limit

    def matches(text: str) -> bool:
        # `$` also matches before a final newline, which RE2 cannot say.
        if text.endswith("\n"):
            return with_time_limit(text)
        return plain(text) if text.isascii() else whole()(text)

    return matches


def _linear_matcher(pattern: str, last: int) -> Matcher | None:
    linear = linear_pattern(pattern, last)
    compiled = None if linear is None else _compile_re2(linear)
    return None if compiled is None else lambda text: compiled.match(text) is not None


def check_pattern(pattern: str) -> None:
    """Raises PatternError when Python refuses the pattern."""
    if len(pattern) > LONGEST_PATTERN:
        raise PatternError("pattern-too-long", length=len(pattern), limit=LONGEST_PATTERN)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(f"^{pattern}$")
    except (re.error, OverflowError, RecursionError, ValueError) as error:
        raise PatternError("pattern-invalid", pattern=pattern, reason=str(error)) from error


@lru_cache(maxsize=1024)
def linear_pattern(pattern: str, last: int = sys.maxunicode) -> str | None:
    r"""`^pattern$` in the common syntax of RE2 and of Rust's regex (for a search), or None when it has none.

    The meaning is Python's on every text that does not end in a newline and has no character beyond `last`:
    the Unicode members of `\d`, `\w` and `\s` are long to list, and rarely needed.
    """
    try:
        return rf"\A(?:{_LinearWriter(last).sequence(_tree(pattern))})"
    except (_Inexpressible, re.error, RecursionError, OverflowError):
        return None


def _backtracking_pattern(pattern: str) -> str:
    try:
        return _BacktrackingWriter(sys.maxunicode).sequence(_tree(pattern))
    except (_Inexpressible, re.error, RecursionError, OverflowError):
        return f"^{pattern}$"


def _tree(pattern: str) -> Any:
    """The parse tree by Python's own parser: its names for nodes are those of `re`'s debug output."""
    parser = importlib.import_module("re._parser")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parser.parse(f"^{pattern}$")


class _TimeLimited:
    """The backtracking engine; once too slow, it stays refused, so that a column costs one limit at most."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._compiled: Any = None
        self._too_slow = False

    def __call__(self, text: str) -> bool:
        if self._too_slow:
            raise CellTooCostly("pattern-too-slow", {"pattern": self._pattern})
        try:
            if self._compiled is None:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    self._compiled = regex.compile(_backtracking_pattern(self._pattern), regex.V0)
            return self._compiled.match(text, timeout=SECONDS_PER_CELL) is not None
        except (TimeoutError, regex.error, MemoryError, RecursionError) as error:
            self._too_slow = True
            raise CellTooCostly("pattern-too-slow", {"pattern": self._pattern}) from error


class _Inexpressible(Exception):
    pass


class _LinearWriter:
    """Writes Python's parse tree in the linear-time syntax; raises _Inexpressible on the first foreign node."""

    def __init__(self, last: int) -> None:
        self._last = last

    def sequence(self, nodes: Iterable[tuple[Any, Any]]) -> str:
        return "".join(self._node(str(kind), value) for kind, value in nodes)

    def _node(self, kind: str, value: Any) -> str:
        match kind:
            case "LITERAL":
                return _literal(value)
            case "NOT_LITERAL":
                return f"[^{_literal(value)}]"
            case "ANY":
                return r"[^\n]"
            case "IN":
                return self._set(value)
            case "BRANCH":
                return f"(?:{'|'.join(self.sequence(branch) for branch in value[1])})"
            case "SUBPATTERN":
                return self._group(value)
            case "MAX_REPEAT" | "MIN_REPEAT":
                return self._repeat(value)
            case "AT":
                return self._position(str(value))
        raise _Inexpressible(kind)

    def _group(self, value: Any) -> str:
        _, added_flags, removed_flags, nodes = value
        if added_flags or removed_flags:
            raise _Inexpressible("flags")
        return f"(?:{self.sequence(nodes)})"

    def _repeat(self, value: Any) -> str:
        least, most, nodes = value
        unbounded = str(most) == "MAXREPEAT"
        if least > _MOST_REPEATS or (not unbounded and most > _MOST_REPEATS):
            raise _Inexpressible("repeats")
        return f"(?:{self.sequence(nodes)}){{{least},{'' if unbounded else most}}}"

    def _position(self, value: str) -> str:
        if value in ("AT_BEGINNING", "AT_BEGINNING_STRING"):
            return r"\A"
        if value in ("AT_END", "AT_END_STRING"):
            return r"\z"
        raise _Inexpressible(value)

    def _set(self, items: list[tuple[Any, Any]]) -> str:
        negated = str(items[0][0]) == "NEGATE"
        members = "".join(self._member(str(kind), value) for kind, value in items[negated:])
        return f"[{'^' if negated else ''}{members}]"

    def _member(self, kind: str, value: Any) -> str:
        match kind:
            case "LITERAL":
                return _literal(value)
            case "RANGE":
                return f"{_literal(value[0])}-{_literal(value[1])}"
            case "CATEGORY":
                return _category(str(value), self._last)
        raise _Inexpressible(kind)


class _BacktrackingWriter(_LinearWriter):
    """The same for the backtracking engine, which knows what the linear one does not."""

    def _node(self, kind: str, value: Any) -> str:
        match kind:
            case "ASSERT" | "ASSERT_NOT":
                direction, nodes = value
                sign = "=" if kind == "ASSERT" else "!"
                return f"(?{'<' if direction < 0 else ''}{sign}{self.sequence(nodes)})"
            case "GROUPREF":
                return f"(?:\\{value})"
            case "ATOMIC_GROUP":
                return f"(?>{self.sequence(value)})"
            case "POSSESSIVE_REPEAT":
                return f"{self._bounds(value)}+"
            case "MIN_REPEAT":
                return f"{self._bounds(value)}?"
        return super()._node(kind, value)

    def _repeat(self, value: Any) -> str:
        return self._bounds(value)

    def _bounds(self, value: Any) -> str:
        least, most, nodes = value
        return f"(?:{self.sequence(nodes)}){{{least},{'' if str(most) == 'MAXREPEAT' else most}}}"

    def _group(self, value: Any) -> str:
        number, added_flags, removed_flags, nodes = value
        if removed_flags or added_flags & ~re.IGNORECASE:
            raise _Inexpressible("flags")
        inside = self.sequence(nodes)
        if added_flags:
            return f"(?i:{inside})"
        return f"(?:{inside})" if number is None else f"({inside})"

    def _position(self, value: str) -> str:
        word = f"[{_category('CATEGORY_WORD', self._last)}]"
        match value:
            case "AT_END":
                return r"(?=\n?\Z)"
            case "AT_END_STRING":
                return r"\Z"
            case "AT_BOUNDARY":
                return f"(?:(?<={word})(?!{word})|(?<!{word})(?={word}))"
            case "AT_NON_BOUNDARY":
                return f"(?:(?<={word})(?={word})|(?<!{word})(?!{word}))"
        return super()._position(value)


def _literal(code: int) -> str:
    """One character, in a form that every engine reads alike, inside a class or outside."""
    if 0xD800 <= code <= 0xDFFF:
        raise _Inexpressible("surrogate")
    char = chr(code)
    return char if code >= 0x80 or char.isalnum() else f"\\x{code:02x}"


@lru_cache(maxsize=16)
def _category(name: str, last: int) -> str:
    """The members of Python's `\\d`, `\\w`, `\\s` (or their opposites) as ranges."""
    escapes = {
        "CATEGORY_DIGIT": r"\d",
        "CATEGORY_NOT_DIGIT": r"\D",
        "CATEGORY_SPACE": r"\s",
        "CATEGORY_NOT_SPACE": r"\S",
        "CATEGORY_WORD": r"\w",
        "CATEGORY_NOT_WORD": r"\W",
    }
    if name not in escapes:
        raise _Inexpressible(name)
    everything = "".join(map(chr, (*range(min(0xD800, last + 1)), *range(0xE000, last + 1))))
    runs = (match.group() for match in re.finditer(f"{escapes[name]}+", everything))
    return "".join(_ranges(run) for run in runs)


def _ranges(run: str) -> str:
    """A run of consecutive characters as one range, or two when the surrogates interrupt it."""
    first, last = ord(run[0]), ord(run[-1])
    if first < 0xD800 and last > 0xDFFF:
        return f"{_literal(first)}-\ud7ff\ue000-{_literal(last)}"
    return f"{_literal(first)}-{_literal(last)}"


def _compile_re2(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem = _RE2_MEMORY
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error:
        return None
