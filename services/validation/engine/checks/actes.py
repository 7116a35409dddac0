"""The ACTES nomenclature of deliberations: a matter, a slash, a sub-matter."""

import difflib
import unicodedata
from typing import TYPE_CHECKING

from services.validation.engine.checks import params
from services.validation.engine.checks.contract import ValueCheck, Violation

if TYPE_CHECKING:
    from services.validation.engine.schema import CustomCheck, Schema

MATTERS = (
    "Commande publique",
    "Urbanisme",
    "Domaine et patrimoine",
    "Fonction publique",
    "Institutions et vie politique",
    "Libertés publiques et pouvoirs de police",
    "Finances locales",
    "Domaines de compétences par thèmes",
    "Autres domaines de compétences",
)


def plain(text: str) -> str:
    """Give a text in lower case and without accents."""
    letters = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


BY_PLAIN = {plain(matter): matter for matter in MATTERS}


def judge_matter(text: str) -> Violation | None:
    """Judge one `matter/sub-matter`, the matter's case and accents being free."""
    matter, slash, rest = text.partition("/")
    if not slash:
        return _no_slash(text)
    known = plain(matter) in BY_PLAIN
    if known and "/ " not in text:
        return None
    trimmed = " ".join(matter.split())
    if plain(trimmed) in BY_PLAIN:
        fix = f"{trimmed}/{rest.replace('/ ', '/').strip()}"
        return Violation("acte-space", {"cell": text, "fix": fix})
    close = difflib.get_close_matches(plain(trimmed), BY_PLAIN, n=1)
    if close:
        fix = f"{BY_PLAIN[close[0]]}/{rest.replace('/ ', '/').strip()}"
        return Violation("acte-matter-close", {"cell": text, "matter": trimmed, "fix": fix})
    return Violation("acte-matter", {"cell": text, "matter": trimmed, "matters": " · ".join(MATTERS)})


def _no_slash(text: str) -> Violation:
    if text.strip()[:1].isdigit():
        return Violation("acte-code", {"cell": text})
    return Violation("acte-slash", {"cell": text})


def build_matter(kind: str, custom: "CustomCheck", schema: "Schema") -> ValueCheck:
    """Build `nomenclature-acte` (old names `nomenclature-acte(s)-value`): params `column`."""
    return ValueCheck(kind, params.text(custom, "column"), judge_matter)
