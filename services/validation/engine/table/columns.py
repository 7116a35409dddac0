"""Judges one column of a block: what is certainly valid is set aside at once, the rest by distinct text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from services.validation.engine.checks import ValueCheck
from services.validation.engine.table.accept import Accept, acceptor
from services.validation.engine.table.header import Column
from services.validation.engine.table.problems import CellJudge

Offsets = npt.NDArray[np.int64]
NO_OFFSETS: Offsets = np.empty(0, np.int64)
_MANY_NEW_TEXTS = 64
_SOUND_LIMIT = 50_000


@dataclass(frozen=True, slots=True)
class Faults:
    """Cells of a block with something wrong: where (ascending) and their texts (None: the cell is missing)."""

    offsets: Offsets
    texts: tuple[str | None, ...]


NO_FAULTS = Faults(NO_OFFSETS, ())


def as_texts(column: pa.Array) -> pl.Series:
    """A column of a block as a polars String series."""
    plain = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    series = pl.from_arrow(plain)
    assert isinstance(series, pl.Series)
    return series


class ColumnChecker:
    """Finds the faulty cells of one column, block after block."""

    def __init__(self, column: Column, checks: Sequence[ValueCheck] = ()) -> None:
        field = column.field
        self.column = column
        self.judge = CellJudge(field, checks)
        self._sound: set[str] = set()
        self._missing = sorted(self.judge.missing)
        accept = acceptor(field)
        self.accept: Accept | None = accept
        parts = [check.accept for check in checks]
        if accept is not None and parts:
            known = [part for part in parts if part is not None]
            self.accept = _both(accept, known) if len(known) == len(parts) else None
        text_like = field.type == "any" or (field.type == "string" and field.format == "default")
        self.trivial = text_like and not checks and not (field.constraints.keys() - {"unique"})

    def certain(self, text: pl.Expr) -> pl.Expr:
        """True where there is certainly nothing to tell about a cell."""
        good = self.accept(text).fill_null(False) if self.accept is not None else pl.lit(False)
        if not self._missing:
            return good if self.judge.field.required else good | text.is_null()
        absent = text == "" if self._missing == [""] else text.is_in(pl.Series(self._missing).implode())
        if self.judge.field.required:
            return good & ~absent.fill_null(True)
        return good | absent.fill_null(True)

    def faults_among(self, texts: pl.Series, suspects: pl.Series) -> Faults:
        """The faulty ones among the `suspects` (a boolean series, true where `certain` is not)."""
        where = suspects.arg_true()
        if not len(where):
            return NO_FAULTS
        looked_at = texts.gather(where)
        distinct = looked_at.unique().to_list()
        bad = [text for text in distinct if self.judge(text).problems]
        if not bad:
            return NO_FAULTS
        if len(bad) < len(distinct):
            wrong = looked_at.is_in(pl.Series(bad, dtype=pl.String).implode(), nulls_equal=True)
            where, looked_at = where.filter(wrong), looked_at.filter(wrong)
        return Faults(where.to_numpy().astype(np.int64), tuple(looked_at.to_list()))

    def faults_in_dictionary(self, column: pa.DictionaryArray) -> Faults:
        """The faulty cells of a dictionary column: each distinct text is looked at once."""
        texts = column.dictionary.to_pylist()
        new = [code for code, text in enumerate(texts) if text not in self._sound]
        if len(new) > _MANY_NEW_TEXTS and self.accept is not None:
            fresh = pl.Series("text", [texts[code] for code in new], dtype=pl.String)
            sure = fresh.to_frame().select(self.certain(pl.col("text"))).to_series().to_list()
            self._remember(texts[code] for code, good in zip(new, sure, strict=True) if good)
            new = [code for code, good in zip(new, sure, strict=True) if not good]
        bad = [code for code in new if self.judge(texts[code]).problems]
        self._remember(texts[code] for code in new if not self.judge(texts[code]).problems)
        holes = column.null_count and bool(self.judge(None).problems)
        if not bad and not holes:
            return NO_FAULTS
        codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        wanted = np.array([*bad, -1] if holes else bad)
        where = np.flatnonzero(np.isin(codes, wanted)).astype(np.int64)
        return Faults(where, tuple(texts[code] if code >= 0 else None for code in codes[where].tolist()))

    def _remember(self, texts: Iterable[str]) -> None:
        if len(self._sound) > _SOUND_LIMIT:
            self._sound.clear()
        self._sound.update(texts)


def _both(accept: Accept, others: Sequence[Accept]) -> Accept:
    return lambda text: pl.all_horizontal(accept(text), *(other(text) for other in others))


def find_faults(checkers: Sequence[ColumnChecker], columns: Sequence[pa.Array]) -> dict[int, Faults]:
    """The faults of a block, by column index; only columns that have some."""
    faults: dict[int, Faults] = {}
    plain: dict[int, pl.Series] = {}
    for checker in checkers:
        index = checker.column.index
        if checker.trivial:
            continue
        column = columns[index]
        if pa.types.is_dictionary(column.type):
            faults[index] = checker.faults_in_dictionary(column)
        else:
            plain[index] = as_texts(column)
    if plain:
        by_index = {checker.column.index: checker for checker in checkers}
        frame = pl.DataFrame({str(index): series for index, series in plain.items()})
        suspects = frame.select(
            (~by_index[index].certain(pl.col(str(index)))).alias(str(index)) for index in plain
        )
        for index, series in plain.items():
            faults[index] = by_index[index].faults_among(series, suspects[str(index)])
    return {index: found for index, found in faults.items() if found.texts}


def missing_mask(column: pa.Array, missing: frozenset[str]) -> npt.NDArray[np.bool_]:
    """Where a cell is missing: its text is a missing value, or the record has no such cell."""
    if pa.types.is_dictionary(column.type):
        codes = [code for code, text in enumerate(column.dictionary.to_pylist()) if text in missing]
        return np.isin(column.indices.fill_null(-1).to_numpy(zero_copy_only=False), [*codes, -1])
    if missing == {""}:
        offsets = np.frombuffer(column.buffers()[1], np.int32)
        window = offsets[column.offset : column.offset + len(column) + 1]
        return np.asarray(np.diff(window) == 0)
    texts = as_texts(column)
    wanted = pl.Series(sorted(missing), dtype=pl.String)
    return np.asarray((texts.is_in(wanted.implode()) | texts.is_null()).to_numpy())


def values_only(column: pa.Array, checker: ColumnChecker, faults: Faults | None) -> pl.Series:
    """The texts of a column, null where the value is missing or of the wrong type."""
    texts = as_texts(column)
    absent = missing_mask(column, checker.judge.missing)
    if faults is not None:
        judge = checker.judge
        refused = [
            offset
            for offset, text in zip(faults.offsets.tolist(), faults.texts, strict=True)
            if not judge(text).has_value
        ]
        absent = absent.copy()
        absent[refused] = True
    return texts.set(pl.Series(absent), None) if absent.any() else texts
