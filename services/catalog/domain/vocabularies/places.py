"""Names of the French territories and what they lie in (INSEE, code officiel géographique, and Banatic, 2026)."""

import csv
import gzip
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("places.csv.gz")
FRANCE = "country:fr"


@dataclass(frozen=True, slots=True)
class Places:
    """`names` by zone (`fr:commune:25056`), and the zones in which each lies directly (`inside`)."""

    names: dict[str, str] = field(default_factory=dict)
    inside: dict[str, tuple[str, ...]] = field(default_factory=dict)


@cache
def places() -> Places:
    """Return the territories; they are read once."""
    found = Places({FRANCE: "France"})
    with gzip.open(_FILE, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            zone = f"{row['level']}:{row['code']}"
            found.names[zone] = row["name"]
            found.inside[zone] = tuple(row["inside"].split())
    return found


def name_of(zone: str) -> str | None:
    """Return the name of a territory, or None."""
    return places().names.get(zone)


def around(zone: str) -> tuple[str, ...]:
    """Return a zone and every zone in which it lies: a commune, its intercommunal body, its département, its région.

    An intercommunal body lies in the département of its seat, though some of its communes may be elsewhere.
    """
    inside = places().inside
    found = {zone: None}
    waiting = [zone]
    while waiting:
        for wider in inside.get(waiting.pop(), ()):
            if wider not in found:
                found[wider] = None
                waiting.append(wider)
    return tuple(found)


@cache
def _directly_within() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for zone, wider in places().inside.items():
        for one in wider:
            found.setdefault(one, []).append(zone)
    return found


def within(zone: str) -> list[str]:
    """Return a zone and every zone that lies in it."""
    children = _directly_within()
    found = {zone: None}
    waiting = [zone]
    while waiting:
        for inner in children.get(waiting.pop(), ()):
            if inner not in found:
                found[inner] = None
                waiting.append(inner)
    return list(found)
