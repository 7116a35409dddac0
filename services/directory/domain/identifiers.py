"""SIREN and SIRET numbers as people type them: cleaned, checked by their key, refused with the cause.

The key is Luhn's (ISO/IEC 7812-1, annex B); the establishments of La Poste have their own (sum of the digits a
multiple of five), and `stdnum` knows both.
"""

import re
import unicodedata

from stdnum.fr import siren as siren_number
from stdnum.fr import siret as siret_number

# Separators found in real files: every space, dots, hyphens of all kinds, underscores.
_SEPARATORS = re.compile(r"[\s.\-‐-―_/]+")
_INSEE_CODE = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")


class InvalidIdentifier(ValueError):
    """An identifier that cannot be one; `fr` and `en` say why."""

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(en)
        self.fr = fr
        self.en = en


def clean(text: str) -> str:
    """Return the text without spaces, separators and invisible characters (U+200E, BOM…), in capitals."""
    normal = unicodedata.normalize("NFKC", text)
    visible = "".join(char for char in normal if unicodedata.category(char) not in ("Cf", "Cc"))
    return _SEPARATORS.sub("", visible).upper()


def parse_siren(text: str) -> str:
    """Return the nine digits of a SIREN, or of the SIREN that a SIRET begins with.

    Raises `InvalidIdentifier` with the cause: other characters, another length, a wrong key.
    """
    digits = _digits(text, "SIREN", lengths=(9, 14))
    if len(digits) == 14:
        return parse_siret(digits)[:9]
    if not siren_number.is_valid(digits):
        raise InvalidIdentifier(
            f"« {digits} » n'est pas un SIREN : sa clé de contrôle est fausse ; un chiffre est sans doute erroné.",
            f"“{digits}” is not a SIREN: its check digit is wrong; one digit is probably mistyped.",
        )
    return digits


def parse_siret(text: str) -> str:
    """Return the fourteen digits of a SIRET; raises `InvalidIdentifier` with the cause."""
    digits = _digits(text, "SIRET", lengths=(14,))
    if not siret_number.is_valid(digits):
        raise InvalidIdentifier(
            f"« {digits} » n'est pas un SIRET : sa clé de contrôle est fausse ; un chiffre est sans doute erroné.",
            f"“{digits}” is not a SIRET: its check digit is wrong; one digit is probably mistyped.",
        )
    return digits


def parse_code_insee(text: str) -> str:
    """Return the five characters of a commune's INSEE code; raises `InvalidIdentifier` with the cause."""
    code = clean(text)
    if not _INSEE_CODE.fullmatch(code):
        raise InvalidIdentifier(
            f"« {_shown(code)} » n'est pas un code INSEE de commune : il en faut cinq caractères "
            "(21231, 2A004, 97411).",
            f"“{_shown(code)}” is not the INSEE code of a commune: five characters are needed "
            "(21231, 2A004, 97411).",
        )
    return code


def _digits(text: str, name: str, *, lengths: tuple[int, ...]) -> str:
    digits = clean(text)
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidIdentifier(
            f"« {_shown(digits)} » n'est pas un {name} : il n'en faut que des chiffres.",
            f"“{_shown(digits)}” is not a {name}: it must hold digits only.",
        )
    if len(digits) not in lengths:
        wanted_fr, wanted_en = lengths[0], " or ".join(map(str, lengths))
        raise InvalidIdentifier(
            f"« {_shown(digits)} » n'est pas un {name} : {len(digits)} chiffres au lieu de {wanted_fr}.",
            f"“{_shown(digits)}” is not a {name}: {len(digits)} digits instead of {wanted_en}.",
        )
    return digits


def _shown(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
