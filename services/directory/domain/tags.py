"""A facet of which a body may have several values: the domains it has software for, the applications it uses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class FacetValue:
    """A value of a facet and how many results have it."""

    value: str
    count: int


class Tags:
    """Pairs of a row and a value, each at most once."""

    def __init__(self, size: int, rows_by_value: Mapping[str, Sequence[int]]) -> None:
        self._size = size
        self._values = sorted(rows_by_value)
        self._rows = {value: np.unique(np.array(rows_by_value[value], np.int32)) for value in self._values}
        lengths = [len(self._rows[value]) for value in self._values]
        self._codes = np.repeat(np.arange(len(self._values), dtype=np.int32), lengths)
        every = [self._rows[value] for value in self._values]
        self._all = np.concatenate(every) if every else np.empty(0, np.int32)

    def mask(self, wanted: Iterable[str]) -> Mask:
        """Tell of each row whether it has one of the values."""
        found = np.zeros(self._size, np.bool_)
        for value in wanted:
            if value in self._rows:
                found[self._rows[value]] = True
        return found

    def counts(self, rows: npt.NDArray[np.intp]) -> list[FacetValue]:
        """Count the values among some rows; those that no row has are left out."""
        chosen = np.zeros(self._size, np.bool_)
        chosen[rows] = True
        totals = np.bincount(self._codes[chosen[self._all]], minlength=len(self._values))
        return [FacetValue(self._values[number], int(totals[number])) for number in np.flatnonzero(totals)]
