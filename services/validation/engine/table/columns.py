"""Judges the columns of a block: what is certainly valid is set aside at once, the rest by distinct text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from services.validation.engine.checks import ValueCheck
from services.validation.engine.table.accept import Accept, acceptor
from services.validation.engine.table.header import Column
from services.validation.engine.table.problems import CellJudge
from services.validation.engine.table.view import NO_OFFSETS, BlockView
from services.validation.engine.text.blocks import Offsets

_MANY_NEW_TEXTS = 64
_FEW_TEXTS = 64
_SOUND_LIMIT = 50_000


@dataclass(frozen=True, slots=True)
class Faults:
    """Cells of a block with something wrong: where (ascending) and their texts (None: the cell is missing)."""

    offsets: Offsets
    texts: tuple[str | None, ...]


NO_FAULTS = Faults(NO_OFFSETS, ())
FaultsByColumn = dict[int, Faults]


class ColumnChecker:
    """Finds the faulty cells of one column, block after block."""

    def __init__(self, column: Column, checks: Sequence[ValueCheck] = ()) -> None:
        field = column.field
        self.column = column
        self.index = column.index
        self.judge = CellJudge(field, checks)
        self._sound: set[str] = set()
        self._seen_any = False
        text_like = field.type == "any" or (field.type == "string" and field.format == "default")
        constraints = field.constraints.keys() - {"unique"}
        # Nothing at all to judge, or nothing but emptiness.
        self.trivial = text_like and not checks and not field.required and not constraints - {"required"}
        self.only_required = text_like and not checks and field.required and not constraints - {"required"}
        self.checks = tuple(checks)

    @cached_property
    def certain(self) -> pl.Expr | None:
        """True where there is certainly nothing to tell about a cell; None when nothing quick is certain."""
        accept = acceptor(self.column.field)
        others = [check.accept for check in self.checks]
        known: list[Accept] = [part for part in (accept, *others) if part is not None]
        text = pl.col(str(self.index))
        values = sorted(self.judge.missing)
        absent = text.is_null()
        if values == [""]:
            absent = absent | (text == "")
        elif values:
            absent = absent | text.is_in(pl.Series(values, dtype=pl.String).implode())
        if len(known) < 1 + len(others):
            return None if self.judge.field.required else absent
        good = pl.all_horizontal([part(text) for part in known]).fill_null(False)
        return good & ~absent if self.judge.field.required else good | absent

    def without_expression(self, view: BlockView) -> Faults:
        """The faulty cells, when emptiness is all that matters."""
        where = np.flatnonzero(view.missing(self.index, self.judge.missing))
        if not len(where):
            return NO_FAULTS
        return Faults(where.astype(np.int64), tuple(view.texts(self.index).gather(where).to_list()))

    def faults_among(self, texts: pl.Series, where: Offsets) -> Faults:
        """The faulty ones among the cells at `where`, which `certain` does not accept."""
        if not len(where):
            return NO_FAULTS
        return self.faults_of(texts.gather(where) if len(where) < len(texts) else texts, where)

    def faults_of(self, looked_at: pl.Series, where: Offsets) -> Faults:
        """The faulty ones among these texts, which are the cells at `where`."""
        distinct = looked_at.unique().to_list()
        bad = [text for text in distinct if self.judge(text).problems]
        if not bad:
            return NO_FAULTS
        if len(bad) < len(distinct):
            wrong = looked_at.is_in(pl.Series(bad, dtype=pl.String).implode(), nulls_equal=True)
            where, looked_at = where[wrong.to_numpy()], looked_at.filter(wrong)
        return Faults(where.astype(np.int64), tuple(looked_at.to_list()))

    def faults_in(self, texts: Sequence[str | None], where: Offsets) -> Faults:
        """The same for a few texts, for which no table is worth making."""
        bad = [at for at, text in enumerate(texts) if self.judge(text).problems]
        return Faults(where[bad].astype(np.int64), tuple(texts[at] for at in bad)) if bad else NO_FAULTS

    def faults_in_dictionary(self, view: BlockView) -> Faults:
        """The faulty cells of a dictionary column: each distinct text is looked at once."""
        column = view.block.columns[self.index]
        texts = column.dictionary.to_pylist()
        new = [code for code, text in enumerate(texts) if text not in self._sound]
        if new:
            new = self._not_certain(texts, new)
        bad = [code for code in new if self.judge(texts[code]).problems]
        self._remember(texts[code] for code in new if not self.judge(texts[code]).problems)
        holes = column.null_count and bool(self.judge(None).problems)
        if not bad and not holes:
            return NO_FAULTS
        codes = view.codes(self.index)
        where = np.flatnonzero(np.isin(codes, [*bad, -1] if holes else bad)).astype(np.int64)
        return Faults(where, tuple(texts[code] if code >= 0 else None for code in codes[where].tolist()))

    def _not_certain(self, texts: Sequence[str], new: list[int]) -> list[int]:
        """Of many texts never seen, those that need the exact judgement."""
        if self.certain is None or (self._seen_any and len(new) <= _MANY_NEW_TEXTS):
            return new
        self._seen_any = True
        fresh = pl.Series(str(self.index), [texts[code] for code in new], dtype=pl.String)
        sure = fresh.to_frame().select(self.certain).to_series().to_list()
        self._remember(texts[code] for code, good in zip(new, sure, strict=True) if good)
        return [code for code, good in zip(new, sure, strict=True) if not good]

    def _remember(self, texts: Iterable[str]) -> None:
        if len(self._sound) > _SOUND_LIMIT:
            self._sound.clear()
        self._sound.update(texts)


class ColumnSet:
    """The checkers of a table, run together on a block."""

    def __init__(self, checkers: Sequence[ColumnChecker]) -> None:
        self._checkers = [checker for checker in checkers if not checker.trivial]
        self._expressions: dict[tuple[int, ...], list[pl.Expr]] = {}

    def faults(self, view: BlockView) -> FaultsByColumn:
        """The faults of a block, by column index; only columns that have some."""
        faults: FaultsByColumn = {}
        together: list[ColumnChecker] = []
        scanned = view.block.scanned
        for checker in self._checkers:
            if scanned is not None and checker.index in scanned.suspects:
                suspects = scanned.suspects[checker.index]
                if len(suspects.offsets) > _FEW_TEXTS:
                    faults[checker.index] = checker.faults_of(*view.suspects(checker.index))
                elif len(suspects.offsets):
                    faults[checker.index] = checker.faults_in(suspects.texts.to_pylist(), suspects.offsets)
            elif view.is_coded(checker.index):
                faults[checker.index] = checker.faults_in_dictionary(view)
            elif checker.only_required:
                faults[checker.index] = checker.without_expression(view)
            elif checker.certain is None:
                every = np.arange(view.block.length)
                faults[checker.index] = checker.faults_among(view.texts(checker.index), every)
            else:
                together.append(checker)
        if together:
            doubtful = self._suspects(together, view)
            for checker in together:
                texts = view.texts(checker.index)
                where = np.flatnonzero(doubtful[str(checker.index)].to_numpy())
                faults[checker.index] = checker.faults_among(texts, where)
        return {index: found for index, found in faults.items() if found.texts}

    def _suspects(self, checkers: Sequence[ColumnChecker], view: BlockView) -> pl.DataFrame:
        key = tuple(checker.index for checker in checkers)
        wanted = self._expressions.get(key)
        if wanted is None:
            wanted = self._expressions[key] = [
                (~checker.certain).alias(str(checker.index))
                for checker in checkers
                if checker.certain is not None
            ]
        return view.frame(key).select(wanted)


def values_only(view: BlockView, checker: ColumnChecker, faults: Faults | None) -> pl.Series:
    """The texts of a column, null where the value is missing or of the wrong type."""
    absent = view.missing(checker.index, checker.judge.missing)
    if faults is not None:
        judge = checker.judge
        refused = [
            offset
            for offset, text in zip(faults.offsets.tolist(), faults.texts, strict=True)
            if not judge(text).has_value
        ]
        absent = absent.copy()
        absent[refused] = True
    return view.texts_but(checker.index, absent)
