"""Search in memory over all collectivités: prefix first, then typing errors; filters and facet counts in one call.

About 36,000 bodies and 5,000 former names; an index is built once from the rows and never changes.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from services.directory.domain.collectivites import POPULATION_CLASSES, TYPES, Collectivite, population_class
from services.directory.domain.folding import shortened, significant, words
from services.directory.domain.keys import FoldedNames, KeyList, Kind, Mask, PrefixKeys, Rows, WordKeys
from services.directory.domain.readings import KIND_WORDS, Place, Reading, readings
from services.directory.domain.tags import FacetValue, Tags
from services.directory.domain.territoires import DEPARTEMENTS, REGIONS
from services.directory.domain.typos import TypoKeys, allowed, near_beginnings

FACETS = ("type", "departement", "region", "epci", "population")
# Under so many good matches, names with a typing error are looked for too.
ENOUGH = 10
MAX_QUERY = 200

Ranks = npt.NDArray[np.int16]


class Rank(IntEnum):
    """How well a body answers the query; the least is shown first, then the most populated."""

    EXACT = 0
    EXACT_OTHERWISE = 1  # a former name, a postcode, initials
    EXACT_FORMER_CODE = 2
    BEGINS = 3
    BEGINS_FORMER = 4
    WORD = 5
    WORD_FORMER = 6
    ALL_WORDS = 7
    TYPO = 10  # + twice the number of errors, + 1 for a former name
    TYPO_BEGINS = 20  # + the number of errors
    SOME_WORDS = 30
    NONE = 100


_WHEN_EXACT = {
    Kind.NAME: Rank.EXACT,
    Kind.FORMER_NAME: Rank.EXACT_OTHERWISE,
    Kind.WORD: Rank.WORD,
    Kind.FORMER_WORD: Rank.WORD_FORMER,
    Kind.CODE: Rank.EXACT,
    # 75015 is Paris 15e to everybody, and the code that Bry-sur-Marne had before 1968 to few.
    Kind.POSTCODE: Rank.EXACT_OTHERWISE,
    Kind.FORMER_CODE: Rank.EXACT_FORMER_CODE,
    Kind.SIREN: Rank.EXACT,
    Kind.INITIALS: Rank.EXACT_OTHERWISE,
}
_WHEN_BEGINS = {
    Kind.NAME: Rank.BEGINS,
    Kind.FORMER_NAME: Rank.BEGINS_FORMER,
    Kind.WORD: Rank.WORD,
    Kind.FORMER_WORD: Rank.WORD_FORMER,
    Kind.CODE: Rank.BEGINS,
    Kind.FORMER_CODE: Rank.BEGINS_FORMER,
    Kind.POSTCODE: Rank.BEGINS_FORMER,
    Kind.SIREN: Rank.BEGINS,
    Kind.INITIALS: Rank.NONE,
}


def _table(ranks: Mapping[Kind, Rank]) -> Ranks:
    return np.array([ranks[kind] for kind in Kind], np.int16)


_EXACT_RANKS, _BEGIN_RANKS = _table(_WHEN_EXACT), _table(_WHEN_BEGINS)
# The first five digits of a SIREN are those of another commune's INSEE code: fewer than six mean a code.
_SHORT_CODE_RANKS = _table({**_WHEN_BEGINS, Kind.SIREN: Rank.NONE})
_SHORT_CODE = 5
_SHORTEST_BEGINNING = 5
# A label that was copied into the search ends with a code, which says it all (see `Collectivite.label`).
_END_OF_LABEL = re.compile(r"·\s*([0-9][0-9AB][0-9]{3}|[0-9]{9})\s*$")


@dataclass(frozen=True)
class Position:
    """The place of a body in a list of results; it stays right when the index is rebuilt."""

    rank: int
    population: int
    siren: str


@dataclass(frozen=True)
class Found:
    """One page of results: bodies in order, all counts, and the last place if more follow."""

    items: list[Collectivite]
    total: int
    facets: dict[str, list[FacetValue]] = field(default_factory=dict)
    last: Position | None = None
    # The rank of each item (with distances, its distance).
    ranks: list[int] = field(default_factory=list)


class _Facet:
    """One way to sort the bodies: a small number for each row, -1 when it has no value."""

    def __init__(self, values: Sequence[str], row_values: Iterable[str]) -> None:
        self.values = list(values)
        self.numbers = {value: number for number, value in enumerate(values)}
        found = [self.numbers.get(value, -1) for value in row_values]
        self.codes = np.array(found, np.int32)

    def mask(self, wanted: Iterable[str]) -> Mask:
        numbers = [self.numbers[value] for value in wanted if value in self.numbers]
        return np.isin(self.codes, numbers)

    def counts(self, rows: npt.NDArray[np.intp]) -> list[FacetValue]:
        codes = self.codes[rows]
        totals = np.bincount(codes[codes >= 0], minlength=len(self.values))
        return [FacetValue(self.values[number], int(totals[number])) for number in np.flatnonzero(totals)]


class SearchIndex:
    """The bodies of one version of the reference, ready to be searched by several threads at once."""

    def __init__(self, version: str, bodies: Iterable[Collectivite]) -> None:
        self.version = version
        # Ordered once by population, so that a row number is also the order among equals.
        self.bodies = sorted(bodies, key=lambda body: (-body.population, body.siren))
        self._order = [(-body.population, body.siren) for body in self.bodies]
        names = [FoldedNames.of(body) for body in self.bodies]
        keys, whole = KeyList(), KeyList()
        for row, name in enumerate(names):
            name.add_keys(keys, row)
            name.add_whole(whole, row)
        self._prefix = PrefixKeys(keys)
        self._typo = TypoKeys(whole)
        self._words = WordKeys([name.words() for name in names])
        self._facets = self._build_facets()
        self.by_siren = {body.siren: body for body in self.bodies}
        self.rows = {body.siren: row for row, body in enumerate(self.bodies)}
        self._by_insee = _by_insee_code(self.bodies)

    def _build_facets(self) -> dict[str, _Facet]:
        epci = sorted({body.siren_epci for body in self.bodies} - {""})
        classes = [found.code for found in POPULATION_CLASSES]
        bodies = self.bodies
        return {
            "type": _Facet(list(TYPES), (body.type for body in bodies)),
            "departement": _Facet(list(DEPARTEMENTS), (body.code_departement for body in bodies)),
            "region": _Facet(list(REGIONS), (body.code_region for body in bodies)),
            "epci": _Facet(epci, (body.siren_epci for body in bodies)),
            "population": _Facet(classes, (population_class(body.population).code for body in bodies)),
        }

    def search(
        self,
        query: str = "",
        *,
        filters: Mapping[str, Sequence[str]] | None = None,
        code_insee: str | None = None,
        tags: Mapping[str, Tags] | None = None,
        distances: Ranks | None = None,
        limit: int = 10,
        after: Position | None = None,
    ) -> Found:
        """Return the bodies that answer a query, best first, those of a filter's values only.

        A filter is a facet's name and the values kept; an unknown value keeps nothing. `code_insee` keeps the
        commune that has this code, or else the one that took over the commune that had it. Each facet is counted
        with the other filters applied, not its own, so that a reader sees what another choice would give.

        `tags` are further facets, made of what is not in the reference. `distances` (one a row, negative when too
        far or unknown) keep the bodies that are near and put the nearest first.
        """
        facets: dict[str, _Facet | Tags] = {**self._facets, **(tags or {})}
        masks = {name: facets[name].mask(wanted) for name, wanted in (filters or {}).items() if wanted}
        if distances is not None:
            masks["near"] = distances >= 0
        if code_insee is not None:
            masks["code_insee"] = self._with_code(code_insee)
        kept = _all_of(list(masks.values()), len(self.bodies))
        ranks = self._ranks(query[:MAX_QUERY], kept)
        rows = np.flatnonzero((ranks < Rank.NONE) & kept)
        order = ranks if distances is None else distances
        places = order[rows].astype(np.int64) * len(self.bodies) + rows
        places.sort()
        start = 0 if after is None else int(np.searchsorted(places, self._place(after), side="right"))
        page = places[start : start + limit]
        items = [self.bodies[place % len(self.bodies)] for place in page.tolist()]
        more = start + len(items) < len(places) and items
        last = self._position(int(page[-1])) if more else None
        ranked = [divmod(place, len(self.bodies))[0] for place in page.tolist()]
        return Found(items, len(places), self._count(ranks, masks, facets), last, ranked)

    def _with_code(self, code: str) -> Mask:
        mask = np.zeros(len(self.bodies), np.bool_)
        mask[self._by_insee.get(code, [])] = True
        return mask

    def _place(self, position: Position) -> int:
        key = (-position.population, position.siren)
        row = bisect_left(self._order, key)
        # A body that has left the list: its place is just before the one that follows it.
        missing = row == len(self._order) or self._order[row] != key
        return position.rank * len(self.bodies) + row - int(missing)

    def _position(self, place: int) -> Position:
        rank, row = divmod(place, len(self.bodies))
        body = self.bodies[row]
        return Position(rank, body.population, body.siren)

    def _count(
        self, ranks: Ranks, masks: Mapping[str, Mask], facets: Mapping[str, "_Facet | Tags"]
    ) -> dict[str, list[FacetValue]]:
        matching = ranks < Rank.NONE
        counted = {}
        for name, facet in facets.items():
            others = [mask for other, mask in masks.items() if other != name]
            rows = np.flatnonzero(matching & _all_of(others, len(self.bodies)))
            counted[name] = facet.counts(rows)
        return counted

    def _ranks(self, query: str, kept: Mask) -> Ranks:
        """Return the rank of every row for a query; typing errors are allowed when few rows answer."""
        if not query.strip():
            return np.zeros(len(self.bodies), np.int16)
        ranks = self._empty()
        label = _END_OF_LABEL.search(query)
        folded = words(label[1] if label else query)
        if not folded:
            return ranks
        self._match(ranks, folded)
        written = self._prefix.starting_with("".join(folded)).exact > 0
        read = [] if written else readings(folded)
        # A name still being typed may look like a kind or a place ("Ville-Saint-…"): then only what is exact is added.
        worst = Rank.EXACT_FORMER_CODE if (ranks < Rank.WORD).any() else Rank.NONE
        for reading in read:
            found = self._empty()
            self._match(found, list(reading.name))
            self._add_reading(ranks, found, reading, worst)
        if np.count_nonzero((ranks < Rank.NONE) & kept) < ENOUGH:
            self._match_typos(ranks, _forms(folded))
            if not (ranks < Rank.NONE).any():
                for reading in read:
                    found = self._empty()
                    self._match_typos(found, _forms(list(reading.name)))
                    self._add_reading(ranks, found, reading, Rank.NONE)
        if not (ranks < Rank.NONE).any():
            asked = significant(folded)
            telling = [word for word in asked if word not in KIND_WORDS]
            ranks[self._words.with_most(telling, sum(map(len, asked)) // 3)] = Rank.SOME_WORDS
        return ranks

    def _empty(self) -> Ranks:
        return np.full(len(self.bodies), Rank.NONE, np.int16)

    def _add_reading(self, ranks: Ranks, found: Ranks, reading: Reading, worst: int) -> None:
        """Give the rows of the kind and in the place of a reading the ranks that its name found, down to the worst."""
        mask = found <= worst
        if reading.types:
            mask &= self._facets["type"].mask(reading.types)
        if reading.place is not None:
            mask &= self._in_place(reading.place)
        ranks[mask] = np.minimum(ranks[mask], found[mask])

    def _in_place(self, place: Place) -> Mask:
        level, code = place
        if level != "postcode":
            return self._facets[level].mask([code])
        found = self._prefix.starting_with(code)
        mask = np.zeros(len(self.bodies), np.bool_)
        mask[found.rows[: found.exact][found.kinds[: found.exact] == Kind.POSTCODE]] = True
        return mask

    def _match(self, ranks: Ranks, folded: list[str]) -> None:
        for form in _forms(folded):
            # A SIRET is found by the SIREN that it begins with.
            text = form[:9] if len(form) == 14 and form.isdigit() else form
            found = self._prefix.starting_with(text)
            short_code = text.isdigit() and len(text) <= _SHORT_CODE
            begins = _SHORT_CODE_RANKS if short_code else _BEGIN_RANKS
            _lower(ranks, found.rows[: found.exact], _EXACT_RANKS[found.kinds[: found.exact]])
            _lower(ranks, found.rows[found.exact :], begins[found.kinds[found.exact :]])
        meaning = significant(shortened(folded))
        if len(meaning) > 1:
            rows = self._words.with_all(meaning)
            ranks[rows] = np.minimum(ranks[rows], Rank.ALL_WORDS)

    def _match_typos(self, ranks: Ranks, forms: set[str]) -> None:
        # Beside a name that is exactly the query, a distant one is noise.
        most = 1 if (ranks <= Rank.EXACT_FORMER_CODE).any() else 2
        texts = [text for text in forms if not text.isdigit()]
        for text in texts:
            rows, grades = self._typo.near(text, min(most, allowed(text)))
            _lower(ranks, rows, Rank.TYPO + grades)
        if (ranks < Rank.NONE).any():
            return
        keys = self._prefix
        for text in texts:
            if len(text) >= _SHORTEST_BEGINNING:
                low = bisect_left(keys.texts, text[0])
                high = bisect_left(keys.texts, chr(ord(text[0]) + 1), low)
                near = near_beginnings(text, keys.texts[low:high], keys.rows[low:high], allowed(text))
                _lower(ranks, near[0], Rank.TYPO_BEGINS + near[1])


def _forms(folded: list[str]) -> set[str]:
    """Return the compact texts to look for: as written, abbreviated, and both without empty words."""
    short = shortened(folded)
    return {"".join(form) for form in (folded, significant(folded), short, significant(short))}


def _by_insee_code(bodies: Iterable[Collectivite]) -> dict[str, list[int]]:
    present: dict[str, list[int]] = {}
    former: dict[str, list[int]] = {}
    for row, body in enumerate(bodies):
        if body.code_insee:
            present[body.code_insee] = [row]
        for alias in body.aliases:
            former.setdefault(alias.code, []).append(row)
    return {**former, **present}


def _all_of(masks: Sequence[Mask], size: int) -> Mask:
    found = np.ones(size, np.bool_)
    for mask in masks:
        found &= mask
    return found


def _lower(ranks: Ranks, rows: Rows, proposed: npt.NDArray[np.int16]) -> None:
    """Give each row the least of its rank and the proposed ones; a row may be proposed several times."""
    # Written from the worst to the best, so that the best of several proposals is the one that stays.
    for rank in np.flatnonzero(np.bincount(proposed))[::-1].tolist() if len(proposed) else ():
        chosen = rows[proposed == rank]
        ranks[chosen] = np.minimum(ranks[chosen], rank)
