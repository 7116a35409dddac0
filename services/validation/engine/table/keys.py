"""`unique`, `primaryKey` and `foreignKeys`, exactly, on any number of records in bounded memory.

During the pass only a 64-bit hash a record is kept (in memory, then on disk). Two different hashes are two
different keys; equal ones make candidates, which a second pass over the file compares as they are written.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import secrets
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO

import numpy as np
import numpy.typing as npt
import polars as pl

from services.validation.engine.table.columns import ColumnChecker, FaultsByColumn, values_only
from services.validation.engine.table.view import BlockView
from services.validation.engine.text.blocks import Block

Hashes = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]
_IN_MEMORY = 2_000_000  # hashes kept in memory for one key; beyond, they go to disk
_PARTITIONS = 64
_SEED = secrets.randbits(63)
_LONGEST_KEY = 32
_USUAL_DIGITS = 18
_FIRST_INSTANT = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
_NANS = itertools.count()
# Texts of a type that are equal exactly when their values are.
_CANONICAL = {
    "integer": r"^(?:0|-?[1-9][0-9]{0,17})$",
    "number": r"^(?:0|-?[1-9][0-9]{0,17})$",
    "year": r"^[1-9][0-9]{3}$",
}


class HashLog:
    """(hash, row) pairs in the order of rows; spills to temporary files beyond a bound."""

    def __init__(self, in_memory: int = _IN_MEMORY) -> None:
        self._bound = in_memory
        self._held: list[tuple[Hashes, Rows]] = []
        self._count = 0
        self._files: list[IO[bytes]] = []

    def add(self, hashes: Hashes, rows: Rows) -> None:
        self._held.append((hashes, rows))
        self._count += len(hashes)
        if self._count > self._bound:
            self._spill()

    def parts(self) -> Iterator[tuple[Hashes, Rows]]:
        """All pairs, in one part or several; equal hashes are in the same part."""
        if not self._files:
            yield self._joined()
            return
        self._spill()
        for file in self._files:
            file.seek(0)
            pairs = np.frombuffer(file.read(), np.uint64).reshape(-1, 2)
            yield pairs[:, 0].copy(), pairs[:, 1].astype(np.int64)

    def close(self) -> None:
        for file in self._files:
            file.close()

    def _joined(self) -> tuple[Hashes, Rows]:
        if not self._held:
            return np.empty(0, np.uint64), np.empty(0, np.int64)
        return np.concatenate([held[0] for held in self._held]), np.concatenate(
            [held[1] for held in self._held]
        )

    def _spill(self) -> None:
        if not self._files:
            self._files = [tempfile.TemporaryFile() for _ in range(_PARTITIONS)]  # noqa: SIM115 - closed by close
        hashes, rows = self._joined()
        part = (hashes >> np.uint64(58)).astype(np.int64)
        order = np.argsort(part, kind="stable")
        pairs = np.stack([hashes, rows.astype(np.uint64)], axis=1)[order]
        bounds = np.searchsorted(part[order], np.arange(_PARTITIONS + 1))
        for index, file in enumerate(self._files):
            file.write(pairs[bounds[index] : bounds[index + 1]].tobytes())
        self._held, self._count = [], 0


def canonical(texts: pl.Series, checker: ColumnChecker) -> pl.Series:
    """Texts that are equal exactly when the values are; null stays null. `texts` hold values only."""
    field = checker.column.field
    if field.type in ("string", "any"):
        return texts
    pattern = _CANONICAL.get(field.type) if not field.options.keys() & {"groupChar", "decimalChar"} else None
    odd = texts.is_not_null() & (
        ~texts.str.contains(pattern) if pattern else pl.repeat(True, len(texts), eager=True)
    )
    if field.type == "date" and field.format == "default":
        odd = odd & ~texts.str.contains(r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}$")
    where = odd.fill_null(False)
    if not where.any():
        return texts
    distinct = texts.filter(where).unique().to_list()
    written = [written_value(checker.judge.value(text)) for text in distinct]
    odd_texts = texts.filter(where)
    if any(text is not None and text.startswith("NaN ") for text in written):
        mapped = pl.Series([written_value(checker.judge.value(text)) for text in odd_texts], dtype=pl.String)
    else:
        mapped = odd_texts.replace_strict(distinct, written, return_dtype=pl.String)
    # `scatter` writes in place, and other keys read the same column.
    return texts.clone().scatter(where.arg_true(), mapped)


def written_value(value: object) -> str | None:
    """A value as one text: equal values give equal texts."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float | Decimal):
        return _written_number(Decimal(str(value)) if isinstance(value, float) else Decimal(value))
    if isinstance(value, dt.date | dt.time):
        return _written_moment(value)
    if isinstance(value, Mapping):
        return repr(sorted((str(key), written_value(part)) for key, part in value.items()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return repr([written_value(part) for part in value])
    return None if value is None else repr(value)


def _written_number(number: Decimal) -> str:
    """Digits and exponent, for `1e999999999` is a number too; whole numbers of a usual size as they are written."""
    if not number.is_finite():
        # Not a number is equal to nothing, not even itself.
        return f"NaN {next(_NANS)}" if number.is_nan() else str(number)
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits)).lstrip("0")
    kept = text.rstrip("0")
    exponent += len(text) - len(kept)
    if not kept:
        return "0"
    if exponent >= 0 and len(kept) + exponent <= _USUAL_DIGITS:
        kept, exponent = kept + "0" * exponent, 0
    return f"{'-' if sign else ''}{kept}{f'e{exponent}' if exponent else ''}"


def _written_moment(value: dt.date | dt.time) -> str:
    """With a time zone, the instant: two zones may tell the same one. Without, what the clock shows."""
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return f"{value - _FIRST_INSTANT!r} UTC"
    if isinstance(value, dt.time) and (offset := value.utcoffset()) is not None:
        clock = dt.timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
        return f"{clock + dt.timedelta(microseconds=value.microsecond) - offset!r} UTC"
    return value.isoformat()


@dataclass(frozen=True, slots=True)
class KeyColumns:
    """The columns that make a key, in the key's order."""

    checkers: tuple[ColumnChecker, ...]

    def values(self, view: BlockView, faults: FaultsByColumn) -> list[pl.Series]:
        """By column, the canonical texts of a block; null where there is no value."""
        found = []
        for checker in self.checkers:
            found.append(canonical(values_only(view, checker, faults.get(checker.index)), checker))
        return found


def hash_rows(values: Sequence[pl.Series]) -> tuple[Hashes, npt.NDArray[np.bool_]]:
    """The hash of each record's key, and which records have no value at all in it."""
    length = len(values[0])
    total = np.zeros(length, np.uint64)
    empty = np.ones(length, np.bool_)
    for position, series in enumerate(values):
        part = series.hash(_SEED + position).fill_null(0).to_numpy()
        total = total * np.uint64(0x9E3779B97F4A7C15) + part
        empty &= series.is_null().to_numpy()
    return total, empty


def repeated_rows(log: HashLog) -> Rows:
    """Rows whose hash occurs more than once, ascending: the candidates."""
    found = []
    for hashes, rows in log.parts():
        order = np.argsort(hashes, kind="stable")
        ordered = hashes[order]
        same = ordered[1:] == ordered[:-1]
        repeated = np.zeros(len(ordered), np.bool_)
        repeated[1:] |= same
        repeated[:-1] |= same
        found.append(rows[order[repeated]])
    return np.sort(np.concatenate(found))


@dataclass(slots=True)
class UniqueKey:
    """`unique` on a column, or `primaryKey`; `told` gets (row, offset, previous row) of each repeated key."""

    code: str
    columns: KeyColumns
    log: HashLog
    candidates: Rows | None = None
    seen: dict[object, int] | None = None

    def note(self, view: BlockView, faults: FaultsByColumn) -> list[int]:
        """First pass; gives the offsets of the records whose key is wholly empty."""
        hashes, empty = hash_rows(self.columns.values(view, faults))
        rows = np.arange(view.row(0), view.row(view.block.length))
        full = ~empty
        self.log.add(hashes[full], rows[full])
        return [int(offset) for offset in np.flatnonzero(empty)]

    def close_first_pass(self) -> bool:
        """Whether a second pass is needed."""
        self.candidates = repeated_rows(self.log)
        self.log.close()
        self.seen = {}
        return len(self.candidates) > 0

    def repeats(self, view: BlockView, faults: FaultsByColumn) -> Iterator[tuple[int, int]]:
        """Second pass: (offset, row of the previous occurrence) of each key seen before."""
        assert self.candidates is not None
        assert self.seen is not None
        offsets = _within(self.candidates, view.block)
        if not len(offsets):
            return
        chosen = [series.gather(offsets).to_list() for series in self.columns.values(view, faults)]
        for offset, parts in zip(offsets.tolist(), zip(*chosen, strict=True), strict=True):
            key = _short(parts)
            row = view.row(offset)
            before = self.seen.get(key)
            self.seen[key] = row
            if before is not None:
                yield offset, before


@dataclass(slots=True)
class ForeignKeyRows:
    """Rows that refer to a table; a row whose hash is not among those referred to refers to nothing."""

    columns: KeyColumns
    resource: str
    reference_fields: tuple[str, ...]
    targets: HashLog
    log: HashLog
    own_columns: KeyColumns | None = None
    lost: Rows | None = None

    def note(self, view: BlockView, faults: FaultsByColumn) -> None:
        """First pass."""
        rows = np.arange(view.row(0), view.row(view.block.length))
        hashes, empty = hash_rows(self.columns.values(view, faults))
        self.log.add(hashes[~empty], rows[~empty])
        if self.own_columns is not None:
            hashes, empty = hash_rows(self.own_columns.values(view, faults))
            self.targets.add(hashes[~empty], rows[~empty])

    def close_first_pass(self) -> bool:
        """Whether any row refers to nothing."""
        known = [np.unique(hashes) for hashes, _ in self.targets.parts()]
        targets = np.unique(np.concatenate(known))
        lost = [rows[~np.isin(hashes, targets)] for hashes, rows in self.log.parts()]
        self.lost = np.sort(np.concatenate(lost))
        self.log.close()
        self.targets.close()
        return len(self.lost) > 0

    def lost_offsets(self, block: Block) -> Iterable[int]:
        """Second pass: offsets of the rows that refer to nothing."""
        assert self.lost is not None
        return [int(offset) for offset in _within(self.lost, block)]


def _within(rows: Rows, block: Block) -> Rows:
    first, last = np.searchsorted(rows, [block.first_row, block.first_row + block.length])
    return rows[first:last] - block.first_row


def _short(parts: Sequence[str | None]) -> object:
    """A key to remember: itself when short, else a 128-bit digest."""
    if len(parts) == 1 and len(parts[0] or "") <= _LONGEST_KEY:
        return parts[0]
    joined = "\0".join("\1" if part is None else f"\2{part}" for part in parts)
    return hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=16).digest()
