"""The characters of a document, whatever it says of them: everything after is UTF-8."""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    # Without a mark, the first character of XML or JSON tells.
    (b"<\x00", "utf-16-le"),
    (b"{\x00", "utf-16-le"),
    (b"[\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
    (b"\x00{", "utf-16-be"),
    (b"\x00[", "utf-16-be"),
)
_DECLARED = re.compile(rb"""\A(<\?xml\b[^>]{0,200}?)\s+encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
# The declaration of XML comes first, or not at all.
_HEAD = 500
_PIECE = 1 << 20
# Declared out of habit for what the mixed reading below understands better.
_WESTERN = frozenset(("utf-8", "iso8859-1", "cp1252", "ascii"))


def _western(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return bad.decode("cp1252", "replace"), error.end


codecs.register_error("socle-western", _western)


def as_utf8(data: bytes) -> bytes:
    """Return a document in UTF-8, without a mark nor an XML declaration of another encoding.

    What is UTF-8 is read so whatever is declared; then a declared encoding counts; in what remains, bytes that are no
    UTF-8 are those of Western Windows: a catalogue in Latin-1, or one word of it in a catalogue of several origins.
    """
    return _undeclared(_transcoded(data))


def _transcoded(data: bytes) -> bytes:
    if data.startswith(codecs.BOM_UTF8):
        data = data.removeprefix(codecs.BOM_UTF8)
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").removeprefix("\ufeff").encode("utf-8", "replace")
    if _is_utf8(data):
        return data
    declared = _declared(data)
    text = data.decode(declared, "replace") if declared else data.decode("utf-8", "socle-western")
    return text.encode("utf-8", "replace")


def _is_utf8(data: bytes) -> bool:
    """Tell so piece by piece: a text of a whole catalogue would take four times its place."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), _PIECE):
            decoder.decode(data[start : start + _PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _declared(data: bytes) -> str | None:
    found = _DECLARED.match(data[:_HEAD].lstrip())
    try:
        name = codecs.lookup(found[2].decode()).name if found else "utf-8"
    except LookupError:
        return None
    # Python's codecs are not all of text (`zip`, `rot13`).
    return None if name in _WESTERN or not name.startswith(("iso8859", "cp", "mac", "koi8", "utf")) else name


def _undeclared(data: bytes) -> bytes:
    head = data[:_HEAD].lstrip()
    return _DECLARED.sub(rb"\1", head) + data[_HEAD:] if head.startswith(b"<?xml") else data
