"""Membership of long lists of codes over whole columns, faster than hashing the list again for each block."""

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

Accept = Callable[[pl.Expr], pl.Expr]

# Above this many values, building a hash set for each block costs more than looking each row up.
LONG_LIST = 3_000
TABLE_WIDTH = 5


def one_of(values: Iterable[str]) -> Accept:
    """Give the expression that is true for these very texts (some may be left to the judge)."""
    texts = sorted(values)
    codes = [text for text in texts if len(text) == TABLE_WIDTH and text.isascii() and text.isdigit()]
    if len(texts) > LONG_LIST and len(codes) > 0.9 * len(texts):
        return _in_table(codes)
    known = pl.Series(texts, dtype=pl.String).implode()
    return lambda column: column.is_in(pl.lit(known))


def _in_table(codes: list[str]) -> Accept:
    no_number = 10**TABLE_WIDTH
    table = np.zeros(no_number + 1, dtype=np.bool_)
    table[np.array(codes, dtype=np.uint32)] = True

    def found(numbers: pl.Series) -> pl.Series:
        return pl.Series(table[numbers.to_numpy()])

    def accept(column: pl.Expr) -> pl.Expr:
        numbers = number(column, TABLE_WIDTH, otherwise=no_number)
        in_table = numbers.map_batches(found, return_dtype=pl.Boolean, is_elementwise=True)
        return shaped(column, TABLE_WIDTH) & in_table

    return accept


def shaped(texts: pl.Expr, width: int) -> pl.Expr:
    """True for texts that, if they are numbers, are `width` ASCII digits."""
    # A cast also reads "+5": the sign is then one of the `width` bytes.
    return (texts.str.len_bytes() == width) & ~texts.str.starts_with("+")


def number(texts: pl.Expr, width: int, otherwise: int) -> pl.Expr:
    """Read texts of digits as numbers, of `width` digits at most; `otherwise` stands for what is none."""
    return texts.cast(pl.UInt64, strict=False).clip(upper_bound=10**width - 1).fill_null(otherwise)


def sorted_pairs(pairs: Iterable[tuple[str, str]]) -> npt.NDArray[np.uint64]:
    """Give the pairs made of two five-digit codes as sorted numbers; pairs with letters are left out."""
    joined = (first + second for first, second in pairs)
    return np.array(sorted(int(text) for text in joined if text.isdigit()), dtype=np.uint64)


def is_among(numbers: npt.NDArray[np.uint64], known: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Tell which numbers are in a sorted array."""
    places = np.searchsorted(known, numbers).clip(max=len(known) - 1)
    found: npt.NDArray[np.bool_] = known[places] == numbers
    return found
