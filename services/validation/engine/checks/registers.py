"""Numbers of national and European registers, checked by shape and key: RNA, UAI, FINESS, NAF, IBAN, VAT, L93."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import polars as pl
from stdnum import iban
from stdnum.eu import vat
from stdnum.exceptions import ValidationError

from services.validation.engine.checks import params
from services.validation.engine.checks.contract import Check, ValueCheck, Violation
from services.validation.engine.checks.luhn import luhn_valid

if TYPE_CHECKING:
    from services.validation.engine.schema import CustomCheck, Schema

# W, the registry (three characters, 2A and 2B in Corsica), seven digits in all but the first two.
RNA = re.compile(r"W[0-9][0-9AB][0-9]{7}")
UAI = re.compile(r"([0-9]{7})([A-Z])")
UAI_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
FINESS = re.compile(r"[0-9][0-9AB][0-9]{7}")
NAF = re.compile(r"([0-9]{2})\.?([0-9]{2})([A-Z])")
RNB = re.compile(r"[1-9A-HJKMNP-TV-Z]{12}")
# The divisions of the French and European nomenclature of activities: 04, 34, 40… do not exist.
NAF_DIVISIONS = frozenset(range(1, 100)) - {4, 34, 40, 44, 48, 54, 57, 67, 76, 83, 89}
L93_RANGES: Mapping[str, tuple[float, float]] = {
    "longitude-l93": (-357_823, 1_313_633),
    "latitude-l93": (6_037_008, 7_230_728),
}

Valid = Callable[[str], bool]


def rna_valid(text: str) -> bool:
    """Tell whether a text is a number of the national register of associations (RNA)."""
    return RNA.fullmatch(text) is not None


def uai_valid(text: str) -> bool:
    """Tell whether a text identifies a school (UAI): seven digits, then the letter that their rest by 23 gives."""
    match = UAI.fullmatch(text)
    return match is not None and UAI_LETTERS[int(match[1]) % 23] == match[2]


def finess_valid(text: str) -> bool:
    """Tell whether a text identifies a health establishment (FINESS): nine characters, a Luhn key at the end."""
    if FINESS.fullmatch(text) is None:
        return False
    # How the key treats the letter of the two départements of Corsica is not published.
    return not text.isdigit() or luhn_valid(text)


def naf_valid(text: str) -> bool:
    """Tell whether a text has the shape of a NAF sub-class in a division that exists: `84.11Z` or `8411Z`."""
    match = NAF.fullmatch(text)
    return match is not None and int(match[1]) in NAF_DIVISIONS


def rnb_valid(text: str) -> bool:
    """Tell whether a text has the shape of a building identifier (RNB): twelve characters without 0, I, L, O, U."""
    return RNB.fullmatch(text) is not None


def iban_valid(text: str) -> bool:
    """Tell whether a text is an IBAN: country, length and check digits."""
    try:
        iban.validate(text)
    except ValidationError:
        return False
    return True


def vat_valid(text: str) -> bool:
    """Tell whether a text is a VAT number of a member state, with its country prefix."""
    try:
        vat.validate(text)
    except ValidationError:
        return False
    return True


def judge_with(kind: str, valid: Valid) -> Callable[[str], Violation | None]:
    """Give a judge that offers the text without spaces and in capitals when only these were wrong."""

    def judge(text: str) -> Violation | None:
        if valid(text):
            return None
        tidy = "".join(text.split()).upper()
        if tidy != text and valid(tidy):
            return Violation(f"{kind}-spelling", {"cell": text, "fix": tidy})
        return Violation(kind, {"cell": text})

    return judge


REGISTERS: Mapping[str, Valid] = {
    "code-rna": rna_valid,
    "code-uai": uai_valid,
    "code-finess": finess_valid,
    "code-naf": naf_valid,
    "id-rnb": rnb_valid,
    "iban": iban_valid,
    "numero-tva": vat_valid,
}


def build_register(kind: str, custom: "CustomCheck", schema: "Schema") -> ValueCheck:
    """Build the check of one register: params `column`."""
    return ValueCheck(kind, params.text(custom, "column"), judge_with(kind, REGISTERS[kind]))


def build_lambert93(kind: str, custom: "CustomCheck", schema: "Schema") -> ValueCheck:
    """Build `longitude-l93` or `latitude-l93` (params `column`): metres within mainland France."""
    low, high = L93_RANGES[kind]
    other = next(name for name in L93_RANGES if name != kind)

    def judge(text: str) -> Violation | None:
        try:
            metres = float(text)
        except ValueError:
            return Violation("l93-number", {"cell": text})
        if low <= metres <= high:
            return None
        shown = {"cell": text, "low": low, "high": high}
        if abs(metres) <= 180:
            return Violation("l93-degrees", shown)
        swapped = L93_RANGES[other][0] <= metres <= L93_RANGES[other][1]
        return Violation(f"{kind}-swapped" if swapped else kind, shown)

    def accept(column: pl.Expr) -> pl.Expr:
        plain = column.str.contains(r"^-?[0-9]{1,8}(\.[0-9]+)?$")
        return plain & column.cast(pl.Float64, strict=False).is_between(low, high)

    return ValueCheck(kind, params.text(custom, "column"), judge, accept)


BUILDERS: Mapping[str, Callable[[str, "CustomCheck", "Schema"], Check]] = {
    **dict.fromkeys(REGISTERS, build_register),
    **dict.fromkeys(L93_RANGES, build_lambert93),
}
