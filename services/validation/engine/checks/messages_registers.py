"""What the checks of national and European registers tell people."""

from services.validation.engine.messages import Message

_WRITE = ("Écrivez `{fix}`.", "Write `{fix}`.")
_L93 = ("Coordonnée Lambert 93 invalide", "Invalid Lambert 93 coordinate")

# Title in French and English, then the shape of the number, said after a colon.
_SHAPES = {
    "code-rna": (
        ("Numéro RNA invalide", "Invalid RNA number"),
        (
            "la lettre W puis neuf caractères, comme `W751234567`",
            "the letter W and nine more, as in `W751234567`",
        ),
    ),
    "code-uai": (
        ("Code UAI invalide", "Invalid UAI code"),
        ("sept chiffres et la lettre-clé qui leur correspond", "seven digits and their own key letter"),
    ),
    "code-finess": (
        ("Numéro FINESS invalide", "Invalid FINESS number"),
        (
            "neuf caractères, dont le dernier est une clé de contrôle",
            "nine characters, the last a check digit",
        ),
    ),
    "code-naf": (
        ("Code NAF invalide", "Invalid NAF code"),
        ("quatre chiffres et une lettre, comme `84.11Z`", "four digits and a letter, as in `84.11Z`"),
    ),
    "id-rnb": (
        ("Identifiant RNB invalide", "Invalid RNB identifier"),
        (
            "douze chiffres ou capitales, sans 0, I, L, O ni U",
            "twelve digits or capitals, without 0, I, L, O or U",
        ),
    ),
    "iban": (
        ("IBAN invalide", "Invalid IBAN"),
        ("le pays, la longueur ou la clé ne sont pas bons", "its country, length or check digits are wrong"),
    ),
    "numero-tva": (
        ("Numéro de TVA invalide", "Invalid VAT number"),
        (
            "le préfixe du pays, la forme ou la clé ne sont pas bons",
            "its country prefix, shape or check digits are wrong",
        ),
    ),
}
_NAMES = {
    "code-rna": ("un numéro RNA", "an RNA number"),
    "code-uai": ("un code UAI", "a UAI code"),
    "code-finess": ("un numéro FINESS", "a FINESS number"),
    "code-naf": ("un code NAF", "a NAF code"),
    "id-rnb": ("un identifiant RNB", "an RNB identifier"),
    "iban": ("un IBAN", "an IBAN"),
    "numero-tva": ("un numéro de TVA intracommunautaire", "an EU VAT number"),
}


def _messages() -> dict[str, Message]:
    messages = {}
    for kind, (title, (shape_fr, shape_en)) in _SHAPES.items():
        fr, en = _NAMES[kind]
        text = (f"`{{cell}}` n'est pas {fr} : {shape_fr}.", f"`{{cell}}` is not {en}: {shape_en}.")
        messages[kind] = Message(*title, *text)
        spaces = (
            f"`{{cell}}` est {fr} mal écrit : capitales, sans espace.",
            f"`{{cell}}` is {en} badly written: capitals, without space.",
        )
        messages[f"{kind}-spelling"] = Message(*title, *spaces, *_WRITE)
    return messages


REGISTERS: dict[str, Message] = {
    **_messages(),
    "l93-number": Message(
        *_L93,
        "`{cell}` n'est pas un nombre de mètres.",
        "`{cell}` is not a number of metres.",
    ),
    "l93-degrees": Message(
        *_L93,
        "`{cell}` semble être en degrés : la projection Lambert 93 se mesure en mètres, entre {low} et {high}.",
        "`{cell}` seems to be in degrees: Lambert 93 is measured in metres, between {low} and {high}.",
    ),
    "longitude-l93": Message(
        *_L93,
        "`{cell}` sort de France métropolitaine : l'abscisse Lambert 93 va de {low} à {high} mètres.",
        "`{cell}` is outside mainland France: a Lambert 93 easting goes from {low} to {high} metres.",
    ),
    "longitude-l93-swapped": Message(
        *_L93,
        "`{cell}` est une ordonnée (nord) : les deux coordonnées semblent inversées.",
        "`{cell}` is a northing: the two coordinates seem to be swapped.",
    ),
    "latitude-l93": Message(
        *_L93,
        "`{cell}` sort de France métropolitaine : l'ordonnée Lambert 93 va de {low} à {high} mètres.",
        "`{cell}` is outside mainland France: a Lambert 93 northing goes from {low} to {high} metres.",
    ),
    "latitude-l93-swapped": Message(
        *_L93,
        "`{cell}` est une abscisse (est) : les deux coordonnées semblent inversées.",
        "`{cell}` is an easting: the two coordinates seem to be swapped.",
    ),
}
