"""Harm that tools do to a whole column, noticed while it is judged and told as warnings.

Mojibake (text read in the wrong encoding) is looked for in every cell, by a scan of bytes that costs next to nothing on
sound files. Swapped coordinates are looked for in the first points of each pair of columns named so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from services.validation.engine.checks.recognise import columns_swapped, repair_mojibake
from services.validation.engine.labels import plain
from services.validation.engine.messages import Finding
from services.validation.engine.table.header import Column
from services.validation.engine.table.view import BlockView

# A garbled sequence in UTF-8: « Ã », « Â », « Å » or « â », then a sign that an accented letter's second byte became.
_LEAD = 0xC3
_SECOND = np.isin(np.arange(256), [0x82, 0x83, 0x85, 0xA2])
_THIRD = np.isin(np.arange(256), [0x20, 0xC2, 0xC5, 0xC6, 0xCB, 0xE2])
_GARBLED = "[ÃÂÅâ][^A-Za-z]"
_POINTS = 1_000
_LONGITUDES = frozenset({"longitude", "long", "lon", "lng", "xlong"})
_LATITUDES = frozenset({"latitude", "lat", "ylat"})


@dataclass(slots=True)
class _Garbled:
    """The garbled cells of a column: how many, and the first of them."""

    count: int
    row: int
    line: int
    cell: str
    meant: str


class Doubts:
    """Looks at blocks as they come; `findings` tells at the end."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._texts = [column for column in columns if column.field.type in ("string", "any")]
        self._garbled: dict[int, _Garbled] = {}
        self._pair = _coordinates(columns)
        self._points: list[pl.DataFrame] = []
        self._seen = 0

    @property
    def columns(self) -> frozenset[int]:
        """The columns whose texts must be kept for this."""
        return frozenset(column.index for column in self._pair or ())

    def look(self, view: BlockView) -> None:
        """Look at one block."""
        for column in self._texts if view.block.scanned is None else ():
            if _may_be_garbled(view, column.index):
                self._count_garbled(view, column)
        if self._pair is not None and self._seen < _POINTS:
            x, y = (view.texts(column.index).head(_POINTS) for column in self._pair)
            self._points.append(pl.DataFrame({"x": x, "y": y}))
            self._seen += len(x)

    def _count_garbled(self, view: BlockView, column: Column) -> None:
        texts = view.texts(column.index)
        where = np.flatnonzero(texts.str.contains(_GARBLED).fill_null(False).to_numpy())
        meant = {text: repair_mojibake(text) for text in texts.gather(where).unique()}
        bad = [offset for offset in where.tolist() if meant[texts[offset]] is not None]
        if not bad:
            return
        known = self._garbled.get(column.index)
        if known is not None:
            known.count += len(bad)
            return
        first, cell = bad[0], texts[bad[0]]
        self._garbled[column.index] = _Garbled(
            len(bad), view.row(first), view.line(first), cell, meant[cell] or ""
        )

    def findings(self) -> list[Finding]:
        """What is to be told, in the order of the columns."""
        found = [self._garbled_finding(column) for column in self._texts if column.index in self._garbled]
        if self._pair is not None and self._points:
            points = pl.concat(self._points)
            if columns_swapped(points["x"], points["y"]):
                longitude, latitude = self._pair
                params = {"longitude": longitude.field.name, "latitude": latitude.field.name}
                found.append(Finding("swapped-coordinates", "swapped-coordinates", params, level="warning"))
        return found

    def _garbled_finding(self, column: Column) -> Finding:
        garbled = self._garbled[column.index]
        return Finding(
            "mojibake",
            "mojibake",
            {"field": column.field.name, "count": garbled.count, "meant": garbled.meant},
            level="warning",
            row=garbled.row,
            line=garbled.line,
            field=column.field.name,
            field_number=column.number,
            cell=garbled.cell,
        )


def _coordinates(columns: Sequence[Column]) -> tuple[Column, Column] | None:
    """The columns of longitudes and latitudes, when the header names one of each."""
    axes = [(plain(column.field.name), column) for column in columns]
    longitudes = [column for axis, column in axes if axis in _LONGITUDES]
    latitudes = [column for axis, column in axes if axis in _LATITUDES]
    return (longitudes[0], latitudes[0]) if len(longitudes) == len(latitudes) == 1 else None


def _may_be_garbled(view: BlockView, index: int) -> bool:
    column = view.block.columns[index]
    texts = column.dictionary if pa.types.is_dictionary(column.type) else column
    data = texts.buffers()[2]
    if data is None:
        return False
    # The whole buffer, slices of the column included: too much is only looked at for nothing.
    octets = np.frombuffer(data, np.uint8)
    leads = np.flatnonzero(octets[:-2] == _LEAD)
    return bool((_SECOND[octets[leads + 1]] & _THIRD[octets[leads + 2]]).any())
