"""The strings under which collectivités are found: sorted for prefixes, by length for typos, by word."""

from bisect import bisect_left
from collections.abc import Sequence
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
    """What a key is of a body: its name or a part of it, present or former, its initials, or one of its codes."""

    NAME = 0
    FORMER_NAME = 1
    WORD = 2
    FORMER_WORD = 3
    CODE = 4
    FORMER_CODE = 5
    POSTCODE = 6
    SIREN = 7
    INITIALS = 8


class KeyList:
    """Keys being gathered: texts, and the row and kind of each. Columns cost half of what tuples do."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.rows: list[int] = []
        self.kinds: list[int] = []

    def add(self, text: str, row: int, kind: int) -> None:
        """Add one key."""
        self.texts.append(text)
        self.rows.append(row)
        self.kinds.append(kind)


@dataclass(frozen=True)
class Range:
    """Keys that begin with a text: their rows and kinds; the first `exact` of them are equal to it."""

    rows: Rows
    kinds: npt.NDArray[np.int8]
    exact: int


class PrefixKeys:
    """Every key, sorted, with the row and the kind of each."""

    def __init__(self, keys: KeyList) -> None:
        # Folded texts are ASCII: as bytes they sort in the same order, many times faster.
        order = np.argsort(np.array(keys.texts or [""], dtype="S"), kind="stable")[: len(keys.texts)]
        self.texts = [keys.texts[position] for position in order.tolist()]
        self.rows = np.array(keys.rows, np.int32)[order]
        self.kinds = np.array(keys.kinds, np.int8)[order]

    def starting_with(self, text: str) -> Range:
        """Return the keys that begin with a folded text."""
        low = bisect_left(self.texts, text)
        high = bisect_left(self.texts, text + _LAST, low)
        exact = bisect_left(self.texts, text + "\x00", low, high)
        return Range(self.rows[low:high], self.kinds[low:high], exact - low)


class WordKeys:
    """Rows by word of their names, to find all the words of a query in any order."""

    def __init__(self, row_words: Sequence[frozenset[str]]) -> None:
        words = [word for found in row_words for word in found]
        rows = np.repeat(np.arange(len(row_words), dtype=np.int32), [len(found) for found in row_words])
        order = np.argsort(np.array(words or [""], dtype="S"), kind="stable")[: len(words)]
        self._words = [words[position] for position in order.tolist()]
        self._rows = rows[order]
        self._size = len(row_words)

    def with_most(self, wanted: Sequence[str], least: int) -> Rows:
        """Return the rows that have the words that tell most, the rare before the common; `least` letters of them."""
        told, letters = np.zeros(self._size), np.zeros(self._size)
        for word in set(wanted):
            low = bisect_left(self._words, word)
            rows = np.unique(self._rows[low : bisect_left(self._words, word + "\x00", low)])
            if len(rows):
                told[rows] += np.log(self._size / len(rows))
                letters[rows] += len(word)
        enough = (told > 0) & (letters >= least)
        best = told[enough].max(initial=0)
        return np.flatnonzero(enough & (told >= best)).astype(np.int32)

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

    def add_keys(self, keys: KeyList, row: int) -> None:
        """Add every key under which the body is found."""
        for name in self.present:
            _add_name(keys, row, name, _NAME, _WORD)
        for name in self.former:
            _add_name(keys, row, name, _FORMER_NAME, _FORMER_WORD)
        for text in self._initials():
            keys.add(text, row, _INITIALS)
        _add_codes(keys, row, self.body)

    def _initials(self) -> set[str]:
        """Return the initials by which a grouping or a région is known: "MEL", "PACA", "CAPB", "GPSEO"."""
        if self.body.type in ("COM", "DEP"):
            return set()
        name = self.present[0]
        kind, proper = (name[0], name[1:]) if name[0] in _ABBREVIATED_KINDS else ("", name)
        made = {"".join(word[0] for word in form) for form in (proper, significant(proper)) if form}
        usual = {_USUAL_INITIALS[self.body.code_region]} if _has_usual_initials(self.body) else set()
        return usual | {
            text for short in made for text in (short, kind + short) if len(text) >= _FEWEST_INITIALS
        }

    def add_whole(self, keys: KeyList, row: int) -> None:
        """Add the whole names, with which a mistyped query is compared."""
        for names, kind in ((self.present, _NAME), (self.former, _FORMER_NAME)):
            for name in names:
                text, short = "".join(name), "".join(significant(name))
                keys.add(text, row, kind)
                if short != text:
                    keys.add(short, row, kind)


_SPOKEN_KINDS = {"DEP": "departement", "REG": "region", "CTU": "collectivite"}
# Plain integers: reading a member of an enumeration a million times takes half a second.
_NAME, _FORMER_NAME, _WORD, _FORMER_WORD, _CODE, _FORMER_CODE, _POSTCODE, _SIREN, _INITIALS = (
    kind.value for kind in Kind
)
_ABBREVIATED_KINDS = frozenset({"ca", "cc", "cu"})
_FEWEST_INITIALS = 3
# Those of a région that its name does not make.
_USUAL_INITIALS = {"84": "aura", "52": "pdl"}


def _has_usual_initials(body: Collectivite) -> bool:
    return body.type == "REG" and body.code_region in _USUAL_INITIALS


def _add_name(keys: KeyList, row: int, name: list[str], whole: int, part: int) -> None:
    short = significant(name)
    for form in (name,) if short == name else (name, short):
        keys.add("".join(form), row, whole)
        for start in range(1, len(form)):
            keys.add("".join(form[start:]), row, part)


def _add_codes(keys: KeyList, row: int, body: Collectivite) -> None:
    keys.add(body.siren, row, _SIREN)
    own_code = body.code_departement if body.type == "DEP" else body.code_insee
    if own_code:
        keys.add(own_code.lower(), row, _CODE)
    for alias in body.aliases:
        keys.add(alias.code.lower(), row, _FORMER_CODE)
    for code in body.codes_postaux:
        keys.add(code, row, _POSTCODE)
