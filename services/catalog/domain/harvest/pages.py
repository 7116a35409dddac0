"""What every kind of portal comes down to: an address to begin with, and pages of datasets that name the next one."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import orjson

from services.catalog.domain.payloads.encoding import as_utf8
from services.catalog.domain.payloads.reading import PayloadRefused, integer, text
from services.catalog.domain.record import Record

LONGEST_REMOTE_ID = 500


@dataclass(frozen=True, slots=True)
class Found:
    """A dataset of a page by its identifier, as far as it is known: what it is, or why it cannot be read."""

    remote_id: str | None
    record: Record | PayloadRefused


@dataclass(frozen=True, slots=True)
class Page:
    """The datasets of one answer, the address of the next one if there is one, how many there are in all if told."""

    found: tuple[Found, ...]
    following: str | None = None
    total: int | None = None


def decoded(data: bytes) -> Any:
    """Return a JSON document that can be stored; raises `PayloadRefused`."""
    try:
        return orjson.loads(as_utf8(data))
    except (ValueError, RecursionError) as error:
        raise PayloadRefused(f"ce n'est pas du JSON ({error})", f"Not JSON ({error})") from error


def named(value: Any) -> str | None:
    """Return an identifier that can be stored, or None."""
    return text(value, LONGEST_REMOTE_ID)


def count(value: Any) -> int | None:
    """Return a number of datasets, or None."""
    return integer(value) if isinstance(value, int | str) else None


def with_query(url: str, **parameters: str | int) -> str:
    """Return an address with parameters set, in the place of those of the same name whatever their case."""
    parts = urlsplit(url)
    named = {name.lower() for name in parameters}
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0].lower() not in named]
    added = [(name, str(value)) for name, value in parameters.items()]
    return urlunsplit(parts._replace(query=urlencode([*kept, *added]), fragment=""))


def with_defaults(url: str, **parameters: str | int) -> str:
    """Return an address with the parameters that it does not have yet."""
    present = {name.lower() for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
    return with_query(
        url, **{name: value for name, value in parameters.items() if name.lower() not in present}
    )


def number_in(url: str, parameter: str, default: int) -> int:
    """Return the number that a parameter of an address holds."""
    for name, value in parse_qsl(urlsplit(url).query):
        if name.lower() == parameter.lower() and value.isdecimal() and len(value) < 16:
            return int(value)
    return default


def below(url: str, path: str, leads_there: str, pages: str = r"/api(?:/|$)") -> str:
    """Return an address of a portal completed with the path of its API, unless it leads there already (`leads_there`).

    `pages` (another regular expression) tells where an address is no more that of the portal but of one of its pages.
    """
    parts = urlsplit(url)
    if re.search(leads_there, parts.path):
        return url
    home = re.split(pages, parts.path, maxsplit=1)[0].rstrip("/")
    return urlunsplit(parts._replace(path=home + path, fragment=""))


def members(values: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list, those of its lists too."""
    for value in values if isinstance(values, list) else []:
        if isinstance(value, dict):
            yield value
        elif isinstance(value, list):
            yield from (item for item in value if isinstance(item, dict))


def first_text(values: Sequence[Any], limit: int = LONGEST_REMOTE_ID) -> str | None:
    """Return the first text that says something."""
    return next((found for value in values if (found := text(value, limit))), None)
