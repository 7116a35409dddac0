"""Cells of type string and their formats: uri, email, uuid, binary, wkt; and cells of type any."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Callable

from services.validation.engine.cells import wkt
from services.validation.engine.cells.celltype import CellType, Fixer, no_fix
from services.validation.engine.schema import Field

# RFC 3986, section 3.1: only the scheme is required of a URI.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$", re.ASCII)
_SPACES_IN_NAME = re.compile(r"\s|__")
_LETTERS = "\u00a0-\u024f"
_ATOM = rf"[{_LETTERS}0-9a-z!#$%&'*+/=?^_`{{}}|~\-]+"
_LOCAL_PART = re.compile(rf"{_ATOM}(?:\.{_ATOM})*$", re.IGNORECASE)
_QUOTED_LOCAL_PART = re.compile(
    rf'"(?:[{_LETTERS}\x01-\x08\x0b\x0c\x0e-\x1f!#-\[\]-\x7f]|\\[\t.])*"$', re.IGNORECASE
)
_HOST_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE | re.ASCII)
_TOP_LEVEL_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,61}[a-z]", re.IGNORECASE | re.ASCII)
_LONGEST_LOCAL_PART, _LONGEST_HOST = 64, 253


def any_(field: Field) -> CellType:
    """Everything is a value of type any."""
    return CellType(lambda cell: cell, "any")


def string(field: Field) -> CellType:
    """Any text, or a text of one of the formats of the specification."""
    accepts, key, fix = _FORMATS.get(field.format, (_accept_all, "string", no_fix))
    return CellType(lambda cell: cell if isinstance(cell, str) and accepts(cell) else None, key, propose=fix)


def is_uri(text: str) -> bool:
    return _SCHEME.match(text) is not None


def is_email(text: str) -> bool:
    """A local part (dot-atom or quoted) and a host name with a dot; international names are encoded first."""
    if text.count("@") != 1:
        return False
    local, host = text.split("@")
    if not host or len(local) > _LONGEST_LOCAL_PART or len(host) > _LONGEST_HOST:
        return False
    if not (_LOCAL_PART.match(local) or _QUOTED_LOCAL_PART.match(local)):
        return False
    return _is_host_name(host)


def is_uuid(text: str) -> bool:
    """What `uuid.UUID` reads: with or without hyphens, braces or `urn:uuid:`."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def is_base64(text: str) -> bool:
    try:
        base64.b64decode(text)
    except (binascii.Error, ValueError):
        return False
    return True


def _accept_all(text: str) -> bool:
    return True


def _is_host_name(host: str) -> bool:
    if _SPACES_IN_NAME.search(host):
        return False
    try:
        labels = host.encode("idna").decode("ascii").split(".")
    except UnicodeError:
        return False
    if len(labels) < 2 or sum(map(len, labels)) + len(labels) - 1 > _LONGEST_HOST:
        return False
    return all(map(_HOST_LABEL.fullmatch, labels[:-1])) and bool(_TOP_LEVEL_DOMAIN.fullmatch(labels[-1]))


def _trimmed(text: str) -> str:
    return text.strip().strip("\u200b\ufeff")


def _trimmed_email(text: str) -> str:
    return _trimmed(_trimmed(text).removeprefix("mailto:"))


_FORMATS: dict[str, tuple[Callable[[str], bool], str, Fixer]] = {
    "uri": (is_uri, "uri", _trimmed),
    "email": (is_email, "email", _trimmed_email),
    "uuid": (is_uuid, "uuid", _trimmed),
    "binary": (is_base64, "binary", no_fix),
    "wkt": (wkt.is_wkt, "wkt", no_fix),
}
