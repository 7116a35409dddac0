"""Labels made comparable. Light on purpose: the API compares headers without loading the readers of tables."""

from __future__ import annotations

import unicodedata

_ENOUGH_LABELS = 5


def plain(label: str) -> str:
    """A label without case, accents, nor anything but letters and digits: what two spellings share."""
    if label.isascii() and label.isalnum():
        return label.lower()
    letters = label.lower() if label.isascii() else unicodedata.normalize("NFKD", label.casefold())
    return "".join(filter(str.isalnum, letters))


def least_labels(wanted: int) -> int:
    """How many of the expected names make a header of a line that is not the first."""
    return max(1, min(wanted // 3, _ENOUGH_LABELS))
