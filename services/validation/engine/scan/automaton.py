"""Regular expressions as tables that a scan follows byte by byte."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from services.validation.engine.scan.expressions import (
    Characters,
    Choice,
    Literal,
    Node,
    Repeat,
    Sequence,
    Unsure,
    parse,
)

_MOST_STATES = 2_000
_MOST_STEPS = 20_000
_TAIL = frozenset(range(0x80, 0xC0))
Octets = frozenset[int]


@dataclass(frozen=True, slots=True)
class Automaton:
    """A table: `classes[byte]`, `moves[state + class]`, `accepts[state // width]`.

    States are multiples of `width`, the number of classes: 0 refuses everything, `width` is the first one.
    """

    classes: npt.NDArray[np.uint8]
    moves: npt.NDArray[np.uint16]
    accepts: npt.NDArray[np.uint8]
    width: int

    def matches(self, text: str) -> bool:
        """Whether the whole text is accepted: what the scan does, to try an expression without one."""
        state = self.width
        for octet in text.encode():
            state = int(self.moves[state + int(self.classes[octet])])
        return bool(self.accepts[state // self.width])


@lru_cache(maxsize=512)
def automaton(pattern: str) -> Automaton | None:
    """The table of an expression that must match whole cells; None when it cannot be certain, or is too large."""
    steps = _Steps()
    try:
        start = steps.state()
        end = steps.add(parse(pattern), start)
        return _determined(steps, start, end)
    except (Unsure, RecursionError):
        return None


class _Steps:
    """A non-deterministic automaton in the making: moves on a set of bytes, and moves on nothing."""

    def __init__(self) -> None:
        self.by_byte: list[list[tuple[Octets, int]]] = []
        self.free: list[list[int]] = []

    def state(self) -> int:
        if len(self.free) >= _MOST_STEPS:
            raise Unsure
        self.by_byte.append([])
        self.free.append([])
        return len(self.free) - 1

    def add(self, node: Node, start: int) -> int:
        """Build what leads from `start` through the node; gives where it ends."""
        if isinstance(node, Characters):
            return self._characters(node, start)
        if isinstance(node, Literal):
            return self._chain(start, *(frozenset([octet]) for octet in node.octets))
        if isinstance(node, Sequence):
            for part in node.parts:
                start = self.add(part, start)
            return start
        if isinstance(node, Choice):
            end = self.state()
            for branch in node.branches:
                first = self.state()
                self.free[start].append(first)
                self.free[self.add(branch, first)].append(end)
            return end
        return self._repeat(node, start)

    def _repeat(self, node: Repeat, start: int) -> int:
        for _ in range(node.least):
            start = self.add(node.part, start)
        end = self.state()
        if node.most is None:
            loop = self.state()
            self.free[start].append(loop)
            self.free[self.add(node.part, loop)].append(loop)
            self.free[loop].append(end)
            return end
        for _ in range(node.most - node.least):
            self.free[start].append(end)
            fresh = self.state()
            self.free[start].append(fresh)
            start = self.add(node.part, fresh)
        self.free[start].append(end)
        return end

    def _chain(self, start: int, *sets: Octets) -> int:
        for octets in sets:
            following = self.state()
            self.by_byte[start].append((octets, following))
            start = following
        return start

    def _characters(self, wanted: Characters, start: int) -> int:
        end = self.state()
        simple = frozenset(point for point in wanted.points if point < 0x80)
        if simple:
            self.by_byte[start].append((simple, end))
        leads: dict[int, set[int]] = {}
        for point in wanted.points - simple:
            leads.setdefault(0xC0 | point >> 6, set()).add(0x80 | point & 0x3F)
        for lead, tails in leads.items():
            self.free[self._chain(start, frozenset([lead]), frozenset(tails))].append(end)
        if wanted.above:
            # The text is known to be UTF-8: its lead byte tells how many follow.
            for lead_bytes, tails_count in ((range(0xE0, 0xF0), 2), (range(0xF0, 0xF5), 3)):
                sets = (frozenset(lead_bytes), *([_TAIL] * tails_count))
                self.free[self._chain(start, *sets)].append(end)
        return end

    def reached(self, states: frozenset[int]) -> frozenset[int]:
        """These states and all that nothing separates from them."""
        found, waiting = set(states), list(states)
        while waiting:
            for state in self.free[waiting.pop()]:
                if state not in found:
                    found.add(state)
                    waiting.append(state)
        return frozenset(found)


def _classes(steps: _Steps) -> tuple[npt.NDArray[np.uint8], list[int]]:
    """The class of each byte (bytes that no move tells apart share one), and a byte of each class."""
    sets = {octets for moves in steps.by_byte for octets, _ in moves}
    signatures: dict[tuple[bool, ...], int] = {}
    classes = np.zeros(256, np.uint8)
    samples: list[int] = []
    ordered = list(sets)
    for octet in range(256):
        signature = tuple(octet in octets for octets in ordered)
        if signature not in signatures:
            signatures[signature] = len(samples)
            samples.append(octet)
        classes[octet] = signatures[signature]
    return classes, samples


def _determined(steps: _Steps, start: int, end: int) -> Automaton | None:
    """The deterministic automaton (subset construction)."""
    classes, samples = _classes(steps)
    width = len(samples)
    first = steps.reached(frozenset([start]))
    numbers: dict[frozenset[int], int] = {frozenset(): 0, first: 1}
    waiting = [first]
    rows: list[list[int]] = [[0] * width]
    while waiting:
        present = waiting.pop(0)
        row = []
        for octet in samples:
            moved = frozenset(
                to for state in present for octets, to in steps.by_byte[state] if octet in octets
            )
            following = steps.reached(moved)
            if following not in numbers:
                numbers[following] = len(numbers)
                waiting.append(following)
            row.append(numbers[following] * width)
        rows.append(row)
        if len(numbers) > _MOST_STATES or len(numbers) * width > 0xFFFF:
            return None
    accepts = np.array([end in states for states in numbers], np.uint8)
    return Automaton(classes, np.array(rows, np.uint16).ravel(), accepts, width)
