"""Lenient reading of one value: what cannot be read is left out, never a reason to refuse a whole dataset."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urljoin

import orjson
from stdnum.fr import siren as sirens
from stdnum.fr import siret as sirets

from services.catalog.domain.record import TAG_LENGTH, Contact

LONGEST_URL = 2000
LONGEST_WORD = 500
LARGEST = 2**63 - 1
DEEPEST = 20
_MISREAD = ("Ã", "Â", "â€")
_YEAR = re.compile(r"\d{4}")
_MONTH = re.compile(r"\d{4}-\d{2}")
_FRENCH_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


class PayloadRefused(ValueError):
    """A payload, or one dataset of it, that cannot be read: why, in French and in English."""

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(en)
        self.fr = fr
        self.en = en


def text(value: Any, limit: int = LONGEST_WORD) -> str | None:
    """Return a text that can be stored, trimmed and cut; None for an empty one or for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    cleaned = _mended(value.replace("\x00", "").encode("utf-8", "ignore").decode()).strip()
    return cleaned[:limit] or None


def _mended(value: str) -> str:
    """Undo a portal's reading of UTF-8 as Western Windows (`Ã‰lus`): no other text could be read back so."""
    if not any(sign in value for sign in _MISREAD):
        return value
    try:
        return value.encode("cp1252").decode()
    except UnicodeError:
        return value


def url(value: Any) -> str | None:
    """Return an http(s) address, or None."""
    found = text(value, 100_000)
    if found is None or len(found) > LONGEST_URL or not found.lower().startswith(("http://", "https://")):
        return None
    return found


def joined(address: str, said: str) -> str | None:
    """Return an address completed with that of the document in which it was said, or None for what is no address."""
    try:
        return urljoin(address, said)
    except ValueError:
        return None


def email(value: Any) -> str | None:
    """Return a mail address without `mailto:`, or None."""
    found = text(value, 320)
    if found is None:
        return None
    found = found.removeprefix("mailto:").strip()
    return found if "@" in found and " " not in found else None


def integer(value: Any) -> int | None:
    """Return a count that is not negative and can be stored, or None."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = int(float(value)) if not isinstance(value, int) else value
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number <= LARGEST else None


def moment(value: Any) -> datetime | None:
    """Return a moment from ISO 8601 (a day is its first instant, no time zone is UTC), or None."""
    found = text(value, 60)
    if found is None:
        return None
    try:
        read = datetime.fromisoformat(found)
    except ValueError:
        on = day(found)
        return datetime(on.year, on.month, on.day, tzinfo=UTC) if on else None
    try:
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except OverflowError:
        return None


def day(value: Any, *, end: bool = False) -> date | None:
    """Return a day from ISO 8601 (or `31/12/2024`); of a year or a month, its first day, or its last with `end`."""
    found = text(value, 60)
    if found is None:
        return None
    try:
        if _YEAR.fullmatch(found):
            return date(int(found), 12, 31) if end else date(int(found), 1, 1)
        if _MONTH.fullmatch(found):
            year, month = int(found[:4]), int(found[5:])
            following = date(year + month // 12, month % 12 + 1, 1)
            return date.fromordinal(following.toordinal() - 1) if end else date(year, month, 1)
        if (french := _FRENCH_DAY.fullmatch(found)) is not None:
            return date(int(french[3]), int(french[2]), int(french[1]))
        return date.fromisoformat(found[:10])
    except ValueError:
        return None


def tags(values: Iterable[Any]) -> tuple[str, ...]:
    """Return keywords, each once, in order."""
    found = (text(value, TAG_LENGTH) for value in values)
    return tuple(dict.fromkeys(word for word in found if word))[:200]


def plain(value: Any, depth: int = 0) -> Any:
    """Return a JSON value that can be stored; what is too deep or no JSON is left out."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "ignore").decode()
    if isinstance(value, dict):
        inside = {} if depth >= DEEPEST else value
        return {plain(str(name)): plain(member, depth + 1) for name, member in inside.items()}
    if isinstance(value, list | tuple):
        return [] if depth >= DEEPEST else [plain(item, depth + 1) for item in value]
    return value if isinstance(value, int | float | bool | None) else None


def mapping(value: Any) -> dict[str, Any]:
    """Return a JSON object that can be stored; an empty one for anything else."""
    return plain(value) if isinstance(value, dict) else {}


def geometry(value: Any) -> dict[str, Any] | None:
    """Return a GeoJSON geometry, given as it is or as a text, or None."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except ValueError:
            return None
    found = mapping(value)
    placed = isinstance(found.get("coordinates"), list) and isinstance(found.get("type"), str)
    return found if placed else None


def siret(value: Any) -> str | None:
    """Return a valid SIRET (La Poste's exception to Luhn included), or None."""
    digits = "".join((text(value, 40) or "").split())
    return sirets.compact(digits) if sirets.is_valid(digits) else None


def siren(value: Any) -> str | None:
    """Return a valid SIREN from a SIREN or from a SIRET, or None."""
    digits = "".join((text(value, 40) or "").split())
    if found := siret(digits):
        return found[:9]
    return sirens.compact(digits) if sirens.is_valid(digits) else None


def contact(name: Any, mail: Any = None, form: Any = None, role: Any = None) -> Contact | None:
    """Return a contact point, or None when nobody can be reached nor named."""
    found = Contact(text(name, 350), email(mail), url(form), text(role, 50) or "contact")
    return found if found.name or found.email or found.contact_form else None
