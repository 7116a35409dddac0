"""How a label is compared: without accents, case, punctuation nor double spaces."""

import re
import unicodedata

_NOT_WORD = re.compile(r"[^a-z0-9]+")


def folded(text: str) -> str:
    """Return a label in the form in which two writings of it are equal."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return _NOT_WORD.sub(" ", bare.replace("œ", "oe")).strip()
