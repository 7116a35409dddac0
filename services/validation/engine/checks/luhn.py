"""The Luhn checksum of SIREN and SIRET numbers: over whole columns, and of one text."""

import numpy as np
import numpy.typing as npt
import polars as pl


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


def luhn_mask(texts: pl.Series, length: int) -> pl.Series:
    """Tell which texts are exactly `length` ASCII digits (at most 19) with a valid checksum; null is false."""
    numbers = texts.cast(pl.UInt64, strict=False)
    # A cast also reads "+5": the sign is then one of the `length` bytes.
    shaped = numbers.is_not_null() & (texts.str.len_bytes() == length) & ~texts.str.starts_with("+")
    return pl.Series(_luhn_of_numbers(numbers.fill_null(0).to_numpy())) & shaped.fill_null(False)


def siret_mask(texts: pl.Series) -> pl.Series:
    """Tell which texts are 14 digits, valid as a whole and in their first nine (the SIREN); null is false."""
    whole = luhn_mask(texts, 14)
    siren = texts.cast(pl.UInt64, strict=False).fill_null(0).to_numpy() // np.uint64(10**5)
    return whole & pl.Series(_luhn_of_numbers(siren)) & pl.Series(siren != np.uint64(356_000_000))


def _luhn_of_numbers(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    low, high = numbers % np.uint64(10**8), numbers // np.uint64(10**8)
    total = np.zeros(len(numbers), dtype=np.uint8)
    for part in (low.astype(np.uint32), high % np.uint64(10**8)):
        total += SUMS[part % 10_000] + SUMS[part // 10_000]
    total += SUMS[high // np.uint64(10**8)]
    valid: npt.NDArray[np.bool_] = total % 10 == 0
    return valid
