"""The Luhn checksum of SIREN and SIRET numbers: over whole columns, and of one text."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

Numbers = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]


def _sums_of_four_digits() -> npt.NDArray[np.uint8]:
    """Luhn sums of 0000…9999, the last digit taken as it is."""
    numbers = np.arange(10_000, dtype=np.uint16)
    digits = [numbers // 10**place % 10 for place in range(4)]
    doubled = [
        digit if place % 2 == 0 else digit * 2 // 10 + digit * 2 % 10 for place, digit in enumerate(digits)
    ]
    return sum(doubled, start=np.zeros(10_000, dtype=np.uint16)).astype(np.uint8)


SUMS = _sums_of_four_digits()


def luhn_valid(digits: str) -> bool:
    """Tell whether a text made of ASCII digits only has a valid Luhn checksum."""
    odd = sum(int(digit) for digit in digits[-1::-2])
    even = sum(int(digit) * 2 // 10 + int(digit) * 2 % 10 for digit in digits[-2::-2])
    return (odd + even) % 10 == 0


def accept_luhn(texts: pl.Expr, length: int) -> pl.Expr:
    """True for texts of exactly `length` ASCII digits (at most 19) with a valid checksum."""
    return _shaped(texts, length) & _over_numbers(texts, _luhn_of_numbers)


def accept_siret_luhn(texts: pl.Expr) -> pl.Expr:
    """True for texts of 14 digits, valid as a whole and in their first nine (the SIREN), La Poste's aside."""
    return _shaped(texts, 14) & _over_numbers(texts, _siret_of_numbers)


def _shaped(texts: pl.Expr, length: int) -> pl.Expr:
    # A cast also reads "+5": the sign is then one of the `length` bytes.
    return (texts.str.len_bytes() == length) & ~texts.str.starts_with("+")


def _over_numbers(texts: pl.Expr, judge: Callable[[Numbers], Mask]) -> pl.Expr:
    # What is not a number becomes 1, which no checksum accepts.
    numbers = texts.cast(pl.UInt64, strict=False).fill_null(1)
    return numbers.map_batches(
        lambda column: pl.Series(judge(column.to_numpy())), return_dtype=pl.Boolean, is_elementwise=True
    )


def _siret_of_numbers(numbers: Numbers) -> Mask:
    siren = numbers // np.uint64(10**5)
    return _luhn_of_numbers(numbers) & _luhn_of_numbers(siren) & (siren != np.uint64(356_000_000))


def _luhn_of_numbers(numbers: Numbers) -> Mask:
    low, high = numbers % np.uint64(10**8), numbers // np.uint64(10**8)
    total = np.zeros(len(numbers), dtype=np.uint8)
    for part in (low.astype(np.uint32), high % np.uint64(10**8)):
        total += SUMS[part % 10_000] + SUMS[part // 10_000]
    total += SUMS[high // np.uint64(10**8)]
    valid: Mask = total % 10 == 0
    return valid
