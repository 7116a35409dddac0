"""What people type beside a name: the kind of body that they mean, and where it is ("mairie de", "agglo", "93")."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.directory.domain.folding import significant, words
from services.directory.domain.territoires import DEPARTEMENTS, REGIONS

_COMMUNES = frozenset({"COM"})
_DEPARTEMENTS = frozenset({"DEP", "CEA", "CTU"})
_REGIONS = frozenset({"REG", "CTU"})
_GROUPINGS = frozenset({"CC", "CA", "CU", "MET", "MET69", "EPT"})

# These stand on either side of a name ("agglo de Pau", "Pau agglo"), the longest first.
_GROUPING_WORDS = (
    "communaute d agglomeration",
    "communaute agglomeration",
    "communaute de communes",
    "communaute communes",
    "communaute urbaine",
    "etablissement public territorial",
    "communaute",
    "comcom",
    "agglomeration",
    "agglo",
    "intercommunalite",
    "interco",
    "metropole",
    "epci",
    "cc",
    "ca",
    "cu",
    "ept",
)
# What stands in front of a name, the longest first.
_BEFORE: dict[str, frozenset[str]] = {
    "hotel de ville": _COMMUNES,
    "commune": _COMMUNES,
    "ville": _COMMUNES,
    "mairie": _COMMUNES,
    "municipalite": _COMMUNES,
    "conseil departemental": _DEPARTEMENTS,
    "conseil general": _DEPARTEMENTS,
    "departement": _DEPARTEMENTS,
    "dept": _DEPARTEMENTS,
    "dpt": _DEPARTEMENTS,
    "dep": _DEPARTEMENTS,
    "cd": _DEPARTEMENTS,
    "cg": _DEPARTEMENTS,
    "conseil regional": _REGIONS,
    "region": _REGIONS,
    "cr": _REGIONS,
    "collectivite": frozenset({"CEA", "CTU"}),
    "grand": _GROUPINGS,
    **dict.fromkeys(_GROUPING_WORDS, _GROUPINGS),
}
KIND_WORDS = frozenset(word for phrase in _BEFORE for word in phrase.split())

# A place and the code by which it is kept: ("departement", "21"), ("region", "27"), ("postcode", "21000").
Place = tuple[str, str]

_LINKS = frozenset({"de", "du", "des", "d", "la", "le", "les", "l", "en", "dans"})
_GLUED = re.compile(r"(cd|cg|dept|dep|dpt)([0-9][0-9ab][0-9]?)")
_POSTCODE = re.compile(r"[0-9]{5}")
_LONGEST_PLACE = 6
# Each costs a search.
_MOST = 6


@dataclass(frozen=True)
class Reading:
    """A query read as a name, of a body of some types (none means all) in a place (or anywhere)."""

    name: tuple[str, ...]
    types: frozenset[str] = frozenset()
    place: Place | None = None


def readings(folded: Sequence[str]) -> list[Reading]:
    """Return the ways to read folded words as a name with a kind of body, with a place, or with both."""
    found = {
        Reading(tuple(name), types, place): None
        for types, rest in _kinds(_without_cedex(_unglued(folded)))
        for place, name in _places(rest)
        if list(name) != list(folded) and not _LINKS.issuperset(name)
    }
    return list(found)[:_MOST]


def _unglued(folded: Sequence[str]) -> list[str]:
    """Return the words with "cd21" as two."""
    glued = _GLUED.fullmatch(folded[0]) if folded else None
    return list(folded) if glued is None else [*glued.groups(), *folded[1:]]


def _without_cedex(folded: list[str]) -> list[str]:
    return folded[: folded.index("cedex")] if "cedex" in folded[1:] else folded


def _kinds(folded: list[str]) -> Iterator[tuple[frozenset[str], list[str]]]:
    yield frozenset(), folded
    sentence = f"{' '.join(folded)} "
    for phrase, types in _BEFORE.items():
        if sentence.startswith(f"{phrase} "):
            yield types, _stripped(folded[len(phrase.split()) :])
            break
    for phrase in _GROUPING_WORDS:
        if f" {sentence}".endswith(f" {phrase} "):
            yield _GROUPINGS, folded[: -len(phrase.split())]
            break


def _places(folded: list[str]) -> Iterator[tuple[Place | None, list[str]]]:
    """Yield the words as they are, then without a place at their end or their beginning."""
    yield None, folded
    for length in range(1, min(_LONGEST_PLACE, len(folded) - 1) + 1):
        if (place := _place(folded[-length:])) is not None:
            yield place, _stripped(folded[:-length])
        if (place := _place(folded[:length])) is not None:
            yield place, _stripped(folded[length:])


def _place(folded: Sequence[str]) -> Place | None:
    text = "".join(significant(list(folded)))
    return ("postcode", text) if _POSTCODE.fullmatch(text) else _PLACES.get(text)


def _stripped(folded: list[str]) -> list[str]:
    """Return the words without those that tie a name to its kind or its place; one word at least is left."""
    start, end = 0, len(folded)
    while end - start > 1 and folded[end - 1] in _LINKS:
        end -= 1
    while end - start > 1 and folded[start] in ("de", "du", "des", "d"):
        start += 1
    return folded[start:end]


def _named(level: str, names: Mapping[str, str]) -> dict[str, Place]:
    return {"".join(significant(words(name))): (level, code) for code, name in names.items()}


_PLACES: dict[str, Place] = {
    **_named("region", REGIONS),
    **_named("departement", DEPARTEMENTS),
    **{code.lower(): ("departement", code) for code in DEPARTEMENTS},
}
