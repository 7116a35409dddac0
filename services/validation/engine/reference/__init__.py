"""French places as of each vintage of the official geographic code (COG): codes, names, postcodes.

Read from compact files of this package when first asked for, and kept. SOURCES.md says where they come from.
"""

import gzip
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import orjson

FIRST_YEAR, LATEST_YEAR = 2021, 2026
YEARS = tuple(str(year) for year in range(FIRST_YEAR, LATEST_YEAR + 1))


class Commune(NamedTuple):
    """A commune, delegated (D) or associated (A) commune or municipal district (M), as the COG lists it."""

    code: str
    name: str
    kind: str
    first_year: int
    last_year: int
    postcodes: tuple[str, ...]
    former_codes: tuple[str, ...]
    parent: str


@cache
def communes() -> tuple[Commune, ...]:
    """Give every commune of every vintage, by code."""
    return tuple(_communes())


def _communes() -> Iterator[Commune]:
    for line in _lines("communes.tsv.gz"):
        code, name, kind, first, last, postcodes, former, parent = line.split("\t")
        yield Commune(
            code, name, kind, int(first), int(last), tuple(postcodes.split()), tuple(former.split()), parent
        )


@cache
def commune_codes(year: int) -> frozenset[str]:
    """Give the INSEE codes in force in a vintage, of communes of every kind."""
    return frozenset(place.code for place in communes() if place.first_year <= year <= place.last_year)


@cache
def commune_names(year: int) -> frozenset[str]:
    """Give the names in use in a vintage, of communes of every kind."""
    return frozenset(place.name for place in communes() if place.first_year <= year <= place.last_year)


@cache
def current_code() -> Mapping[str, str]:
    """Give, for a code that no longer exists, the code of the commune that took its place."""
    now = commune_codes(LATEST_YEAR)
    successor = {
        former: place.code for place in communes() if place.kind == "C" for former in place.former_codes
    }
    parents = {place.code: place.parent for place in communes() if place.parent}
    return {code: new for code, new in {**parents, **successor}.items() if code not in now and new in now}


@cache
def names_of_code(year: int) -> Mapping[str, str]:
    """Give the name of each code in a vintage, the commune's own name coming before its delegated ones."""
    named = sorted(communes(), key=lambda place: place.kind == "C")
    return {place.code: place.name for place in named if place.first_year <= year <= place.last_year}


@cache
def postcodes_of_code() -> Mapping[str, frozenset[str]]:
    """Give the postcodes of each commune code, former communes included."""
    found: dict[str, set[str]] = {}
    for place in communes():
        found.setdefault(place.code, set()).update(place.postcodes)
    for place in communes():
        if place.parent in found and not found[place.code]:
            found[place.code].update(found[place.parent])
    return {code: frozenset(postcodes) for code, postcodes in found.items() if postcodes}


@cache
def epci_names(year: int) -> Mapping[str, str]:
    """Give the name of each grouping with its own tax powers in a vintage, by SIREN."""
    rows = (line.split("\t") for line in _lines("epci.tsv.gz"))
    return {code: name for code, name, first, last in rows if int(first) <= year <= int(last)}


@cache
def listed(name: str, year: int) -> frozenset[str]:
    """Give the values of one of the smaller lists, as of a year (the nearest vintage that exists)."""
    if name == "code-postal":
        more = {postcode for place in communes() for postcode in place.postcodes}
        return frozenset(more | set(_nearest(name, year)))
    return frozenset(_nearest(name, year))


def _nearest(name: str, year: int) -> list[str]:
    vintages = _lists()[name]
    return vintages[min(vintages, key=lambda vintage: (abs(int(vintage) - year), vintage))]


@cache
def _lists() -> Mapping[str, Mapping[str, list[str]]]:
    document: dict[str, dict[str, list[str]]] = orjson.loads("\n".join(_lines("lists.json.gz")))
    return document


def _lines(name: str) -> list[str]:
    return gzip.decompress(files(__name__).joinpath(name).read_bytes()).decode().splitlines()
