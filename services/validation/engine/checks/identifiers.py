"""SIREN and SIRET numbers: nine and fourteen digits with Luhn checksums, and La Poste's exception."""

from typing import TYPE_CHECKING

import polars as pl
from stdnum.util import clean

from services.validation.engine.checks import params
from services.validation.engine.checks.contract import ValueCheck, Violation
from services.validation.engine.checks.luhn import accept_siren_luhn, accept_siret_luhn, luhn_valid

if TYPE_CHECKING:
    from services.validation.engine.schema import CustomCheck, Schema

LA_POSTE = "356000000"
LA_POSTE_HEAD_OFFICE = "35600000000048"
SEPARATORS = " ."


def siren_valid(digits: str) -> bool:
    """Tell whether nine ASCII digits are a SIREN."""
    return len(digits) == 9 and luhn_valid(digits)


def siret_valid(digits: str) -> bool:
    """Tell whether fourteen ASCII digits are a SIRET.

    La Poste ran out of numbers: its offices have a digit sum divisible by five instead of a Luhn checksum.
    """
    if len(digits) != 14 or not siren_valid(digits[:9]):
        return False
    if digits.startswith(LA_POSTE) and digits != LA_POSTE_HEAD_OFFICE:
        return sum(map(int, digits)) % 5 == 0
    return luhn_valid(digits)


def compact(text: str) -> str:
    """Remove the spaces and points people write between groups of digits, and normalise odd characters."""
    cleaned: str = clean(text, SEPARATORS)
    return cleaned.strip()


def judge_siren(text: str) -> Violation | None:
    """Judge one SIREN, spaces and points allowed."""
    digits = compact(text)
    if not _is_digits(digits):
        return Violation("siren-characters", {"cell": text})
    if len(digits) == 14 and siret_valid(digits):
        return Violation("siren-is-siret", {"cell": text, "fix": digits[:9]})
    if len(digits) != 9:
        return _wrong_length("siren", text, digits, 9)
    return None if siren_valid(digits) else Violation("siren-checksum", {"cell": text})


def judge_siret(text: str) -> Violation | None:
    """Judge one SIRET, spaces and points allowed."""
    digits = compact(text)
    if not _is_digits(digits):
        written_as_number = _from_scientific(text)
        if written_as_number is not None:
            return Violation("siret-scientific", {"cell": text, "seen": written_as_number})
        return Violation("siret-characters", {"cell": text})
    if len(digits) == 9 and siren_valid(digits):
        return Violation("siret-is-siren", {"cell": text})
    if len(digits) != 14:
        return _wrong_length("siret", text, digits, 14)
    if siret_valid(digits):
        return None
    # The commonest harm: Excel keeps fifteen significant digits at most, people drop the NIC to zeros.
    if digits.endswith("00000") and siren_valid(digits[:9]):
        return Violation("siret-no-nic", {"cell": text, "siren": digits[:9]})
    return Violation("siret-checksum", {"cell": text})


def _wrong_length(kind: str, text: str, digits: str, length: int) -> Violation:
    padded = digits.rjust(length, "0")
    valid = siren_valid(padded) if kind == "siren" else siret_valid(padded)
    if 0 < length - len(digits) <= 2 and valid:
        return Violation(f"{kind}-leading-zero", {"cell": text, "length": len(digits), "fix": padded})
    return Violation(f"{kind}-length", {"cell": text, "length": len(digits)})


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _from_scientific(text: str) -> str | None:
    """Give the digits that a spreadsheet left of a number it rewrote as `2,18602E+13`."""
    mantissa, found, exponent = text.strip().upper().partition("E+")
    shaped = found and mantissa.replace(",", "").replace(".", "").isdecimal() and exponent.isdecimal()
    return mantissa if shaped else None


def build_siren(kind: str, custom: "CustomCheck", schema: "Schema") -> ValueCheck:
    """Build the check `siren` (once `french-siren-value`): params `column`."""
    return ValueCheck(kind, params.text(custom, "column"), judge_siren, accept_siren, luhn=9)


def build_siret(kind: str, custom: "CustomCheck", schema: "Schema") -> ValueCheck:
    """Build the check `siret` (once `french-siret-value`): params `column`."""
    return ValueCheck(kind, params.text(custom, "column"), judge_siret, accept_siret, luhn=14)


def accept_siren(column: pl.Expr) -> pl.Expr:
    """True for nine digits with a valid checksum, about 40 ns a value."""
    return accept_siren_luhn(column)


def accept_siret(column: pl.Expr) -> pl.Expr:
    """True for a SIRET that is certainly valid (La Poste's are left to the judge), about 50 ns a value."""
    return accept_siret_luhn(column)
