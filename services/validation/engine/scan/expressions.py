r"""Reads the regular expressions that a scan can follow, as a tree.

Only what is certain is read: literals, classes, groups, alternation, `?`, `*`, `+`, `{m,n}`, `.`; `\d`, `\w` and `\s`
are narrowed to ASCII, because tables of Unicode differ from one engine to another. Anything else (anchors inside,
look-around, back-references, flags, `\b`, `\S`) raises `Unsure`.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass

_MOST_REPEATS = 1_000
_DIGITS = frozenset(map(ord, string.digits))
_SHORTHANDS = {
    "d": _DIGITS,
    "w": _DIGITS | frozenset(map(ord, string.ascii_letters + "_")),
    "s": frozenset(map(ord, " \t\n\r\x0b\x0c")),
}
_CONTROLS = {"t": 9, "n": 10, "r": 13, "f": 12, "v": 11}
_HEXADECIMAL = {"x": 2, "u": 4}
_COUNTED = re.compile(r"\{(\d{1,4})(?:(,)(\d{0,4}))?\}", re.ASCII)
_RISKY_IN_CLASS = re.compile(r"--|&&|~~|\|\|")
# Points below this one take at most two bytes in UTF-8; those above are told apart by no class in use.
TWO_BYTES = 0x800


class Unsure(Exception):
    """The expression holds something that is not read here."""


@dataclass(frozen=True, slots=True)
class Characters:
    """One character: code points below 0x800, and whether every one above belongs too."""

    points: frozenset[int]
    above: bool = False


@dataclass(frozen=True, slots=True)
class Literal:
    """These bytes."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One or another."""

    branches: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """From `least` to `most` times; None: without end."""

    part: Node
    least: int
    most: int | None


Node = Characters | Literal | Sequence | Choice | Repeat


def parse(pattern: str) -> Node:
    """The tree of an expression that matches whole texts, a `^` before and a `$` after set aside. Raises Unsure."""
    core = pattern.removeprefix("^")
    if core.endswith("$") and not core.endswith(r"\$"):
        core = core[:-1]
    reader = _Reader(core)
    tree = reader.choice()
    if reader.rest():
        raise Unsure
    try:
        re.compile(core)
    except (re.error, OverflowError, RecursionError) as error:
        raise Unsure from error
    return tree


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def rest(self) -> str:
        return self._text[self._at :]

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        character = self._peek()
        if not character:
            raise Unsure
        self._at += 1
        return character

    def _skip(self, wanted: str) -> bool:
        found = self._text.startswith(wanted, self._at)
        self._at += len(wanted) if found else 0
        return found

    def choice(self) -> Node:
        branches = [self._sequence()]
        while self._skip("|"):
            branches.append(self._sequence())
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def _sequence(self) -> Node:
        parts = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom()))
        return Sequence(tuple(parts))

    def _repeated(self, part: Node) -> Node:
        least = 1
        most: int | None = 1
        if self._skip("?"):
            least = 0
        elif self._skip("*"):
            least, most = 0, None
        elif self._skip("+"):
            most = None
        elif counted := _COUNTED.match(self._text, self._at):
            self._at = counted.end()
            least = int(counted[1])
            most = least if counted[2] is None else int(counted[3]) if counted[3] else None
        else:
            return part
        # A lazy quantifier accepts the same whole texts; a possessive one does not.
        self._skip("?")
        if self._peek() in tuple("?*+{") or max(least, most or 0) > _MOST_REPEATS:
            raise Unsure
        return Repeat(part, least, most)

    def _atom(self) -> Node:
        character = self._take()
        if character == "(":
            return self._group()
        if character == "[":
            return self._class()
        if character == ".":
            return _all_but(frozenset([ord("\n")]))
        if character == "\\":
            return Characters(self._escape())
        if character in "^$)]}{?*+":
            raise Unsure
        return _one(character)

    def _group(self) -> Node:
        if self._skip("?") and not self._skip(":"):
            raise Unsure
        inside = self.choice()
        if not self._skip(")"):
            raise Unsure
        return inside

    def _escape(self) -> frozenset[int]:
        character = self._take()
        if character in _SHORTHANDS:
            return _SHORTHANDS[character]
        if character in _CONTROLS:
            return frozenset([_CONTROLS[character]])
        if character in _HEXADECIMAL:
            size = _HEXADECIMAL[character]
            digits = self._text[self._at : self._at + size]
            self._at += size
            return _point(int(digits, 16))
        if character.isalnum():
            raise Unsure
        return _point(ord(character))

    def _class(self) -> Characters:
        negated = self._skip("^")
        points: set[int] = set()
        first = True
        while first or self._peek() != "]":
            if _RISKY_IN_CLASS.match(self._text, self._at) or self._peek() == "[":
                raise Unsure
            points |= self._class_item(negated)
            first = False
        self._at += 1
        return _all_but(frozenset(points)) if negated else Characters(frozenset(points))

    def _class_item(self, negated: bool) -> frozenset[int]:
        low = self._class_character(negated)
        ends = self._text[self._at + 1 : self._at + 2]
        if self._peek() != "-" or ends in ("", "]"):
            return low
        self._at += 1
        high = self._class_character(negated)
        if len(low) != 1 or len(high) != 1:
            raise Unsure
        return frozenset(range(min(low), min(high) + 1))

    def _class_character(self, negated: bool) -> frozenset[int]:
        character = self._take()
        if character != "\\":
            return _point(ord(character))
        if negated and self._peek() in tuple(_SHORTHANDS):
            # Narrowed to ASCII, it would make what is left too wide.
            raise Unsure
        return self._escape()


def _point(point: int) -> frozenset[int]:
    if point >= TWO_BYTES:
        raise Unsure
    return frozenset([point])


def _one(character: str) -> Node:
    if ord(character) < TWO_BYTES:
        return Characters(frozenset([ord(character)]))
    try:
        return Literal(character.encode())
    except UnicodeEncodeError as error:  # a surrogate
        raise Unsure from error


def _all_but(points: frozenset[int]) -> Characters:
    return Characters(frozenset(range(TWO_BYTES)) - points, above=True)
