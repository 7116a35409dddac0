"""Which encoding a text is in: BOM, then UTF-8, then the shape of UTF-16, then the 8-bit pages of French files."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, replace

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# By order of preference when they explain the bytes equally well.
_LEGACY = ("cp1252", "mac_roman", "cp850", "latin-1")
_FRENCH = frozenset("éèêëàâäçùûüôöîïÿœæÉÈÊËÀÂÄÇÙÛÜÔÖÎÏŒÆ°€’‘“”«»…–—²³µ\u00a0§ºñ")
_NAMES = {
    "utf8": "utf-8",
    "utf_8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf-16": "utf-16-le",
    "utf-32": "utf-32-le",
    "windows-1252": "cp1252",
    "ansi": "cp1252",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "ascii": "utf-8",
}


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding by its Python name, and how many bytes of BOM stand before the text.

    `sound` tells that the beginning of the text is in UTF-8 without any doubt.
    """

    name: str
    bom: int = 0
    sound: bool = False


def known_encoding(name: str) -> str:
    """The Python name of an encoding as people write it. Raises LookupError when there is none."""
    low = name.strip().lower()
    found = _NAMES.get(low) or low
    if not codecs.lookup(found)._is_text_encoding:
        raise LookupError(name)
    return found


def bom_of(head: bytes) -> Encoding | None:
    """The encoding that a BOM at the start announces, if there is one."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return Encoding(name, len(mark))
    return None


def detect(head: bytes) -> Encoding:
    """The encoding of a text that starts with `head` (1 MB is plenty).

    UTF-8 when `head` is UTF-8; the rest of the file is verified as it is read.
    """
    found = bom_of(head) or _utf16_without_bom(head)
    if found is not None and found.name != "utf-8":
        return found
    sound = utf8_error(head) is None
    if found is not None:
        return replace(found, sound=sound)
    return Encoding("utf-8" if sound else detect_legacy(head), sound=sound)


def utf8_error(data: bytes) -> int | None:
    """The offset of the first byte that is not UTF-8; a character cut short at the end is no error."""
    if data.isascii():
        return None
    try:
        codecs.utf_8_decode(data, "strict", False)
    except UnicodeDecodeError as error:
        return error.start
    return None


def detect_legacy(data: bytes) -> str:
    """UTF-8 if the text is mostly that (it is then damaged), else the 8-bit page that reads best as French."""
    text, _ = codecs.utf_8_decode(data, "replace", False)
    damaged = text.count("\ufffd")
    if sum(1 for character in text if character > "\x7f") - damaged > 2 * damaged:
        return "utf-8"
    upper = bytes(byte for byte in data if byte > 0x7F)
    return max(_LEGACY, key=lambda name: _french_score(upper, name))


def _french_score(upper: bytes, name: str) -> float:
    text = upper.decode(name, "replace")
    return sum((c in _FRENCH) - 3 * (c == "\ufffd" or "\x80" <= c <= "\x9f") for c in text)


def _utf16_without_bom(head: bytes) -> Encoding | None:
    """Western text in UTF-16 has a NUL in almost every other byte, always on the same side."""
    sample = head[:4096]
    if len(sample) < 4:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.6 * half and even < 0.1 * half:
        return Encoding("utf-16-le")
    if even > 0.6 * half and odd < 0.1 * half:
        return Encoding("utf-16-be")
    return None
