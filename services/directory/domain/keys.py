"""The strings under which collectivités are found: sorted for prefixes, by length for typos, by word."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from services.directory.domain.collectivites import Collectivite
from services.directory.domain.folding import significant, words

Rows = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
# Greater than any folded character: closes the range of a prefix.
_LAST = "\U0010ffff"


class Kind(IntEnum):
    """What a key is of a body: its name or a part of it, present or former, or one of its codes."""

    NAME = 0
    FORMER_NAME = 1
    WORD = 2
    FORMER_WORD = 3
    CODE = 4
    FORMER_CODE = 5
    POSTCODE = 6
    SIREN = 7


Key = tuple[str, int, int]


@dataclass(frozen=True)
class Range:
    """Keys that begin with a text: their rows and kinds; the first `exact` of them are equal to it."""

    rows: Rows
    kinds: npt.NDArray[np.int8]
    exact: int


class PrefixKeys:
    """Every key, sorted, with the row and the kind of each."""

    def __init__(self, keys: Sequence[Key]) -> None:
        texts = [text for text, _, _ in keys]
        # An order of positions is found five times faster than an order of tuples.
        order = sorted(range(len(keys)), key=texts.__getitem__)
        self.texts = [texts[position] for position in order]
        self.rows = np.fromiter((keys[position][1] for position in order), np.int32, len(order))
        self.kinds = np.fromiter((keys[position][2] for position in order), np.int8, len(order))

    def starting_with(self, text: str) -> Range:
        """Return the keys that begin with a folded text."""
        low = bisect_left(self.texts, text)
        high = bisect_left(self.texts, text + _LAST, low)
        exact = bisect_left(self.texts, text + "\x00", low, high)
        return Range(self.rows[low:high], self.kinds[low:high], exact - low)


class WordKeys:
    """Rows by word of their names, to find all the words of a query in any order."""

    def __init__(self, row_words: Sequence[frozenset[str]]) -> None:
        pairs = sorted((word, row) for row, found in enumerate(row_words) for word in found)
        self._words = [word for word, _ in pairs]
        self._rows = np.fromiter((row for _, row in pairs), np.int32, len(pairs))
        self._size = len(row_words)

    def with_all(self, prefixes: Sequence[str]) -> Rows:
        """Return the rows that have, for each prefix, a word that begins with it."""
        found = np.ones(self._size, np.bool_)
        for prefix in prefixes:
            low = bisect_left(self._words, prefix)
            high = bisect_left(self._words, prefix + _LAST, low)
            has = np.zeros(self._size, np.bool_)
            has[self._rows[low:high]] = True
            found &= has
        return np.flatnonzero(found).astype(np.int32)


@dataclass(frozen=True)
class FoldedNames:
    """The folded words of a body's name (with its kind in front too, as people say it) and former names."""

    body: Collectivite
    present: list[list[str]]
    former: list[list[str]]

    @classmethod
    def of(cls, body: Collectivite) -> "FoldedNames":
        """Fold every name once: it is most of the cost of building the index."""
        name = words(body.nom)
        kind = _SPOKEN_KINDS.get(body.type)
        present = [name] if kind is None else [name, [kind, *name]]
        others = {alias.nom for alias in body.aliases} - {"", body.nom}
        return cls(body, present, [words(other) for other in sorted(others)])

    def words(self) -> frozenset[str]:
        """Return every word of every name."""
        return frozenset(word for name in (*self.present, *self.former) for word in name)

    def keys(self, row: int) -> Iterator[Key]:
        """Yield every key under which the body is found."""
        for name in self.present:
            yield from _name_keys(row, name, Kind.NAME, Kind.WORD)
        for name in self.former:
            yield from _name_keys(row, name, Kind.FORMER_NAME, Kind.FORMER_WORD)
        yield from _code_keys(row, self.body)

    def whole(self, row: int) -> Iterator[Key]:
        """Yield the whole names, with which a mistyped query is compared."""
        for names, kind in ((self.present, Kind.NAME), (self.former, Kind.FORMER_NAME)):
            for name in names:
                for text in {"".join(name), "".join(significant(name))}:
                    yield (text, row, kind.value)


_SPOKEN_KINDS = {"DEP": "departement", "REG": "region", "CTU": "collectivite"}


def _name_keys(row: int, name: list[str], whole: Kind, part: Kind) -> Iterator[Key]:
    short = significant(name)
    for form in (name,) if short == name else (name, short):
        yield ("".join(form), row, whole.value)
        for start in range(1, len(form)):
            yield ("".join(form[start:]), row, part.value)


def _code_keys(row: int, body: Collectivite) -> Iterator[Key]:
    yield (body.siren, row, Kind.SIREN.value)
    own_code = body.code_departement if body.type == "DEP" else body.code_insee
    if own_code:
        yield (own_code.lower(), row, Kind.CODE.value)
    for alias in body.aliases:
        yield (alias.code.lower(), row, Kind.FORMER_CODE.value)
    for code in body.codes_postaux:
        yield (code, row, Kind.POSTCODE.value)
