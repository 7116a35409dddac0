"""`sheet.c` called from Python: the XML of shared strings and of a sheet in, delimited text out."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any, Self

from services.validation.engine.scan import LIBRARY

_GIVE_UP, _NO_MEMORY = -1, -2
_COMPLETE = 2


class GivenUp(Exception):
    """The sheet is not regular enough to be read here."""


@dataclass(frozen=True, slots=True)
class Column:
    """How the values of a column are written; `days` and `times` are None when the C side does not know how."""

    warns: bool = False
    padded: bool = False
    decimal: str = "."
    days: int | None = 0
    moments: bool = True
    times: bool = True
    yes: str = "true"
    no: str = "false"


@dataclass(frozen=True, slots=True)
class Styles:
    """By style: what it makes of a number (0 a number, 1 a moment, 2 another thing), how many digits it shows."""

    kinds: bytes
    pads: bytes
    is_1904: bool


class _Buffer(ctypes.Structure):
    _fields_ = (("data", ctypes.c_void_p), ("size", ctypes.c_int64), ("room", ctypes.c_int64))

    def view(self) -> memoryview:
        """Its bytes where they are, until the next call."""
        if not self.size:
            return memoryview(b"")
        return memoryview((ctypes.c_char * self.size).from_address(self.data)).cast("B")


class _Strings(ctypes.Structure):
    _fields_ = (("text", _Buffer), ("ends", _Buffer), ("scratch", _Buffer), ("consumed", ctypes.c_int64))


class _Column(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int32) for name in ("warns", "padded", "decimal", "days", "moments", "times")),
        ("yes", ctypes.c_char_p),
        ("no", ctypes.c_char_p),
        ("numbers", ctypes.c_int64),
        ("example", ctypes.c_char * 48),
    )


class _Sheet(ctypes.Structure):
    _fields_ = (
        ("shared", ctypes.POINTER(_Strings)),
        ("kinds", ctypes.c_char_p),
        ("pads", ctypes.c_char_p),
        ("columns", ctypes.POINTER(_Column)),
        *((name, ctypes.c_int64) for name in ("styles", "most", "wanted", "next_line")),
        *((name, ctypes.c_int32) for name in ("left", "width", "is_1904")),
        *((name, ctypes.c_int32) for name in ("leftmost", "rightmost", "filled", "cursor", "unused")),
        *((name, ctypes.c_int64) for name in ("top", "bottom", "cells", "formulas", "written", "consumed")),
        ("line", ctypes.c_int64),
        ("text", _Buffer),
        ("special", _Buffer),
        ("scratch", _Buffer),
    )


_FUNCTIONS: dict[str, tuple[tuple[Any, ...], Any]] = {
    "socle_strings": ((ctypes.POINTER(_Strings), ctypes.c_char_p, *[ctypes.c_int64] * 2), ctypes.c_int),
    "socle_strings_free": ((ctypes.POINTER(_Strings),), None),
    "socle_sheet": ((ctypes.POINTER(_Sheet), ctypes.c_char_p, ctypes.c_int64), ctypes.c_int),
    "socle_sheet_free": ((ctypes.POINTER(_Sheet),), None),
}


def available() -> bool:
    """Whether the library was compiled when Socle was installed."""
    return _library() is not None


class SharedStrings:
    """The shared strings of a workbook. A context manager: what it holds is freed at the end."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = _Strings()
        self._checked = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        _loaded().socle_strings_free(ctypes.byref(self._held))

    def add(self, xml: bytes) -> int:
        """Read the strings of a piece; gives where they end. Raises GivenUp, MemoryError."""
        _judged(_loaded().socle_strings(ctypes.byref(self._held), xml, len(xml), self._most))
        _check_utf8(self._held.text.view()[self._checked :])
        self._checked = self._held.text.size
        return int(self._held.consumed)

    @property
    def pointer(self) -> Any:
        """What the C side reads."""
        return ctypes.pointer(self._held)


class SheetText:
    """A sheet becoming text, piece by piece. A context manager, as `SharedStrings`.

    `columns` are those from `left` on; with `lines`, only that many are wanted, from the first that has a cell on,
    and `special` then tells which cells are numbers. Lines before `first_line` are read and not written.
    """

    def __init__(
        self,
        strings: SharedStrings,
        styles: Styles,
        columns: Sequence[Column],
        *,
        most: int,
        left: int = 0,
        first_line: int = 0,
        lines: int = 0,
    ) -> None:
        self._columns = (_Column * (len(columns) + 1))(*map(_as_c, [*columns, Column(padded=not lines)]))
        self.found = _Sheet(
            shared=strings.pointer,
            kinds=styles.kinds,
            pads=styles.pads,
            columns=self._columns,
            styles=len(styles.kinds),
            most=most,
            wanted=lines,
            next_line=first_line,
            left=left,
            width=len(columns),
            is_1904=styles.is_1904,
            leftmost=-1,
            rightmost=-1,
        )
        self._held = (strings, styles)
        self.complete = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        _loaded().socle_sheet_free(ctypes.byref(self.found))

    def add(self, xml: bytes) -> memoryview:
        """The text of a piece of whole rows, until the next call. Raises GivenUp, MemoryError."""
        status = _judged(_loaded().socle_sheet(ctypes.byref(self.found), xml, len(xml)))
        self.complete = status == _COMPLETE
        text: memoryview = self.found.text.view()
        _check_utf8(text)
        return text

    @property
    def special(self) -> list[tuple[int, int, int]]:
        """Line, column and kind (0 a number, 1 a moment) of the cells that are not texts."""
        return list(struct.iter_unpack("=III", self.found.special.view()))

    def numbers(self, column: int) -> tuple[int, str]:
        """How many whole numbers were met in a column that warns, and the first one."""
        found = self._columns[column]
        return found.numbers, found.example.decode("ascii")


def _check_utf8(text: memoryview) -> None:
    try:
        str(text, "utf-8")
    except UnicodeDecodeError as error:
        raise GivenUp from error


def _judged(status: int) -> int:
    if status == _GIVE_UP:
        raise GivenUp
    if status == _NO_MEMORY:
        raise MemoryError
    return status


def _as_c(column: Column) -> _Column:
    return _Column(
        warns=column.warns,
        padded=column.padded,
        decimal=ord(column.decimal),
        days=-1 if column.days is None else column.days,
        moments=0 if column.moments else -1,
        times=0 if column.times else -1,
        yes=_cell(column.yes),
        no=_cell(column.no),
    )


def _cell(text: str) -> bytes:
    """A text as a cell of delimited text."""
    special = any(mark in text for mark in ',"\r\n')
    return ('"' + text.replace('"', '""') + '"' if special else text).encode("utf-8", "replace")


@cache
def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(str(LIBRARY))
        for name, (arguments, result) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.argtypes, function.restype = arguments, result
    except (OSError, AttributeError):
        return None
    return library


def _loaded() -> Any:
    library = _library()
    assert library is not None, "the library is not compiled: see `available`"
    return library
