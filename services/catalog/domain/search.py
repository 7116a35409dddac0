"""What a search asks: words, each with its other names in the field, and facets."""

import re

from services.catalog.domain.vocabularies.labels import folded

MOST_WORDS = 20
LONGEST_QUERY = 200
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
