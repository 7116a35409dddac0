"""`scan.c` called from Python: a piece of text and rules in, records, suspects and kept columns out."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from services.validation.engine.scan import LIBRARY
from services.validation.engine.scan.rules import Rule

Numbers = npt.NDArray[np.uint32]


class _Rule(ctypes.Structure):
    _fields_ = (
        ("classes", ctypes.c_void_p),
        ("moves", ctypes.c_void_p),
        ("accepts", ctypes.c_void_p),
        ("width", ctypes.c_int32),
        ("judged", ctypes.c_int32),
        ("required", ctypes.c_int32),
        ("kept", ctypes.c_int32),
        ("luhn", ctypes.c_int32),
        ("shortest", ctypes.c_int32),
        ("longest", ctypes.c_int32),
        ("bounded", ctypes.c_int32),
        ("few", ctypes.c_int32),
        ("unused", ctypes.c_int32),
        ("low", ctypes.c_double),
        ("high", ctypes.c_double),
        ("first", ctypes.c_char_p),
        ("last", ctypes.c_char_p),
    )


class _Buffer(ctypes.Structure):
    """`bytes` and `numbers` of the C side: `size` counts bytes or 32-bit numbers."""

    _fields_ = (("data", ctypes.c_void_p), ("size", ctypes.c_int64), ("room", ctypes.c_int64))


class _Result(ctypes.Structure):
    _fields_ = (
        ("records", ctypes.c_int64),
        ("consumed", ctypes.c_int64),
        ("irregular", ctypes.c_int32),
        ("failed", ctypes.c_int32),
        ("garbled", ctypes.c_int32),
        ("unused", ctypes.c_int32),
        ("bad_utf8", ctypes.c_int64),
        ("starts", _Buffer),
        ("suspects", _Buffer),
        ("texts", _Buffer),
        ("blanks", _Buffer),
        ("ragged", _Buffer),
        ("breaks", _Buffer),
        ("kept", ctypes.POINTER(_Buffer)),
        ("kept_ends", ctypes.POINTER(_Buffer)),
        ("columns", ctypes.c_int32),
    )


@dataclass(frozen=True, slots=True)
class Piece:
    """What one pass found. Records are numbered from 0 and begin at `starts`.

    `suspects` gives records (ascending) and texts by column.

    The cells of the `ragged` records, of another width than the header, are neither judged nor, past the end, kept;
    `breaks` has (record, line ends inside it).
    """

    records: int
    consumed: int
    irregular: bool
    garbled: bool
    bad_utf8: int | None
    starts: Numbers
    suspects: Mapping[int, tuple[Numbers, pa.StringArray]]
    blanks: Numbers
    ragged: Numbers
    breaks: Numbers
    kept: Mapping[int, pa.StringArray] = field(default_factory=dict)


class Rules:
    """The rules of a table's columns, as the C side reads them."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self.array = (_Rule * len(self.rules))(*map(_as_c, self.rules))


def available() -> bool:
    """Whether the library was compiled when Socle was installed."""
    return _library() is not None


def cut(text: bytearray, size: int) -> int:
    """Where to cut the first `size` bytes so that they end with a record, by the parity of quotes; 0: nowhere."""
    found: int = _loaded().socle_cut(_start(text), size)
    return found


def scan(text: bytearray, size: int, rules: Rules, delimiter: str, *, at_end: bool) -> Piece:
    """Read the records in the first `size` bytes of `text`; `at_end` when nothing follows. Raises MemoryError."""
    library = _loaded()
    pointer = library.socle_scan(_start(text), size, at_end, ord(delimiter), len(rules.rules), rules.array)
    if not pointer:
        raise MemoryError
    try:
        found = pointer.contents
        if found.failed:
            raise MemoryError
        return _piece(found, rules)
    finally:
        library.socle_free(pointer)


def _start(text: bytearray) -> Any:
    """A pointer to the first byte, no copy made; the text cannot change its size while the pointer lives."""
    return (ctypes.c_char * len(text)).from_buffer(text) if text else b""


@cache
def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(str(LIBRARY))
    except OSError:
        return None
    library.socle_cut.argtypes = (ctypes.c_void_p, ctypes.c_int64)
    library.socle_cut.restype = ctypes.c_int64
    library.socle_scan.argtypes = (
        *(ctypes.c_void_p, ctypes.c_int64, ctypes.c_int32, ctypes.c_uint8, ctypes.c_int32),
        ctypes.POINTER(_Rule),
    )
    library.socle_scan.restype = ctypes.POINTER(_Result)
    library.socle_free.argtypes = (ctypes.POINTER(_Result),)
    library.socle_free.restype = None
    return library


def _loaded() -> Any:
    library = _library()
    assert library is not None, "the scan library is not compiled: see `available`"
    return library


def _as_c(rule: Rule) -> _Rule:
    table = rule.automaton
    infinity = float("inf")
    return _Rule(
        classes=table.classes.ctypes.data if table else None,
        moves=table.moves.ctypes.data if table else None,
        accepts=table.accepts.ctypes.data if table else None,
        width=table.width if table else 1,
        judged=rule.judged,
        required=rule.required,
        kept=rule.kept,
        luhn=rule.luhn,
        shortest=rule.shortest,
        longest=rule.longest,
        bounded=rule.low is not None or rule.high is not None,
        few=rule.few,
        low=-infinity if rule.low is None else rule.low,
        high=infinity if rule.high is None else rule.high,
        first=rule.first,
        last=rule.last,
    )


def _numbers(buffer: _Buffer, width: int = 1) -> Numbers:
    """A copy: the C side frees its own."""
    data = ctypes.string_at(buffer.data, buffer.size * 4) if buffer.size else b""
    numbers = np.frombuffer(data, np.uint32)
    return numbers.reshape(-1, width) if width > 1 else numbers


def _texts(ends: Numbers, data: bytes) -> pa.StringArray:
    offsets = np.zeros(len(ends) + 1, np.int32)
    offsets[1:] = ends
    return pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(data))


def _octets(buffer: _Buffer) -> bytes:
    return ctypes.string_at(buffer.data, buffer.size) if buffer.size else b""


def _piece(found: _Result, rules: Rules) -> Piece:
    kept = {
        column: _texts(_numbers(found.kept_ends[column]), _octets(found.kept[column]))
        for column, rule in enumerate(rules.rules)
        if rule.kept
    }
    return Piece(
        records=found.records,
        consumed=found.consumed,
        irregular=bool(found.irregular),
        garbled=bool(found.garbled),
        bad_utf8=None if found.bad_utf8 < 0 else found.bad_utf8,
        starts=_numbers(found.starts),
        suspects=_by_column(_numbers(found.suspects, 3), _octets(found.texts)),
        blanks=_numbers(found.blanks),
        ragged=_numbers(found.ragged),
        breaks=_numbers(found.breaks, 2),
        kept=kept,
    )


def _by_column(suspects: Numbers, data: bytes) -> dict[int, tuple[Numbers, pa.StringArray]]:
    if not len(suspects):
        return {}
    texts = _texts(suspects[:, 2], data)
    found = {}
    for column in np.unique(suspects[:, 0]).tolist():
        where = np.flatnonzero(suspects[:, 0] == column)
        found[column] = (suspects[where, 1], texts.take(pa.array(where)))
    return found
