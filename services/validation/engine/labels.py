"""Labels made comparable. Light on purpose: the API compares headers without loading the readers of tables."""

from __future__ import annotations

import unicodedata


def plain(label: str) -> str:
    """A label without case, accents, nor anything but letters and digits: what two spellings share."""
    if label.isascii() and label.isalnum():
        return label.lower()
    letters = label.lower() if label.isascii() else unicodedata.normalize("NFKD", label.casefold())
    return "".join(filter(str.isalnum, letters))
