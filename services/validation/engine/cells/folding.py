"""Texts without case, accents and doubled spaces, to recognise what someone meant."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """`  Été  indien ` gives `ete indien`."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(char for char in decomposed if not unicodedata.combining(char)).split())
