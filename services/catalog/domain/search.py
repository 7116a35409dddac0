"""What a search asks: words, each with its other names in the field, and facets."""

import re
from collections.abc import Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

from services.catalog.domain.vocabularies.labels import folded

MOST_WORDS = 20
LONGEST_QUERY = 200
# Shorter words are near anything; from the longer length on, two letters may be wrong.
SHORTEST_MISSPELT = 4
_TWO_LETTERS_FROM = 8
FACETS = (
    "theme",
    "tag",
    "schema",
    "conformity",
    "license",
    "organization",
    "source",
    "format",
    "zone",
)
# Words that mean the same, folded, in the field of local open data: who types one is shown the others too.
_SAME = (
    ("irve", "borne recharge"),
    ("decp", "marches publics", "commande publique"),
    ("bal", "base adresse locale"),
    ("ban", "base adresse nationale"),
    ("pei", "point eau incendie", "deci"),
    ("plu", "plui", "urbanisme"),
    ("velo", "cyclable", "bicyclette"),
    ("cantine", "restauration scolaire", "menu"),
    ("dechet", "ordure menagere"),
    ("parking", "stationnement"),
    ("ecole", "etablissement scolaire"),
    ("creche", "petite enfance"),
    ("dvf", "demandes valeurs foncieres"),
    ("gtfs", "transport commun horaire"),
    ("arbre", "patrimoine arbore"),
    ("medecin", "professionnel sante"),
)
_SYNONYMS = {
    word: [other for other in group if other != word] for group in _SAME for word in group if " " not in word
}


def alternatives(query: str) -> list[list[str]]:
    """Return the words of a query, folded, each followed by what means the same."""
    found = folded(re.sub(r"[\x00-\x1f]", " ", query[:LONGEST_QUERY])).split()[:MOST_WORDS]
    return [[word, *_SYNONYMS.get(word.removesuffix("s"), _SYNONYMS.get(word, []))] for word in found]


def respelt(group: list[str], known: Mapping[str, int]) -> list[str]:
    """Return a word and what means the same, after the nearest known word when it is none itself.

    `known` counts the datasets that have each word: of two that are as near, the most frequent one is meant.
    """
    word = group[0]
    if len(word) < SHORTEST_MISSPELT or len(group) > 1 or word in known or word.isdecimal():
        return group
    most = 2 if len(word) >= _TWO_LETTERS_FROM else 1
    near = [other for other in known if other[0] == word[0] and abs(len(other) - len(word)) <= most]
    found = process.extract(word, near, scorer=OSA.distance, score_cutoff=most, limit=None)
    best = min(found, key=lambda one: (one[1], -known[one[0]], one[0]), default=None)
    return [best[0], word] if best else group
