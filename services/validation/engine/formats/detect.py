"""The format of a file from its first bytes; its name is only compared."""

from __future__ import annotations

from pathlib import PurePath
from typing import Literal

Format = Literal["text", "zip", "gzip", "xls", "parquet", "geojson"]

HEAD_BYTES = 1 << 16
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
# First bytes of what people send instead of a table.
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"SQLite format 3", "SQLite"),
    (b"ARROW1", "Arrow"),
    (b"{\\rtf", "RTF"),
)
_EXTENSIONS: dict[str, frozenset[str]] = {
    "text": frozenset((".csv", ".tsv", ".txt", ".tab", ".psv")),
    "xlsx": frozenset((".xlsx", ".xlsm", ".xltx", ".xltm")),
    "xlsb": frozenset((".xlsb",)),
    "xls": frozenset((".xls", ".xlt")),
    "ods": frozenset((".ods", ".ots")),
    "parquet": frozenset((".parquet", ".geoparquet", ".pq")),
    "geojson": frozenset((".geojson", ".json")),
    "gzip": frozenset((".gz", ".gzip")),
    "zip": frozenset((".zip",)),
}
KNOWN_EXTENSIONS = frozenset().union(*_EXTENSIONS.values())


class NotATable(Exception):
    """The bytes are of a kind that holds no table: `key` is a message, `params` its values."""

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key)
        self.key = key
        self.params = params


def detect(head: bytes) -> Format:
    """The format of what begins with `head`. Raises NotATable for a known kind of something else."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return "zip"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(_COMPOUND_FILE):
        if _ENCRYPTED_STREAM in head:
            raise NotATable("encrypted")
        return "xls"
    for magic, name in _OTHERS:
        if head.startswith(magic):
            raise NotATable("not-a-table", kind=name)
    return _detect_text(head)


def _detect_text(head: bytes) -> Format:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:2000].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise NotATable("web-page")
    if start.startswith(b"<?xml") or (start.startswith(b"<") and b"</" in start):
        raise NotATable("not-a-table", kind="XML")
    if start.startswith((b"{", b"[")) and _looks_like_json(start):
        if b'"featurecollection"' in head.lower() or b'"features"' in head:
            return "geojson"
        raise NotATable("not-a-table", kind="JSON")
    return "text"


def _looks_like_json(start: bytes) -> bool:
    """A brace then a quoted key and a colon; a bracket then the same or nothing but JSON values."""
    inside = start.lstrip(b"[{ \r\n\t")
    key, colon, _ = inside.partition(b":")
    return inside.startswith(b'"') and bool(colon) and key.rstrip().endswith(b'"') and key.count(b'"') == 2


def extension_lies(name: str, format_: str) -> bool:
    """Whether the extension of `name` announces another format than the one found."""
    extension = PurePath(name).suffix.lower()
    return extension in KNOWN_EXTENSIONS and extension not in _EXTENSIONS.get(format_, frozenset())
