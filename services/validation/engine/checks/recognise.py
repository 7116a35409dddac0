"""Harm that tools do to data, recognised for certain and undone.

Each gives the repaired text, or None when the text is not harmed in that way or the repair would be a guess.
"""

import datetime
import re

import polars as pl

from services.validation.engine import reference
from services.validation.engine.cells.numbers import read_written_number
from services.validation.engine.cells.written_dates import read_date
from services.validation.engine.checks.gps import in_france, judge_coordinates
from services.validation.engine.checks.identifiers import siren_valid, siret_valid

# UTF-8 read as Windows-1252: a lead byte shown as a letter, then one to three continuation bytes as signs.
_CONTINUATIONS = "".join(
    bytes([byte]).decode("cp1252", errors="ignore") + chr(byte) for byte in range(0x80, 0xC0)
)
_GARBLED = re.compile(f"[ÂÃÅâ][{re.escape(_CONTINUATIONS)}]{{1,2}}")
# What a garbled sequence may stand for: anything rarer is more likely meant as it is written.
_PLAUSIBLE = frozenset([*map(chr, range(0xA0, 0x100)), *"ŒœŸ–—‘’‚“”„•…‹›€™"])
# The no-break space that ends a garbled « à » is often turned into a plain space by editors.
_GARBLED_A = re.compile("\u00c3 (?=\\w)| \u00c3 ")
_LENGTHS = {"siren": 9, "siret": 14, "code-commune-insee": 5, "code-postal": 5, "code-departement": 2}
# Days that a spreadsheet counts from the end of 1899, kept to dates that data is about: 1954 to 2064.
_SERIALS = range(20_000, 60_001)
_EPOCH = datetime.date(1899, 12, 30)


def repair_mojibake(text: str) -> str | None:
    """`DÃ©libÃ©ration` gives `Délibération`, twice garbled texts included."""
    repaired = text
    for _ in range(3):
        once = _GARBLED.sub(_decode_again, _GARBLED_A.sub(_a_with_space, repaired))
        if once == repaired:
            break
        repaired = once
    return repaired if repaired != text else None


def _decode_again(match: re.Match[str]) -> str:
    garbled = match[0]
    data = b"".join(map(_byte, garbled))
    for length in (3, 2):
        meant = data[:length].decode("utf-8", errors="replace")
        if len(data) >= length and meant in _PLAUSIBLE:
            return meant + garbled[length:]
    return garbled


def _byte(char: str) -> bytes:
    return bytes([ord(char)]) if ord(char) < 0x100 else char.encode("cp1252")


def _a_with_space(match: re.Match[str]) -> str:
    return match[0].replace("\u00c3", "à")


def restore_leading_zeros(text: str, kind: str) -> str | None:
    """`1001` gives `01001` in a column of `kind` (siren, siret, or a code of place), if that makes it valid."""
    digits, length = text.strip(), _LENGTHS[kind]
    missing = length - len(digits)
    if not (digits.isascii() and digits.isdigit()) or not 1 <= missing <= (2 if length > 5 else 1):
        return None
    padded = digits.zfill(length)
    if kind in ("siren", "siret"):
        valid = siren_valid(padded) if kind == "siren" else siret_valid(padded)
    elif kind == "code-commune-insee":
        valid = padded in reference.commune_codes(reference.LATEST_YEAR)
    else:
        valid = padded in reference.listed(kind, reference.LATEST_YEAR)
    return padded if valid else None


def swap_coordinates(text: str) -> str | None:
    """`48.85,2.35` gives `2.35,48.85`: outside France as written, inside once swapped."""
    violation = judge_coordinates(text)
    return violation.fix if violation is not None and violation.key == "gps-reversed" else None


def columns_swapped(longitudes: pl.Series, latitudes: pl.Series) -> bool:
    """Tell whether two columns of coordinates are one another's: nearly every point says so."""
    points = pl.DataFrame({"x": longitudes, "y": latitudes}).select(
        pl.col("x", "y").cast(pl.Float64, strict=False)
    )
    points = points.drop_nulls().unique()
    if points.is_empty():
        return False
    swapped = sum(not in_france(x, y) and in_france(y, x) for x, y in points.head(1_000).rows())
    return swapped > 0.9 * min(points.height, 1_000)


def iso_date(text: str) -> str | None:
    """`12/03/2024` or `12 mars 2024` gives `2024-03-12`: the day comes first, as in France."""
    day = read_date(text)
    return day.isoformat() if day is not None and day.isoformat() != text else None


def date_of_serial(text: str) -> str | None:
    """`45363` gives `2024-03-12`: the number a spreadsheet keeps for a date."""
    digits = text.strip().removesuffix(".0")
    if not (digits.isascii() and digits.isdigit()) or len(digits) != 5 or int(digits) not in _SERIALS:
        return None
    return (_EPOCH + datetime.timedelta(days=int(digits))).isoformat()


def plain_number(text: str) -> str | None:
    """`1 234,50 €` gives `1234.50`: a decimal comma, spaces between thousands, a currency sign."""
    number = read_written_number(text)
    return number if number != text else None
