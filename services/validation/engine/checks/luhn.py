"""The Luhn checksum of SIREN and SIRET numbers: over whole columns, and of one text."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

from services.validation.engine.checks.lookup import number, shaped

Numbers = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]
Sums = npt.NDArray[np.uint8]


def luhn_valid(digits: str) -> bool:
    """Tell whether a text made of ASCII digits only has a valid Luhn checksum."""
    odd = sum(int(digit) for digit in digits[-1::-2])
    even = sum(int(digit) * 2 // 10 + int(digit) * 2 % 10 for digit in digits[-2::-2])
    return (odd + even) % 10 == 0


def accept_siren_luhn(texts: pl.Expr) -> pl.Expr:
    """True for nine ASCII digits with a valid checksum."""
    return shaped(texts, 9) & _over_numbers(texts, 9, _siren_valid)


def accept_siret_luhn(texts: pl.Expr) -> pl.Expr:
    """True for fourteen ASCII digits, valid as a whole and in their SIREN, La Poste's aside."""
    return shaped(texts, 14) & _over_numbers(texts, 14, _siret_valid)


def _over_numbers(texts: pl.Expr, length: int, judge: Callable[[Numbers], Mask]) -> pl.Expr:
    # What is not a number becomes 1, which no checksum accepts; a longer number is refused for its length.
    return number(texts, length, otherwise=1).map_batches(
        lambda column: pl.Series(judge(column.to_numpy())), return_dtype=pl.Boolean, is_elementwise=True
    )


def _siren_valid(numbers: Numbers) -> Mask:
    high, low = _split(numbers.astype(np.uint32))
    return _divisible(AS_SIREN_HIGH[high] + AS_SIREN_LOW[low])


def _siret_valid(numbers: Numbers) -> Mask:
    siren = (numbers // np.uint64(100_000)).astype(np.uint32)
    nic = (numbers - siren.astype(np.uint64) * np.uint64(100_000)).astype(np.uint32)
    high, low = _split(siren)
    siren_valid = _divisible(AS_SIREN_HIGH[high] + AS_SIREN_LOW[low])
    siret_valid = _divisible(AS_SIRET_HIGH[high] + AS_SIRET_LOW[low] + AS_SIREN_LOW[nic])
    valid: Mask = siren_valid & siret_valid & (siren != np.uint32(356_000_000))
    return valid


def _split(siren: npt.NDArray[np.uint32]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Give the first four and the last five digits of nine."""
    high = siren // np.uint32(100_000)
    return high, siren - high * np.uint32(100_000)


def _divisible(sums: Sums) -> Mask:
    valid: Mask = sums % np.uint8(10) == 0
    return valid


def _sums(digits: int, first_doubled: int) -> Sums:
    """Luhn sums of every number of so many digits; places are doubled from `first_doubled` on, every other one."""
    numbers = np.arange(10**digits, dtype=np.uint32)
    total = np.zeros(len(numbers), dtype=np.uint8)
    for place in range(digits):
        digit = (numbers // np.uint32(10**place) % np.uint32(10)).astype(np.uint8)
        doubled = place % 2 == first_doubled
        total += digit * 2 // 10 + digit * 2 % 10 if doubled else digit
    return total


# Nine digits are read as four and five. The last digit of a number is never doubled; in a SIRET five digits
# follow the SIREN, whose last digit is then doubled.
AS_SIREN_LOW, AS_SIREN_HIGH = _sums(5, first_doubled=1), _sums(4, first_doubled=0)
AS_SIRET_LOW, AS_SIRET_HIGH = _sums(5, first_doubled=0), _sums(4, first_doubled=1)
