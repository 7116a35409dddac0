"""Names at one or two typing errors of a query: insertion, deletion, substitution, transposition."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from services.directory.domain.keys import KeyList, Rows

SHORTEST = 3
_ONE_TYPO_UNTIL = 5


def allowed(text: str) -> int:
    """Return how many typing errors are forgiven in a text of this length."""
    if len(text) < SHORTEST:
        return 0
    return 1 if len(text) <= _ONE_TYPO_UNTIL else 2


class TypoKeys:
    """Whole names by length: only those of nearly the query's length are compared."""

    def __init__(self, keys: KeyList) -> None:
        order = np.argsort(np.array([len(text) for text in keys.texts], np.int32), kind="stable")
        self._texts = [keys.texts[position] for position in order.tolist()]
        self._lengths = [len(text) for text in self._texts]
        self._rows = np.array(keys.rows, np.int32)[order]
        self._former = np.array(keys.kinds, np.int8)[order]

    def near(self, text: str, most: int) -> tuple[Rows, npt.NDArray[np.int16]]:
        """Return the rows at `most` typing errors from a folded text at the utmost, and the grade of each.

        The grade is twice the number of errors, one more for a former name.
        """
        low = bisect_left(self._lengths, len(text) - most)
        high = bisect_right(self._lengths, len(text) + most)
        distances = _distances(text, self._texts[low:high], most)
        hits = np.flatnonzero(distances <= most)
        grades = 2 * distances[hits].astype(np.int16) + self._former[low:high][hits]
        return self._rows[low:high][hits], grades


def near_beginnings(
    text: str, keys: Sequence[str], rows: Rows, most: int
) -> tuple[Rows, npt.NDArray[np.int16]]:
    """Return the rows of the keys whose beginning is near a text still being typed, and the distances."""
    distances = _distances(text, [key[: len(text)] for key in keys], most)
    hits = np.flatnonzero(distances <= most)
    return rows[hits], distances[hits].astype(np.int16)


def _distances(text: str, candidates: Sequence[str], most: int) -> npt.NDArray[np.uint8]:
    if not candidates:
        return np.empty(0, np.uint8)
    table = cdist([text], candidates, scorer=OSA.distance, score_cutoff=most, dtype=np.uint8)
    found: npt.NDArray[np.uint8] = table[0]
    return found
