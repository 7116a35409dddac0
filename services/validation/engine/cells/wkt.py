"""Well-known text geometries (OGC 06-103r4): POINT, LINESTRING, POLYGON, their multiples, curves and surfaces."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_TOKEN = re.compile(
    r"\s*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[A-Za-z_][A-Za-z0-9_]*|[(),])\s*"
)
_DEEPEST = 50
_MOST_COORDINATES = 4


class _Refused(ValueError):
    pass


def is_wkt(text: str) -> bool:
    """Whether `text` is one geometry and nothing else."""
    try:
        reader = _Reader(text)
        reader.geometry(_KINDS)
        return reader.current is None
    except _Refused:
        return False


class _Reader:
    """A recursive descent over the tokens; each method consumes one production or raises."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._depth = 0
        self.current = next(self._tokens, None)

    def take(self, *wanted: str) -> bool:
        if self.current not in wanted:
            return False
        self.current = next(self._tokens, None)
        return True

    def expect(self, wanted: str) -> None:
        if not self.take(wanted):
            raise _Refused

    def geometry(self, kinds: dict[str, Production]) -> None:
        """A key word among `kinds`, its dimensions, its body."""
        body = kinds.get(self.current or "")
        if body is None:
            raise _Refused
        self.current = next(self._tokens, None)
        self.take("ZM", "Z", "M")
        body(self)

    def point(self) -> None:
        coordinates = 0
        while (
            coordinates < _MOST_COORDINATES and self.current is not None and self.current[-1] in "0123456789."
        ):
            if self.current[0].isalpha() or self.current[0] == "_":
                raise _Refused
            self.current = next(self._tokens, None)
            coordinates += 1
        if coordinates < 2:
            raise _Refused

    def list_of(self, item: Production) -> None:
        """EMPTY, or items between parentheses, separated by commas."""
        if self.take("EMPTY"):
            return
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _Refused
        self.expect("(")
        item(self)
        while self.take(","):
            item(self)
        self.expect(")")
        self._depth -= 1

    def only(self, item: Production) -> None:
        """EMPTY, or one item between parentheses."""
        if self.take("EMPTY"):
            return
        self.expect("(")
        item(self)
        self.expect(")")


Production = Callable[[_Reader], None]


def _tokens(text: str) -> Iterator[str]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _Refused
        yield match[1]
        position = match.end()


def _point_text(reader: _Reader) -> None:
    reader.only(_Reader.point)


def _line(reader: _Reader) -> None:
    reader.list_of(_Reader.point)


def _polygon(reader: _Reader) -> None:
    reader.list_of(_line)


def _triangle(reader: _Reader) -> None:
    reader.only(_line)


def _single_curve(reader: _Reader) -> None:
    reader.geometry({"CIRCULARSTRING": _line}) if reader.current == "CIRCULARSTRING" else _line(reader)


def _compound_curve(reader: _Reader) -> None:
    reader.list_of(_single_curve)


def _curve(reader: _Reader) -> None:
    curves: dict[str, Production] = {"CIRCULARSTRING": _line, "COMPOUNDCURVE": _compound_curve}
    reader.geometry(curves) if reader.current in curves else _line(reader)


def _curve_polygon(reader: _Reader) -> None:
    reader.list_of(_curve)


def _surface(reader: _Reader) -> None:
    _curve_polygon(reader) if reader.take("CURVEPOLYGON") else _polygon(reader)


def _many(item: Production) -> Production:
    return lambda reader: reader.list_of(item)


_KINDS: dict[str, Production] = {
    "POINT": _point_text,
    "LINESTRING": _line,
    "CIRCULARSTRING": _line,
    "COMPOUNDCURVE": _compound_curve,
    "CURVEPOLYGON": _curve_polygon,
    "POLYGON": _polygon,
    "TRIANGLE": _triangle,
    "MULTIPOINT": _many(_point_text),
    "MULTICURVE": _many(_curve),
    "MULTILINESTRING": _polygon,
    "MULTISURFACE": _many(_surface),
    "MULTIPOLYGON": _many(_polygon),
    "POLYHEDRALSURFACE": _many(_polygon),
    "TIN": _many(_triangle),
}
_KINDS["GEOMETRYCOLLECTION"] = _many(lambda reader: reader.geometry(_KINDS))
