"""French names reduced to what people type: no accents, ligatures, apostrophes, hyphens; `st` is `saint`.

A name is compared in two compact forms, without spaces: every word (`lhaylesroses`) and the words that carry
meaning (`hayroses`). So "l'hay", "lhay" and "l hay" are one, and so are "CA du Pays Basque" and "CA PAYS BASQUE".
"""

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "ø": "o", "Ø": "o"})
_NOT_A_WORD = re.compile(r"[^0-9a-z]+")
_ABBREVIATIONS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_EMPTY_WORDS = frozenset(["l", "d", "le", "la", "les", "de", "du", "des", "et", "a", "au", "aux", "en"])
# Longest first, as people write out what the official names abbreviate.
_LONG_FORMS = (
    ("communaute d agglomeration", "ca"),
    ("communaute agglomeration", "ca"),
    ("communaute de communes", "cc"),
    ("communaute communes", "cc"),
    ("comcom", "cc"),
    ("communaute urbaine", "cu"),
    ("etablissement public territorial", "ept"),
    ("conseil departemental", "departement"),
    ("conseil general", "departement"),
    ("conseil regional", "region"),
)


def words(text: str) -> list[str]:
    """Return the folded words of a name or a query, abbreviations of `saint` spelled out."""
    plain = text.lower()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain.translate(_LIGATURES)).casefold()
        plain = "".join(char for char in plain if unicodedata.category(char) not in ("Mn", "Cf"))
    return [_ABBREVIATIONS.get(word, word) for word in _NOT_A_WORD.split(plain) if word]


def significant(folded: list[str]) -> list[str]:
    """Return the words that carry meaning, or all of them when none does ("Le", "Y", "Aux")."""
    return [word for word in folded if word not in _EMPTY_WORDS] or folded


def shortened(folded: list[str]) -> list[str]:
    """Return the words with spelled-out kinds of body abbreviated, as the official names are."""
    sentence = f" {' '.join(folded)} "
    for long, short in _LONG_FORMS:
        sentence = sentence.replace(f" {long} ", f" {short} ")
    return sentence.split()
