"""Labels made comparable. Light on purpose: the API compares headers without loading the readers of tables."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_ENOUGH_LABELS = 5
_ENOUGH_BELOW_A_TITLE = 2


def plain(label: str) -> str:
    """A label without case, accents, nor anything but letters and digits: what two spellings share."""
    if label.isascii() and label.isalnum():
        return label.lower()
    letters = label.lower() if label.isascii() else unicodedata.normalize("NFKD", label.casefold())
    return "".join(filter(str.isalnum, letters))


def least_labels(wanted: int, first: Sequence[object]) -> int:
    """How many of the expected names make a header of a line that is not the first; few when that one is a title."""
    is_title = sum(cell not in (None, "") for cell in first) <= 1
    return max(1, min(wanted // 3, _ENOUGH_BELOW_A_TITLE if is_title else _ENOUGH_LABELS))
