"""What the checks of places and contacts tell people."""

from services.validation.engine.messages import Message

_WRITE = ("Écrivez `{fix}`.", "Write `{fix}`.")

# What each list holds, said after « n'est pas » and "is not".
_LISTS = {
    "canton": ("le nom d'un canton", "the name of a canton"),
    "commune": ("le nom d'une commune", "the name of a commune"),
    "departement": (
        "le nom d'un département ou d'une collectivité d'outre-mer",
        "the name of a département or overseas collectivity",
    ),
    "pays": ("le nom d'un pays", "the French name of a country"),
    "region": ("le nom d'une région", "the name of a region"),
    "code-commune-insee": ("un code commune INSEE", "an INSEE commune code"),
    "code-departement": ("un code de département", "a département code"),
    "code-region": ("un code de région", "a region code"),
    "code-pays-iso2": ("un code de pays à deux lettres", "a two-letter country code"),
    "code-pays-iso3": ("un code de pays à trois lettres", "a three-letter country code"),
    "code-epci": (
        "le numéro SIREN d'une intercommunalité à fiscalité propre",
        "the SIREN number of a grouping of communes with its own tax powers",
    ),
}
_PLACE = ("Lieu inconnu du code officiel géographique", "Place unknown to the official geographic code")
_POSTCODE = ("Code postal invalide", "Invalid postcode")
_FANTOIR = ("Code FANTOIR invalide", "Invalid FANTOIR code")
_GPS = ("Coordonnées hors de France", "Coordinates outside France")
_PHONE = ("Numéro de téléphone invalide", "Invalid telephone number")
_HOURS = ("Horaires d'ouverture invalides", "Invalid opening hours")


def _of_list(fr: str, en: str) -> tuple[Message, Message]:
    unknown = Message(
        *_PLACE, f"`{{cell}}` n'est pas {fr} en {{year}}.", f"`{{cell}}` is not {en} in {{year}}."
    )
    spelling = Message(
        *_PLACE,
        f"`{{cell}}` n'est pas écrit comme il faut pour être {fr} en {{year}}.",
        f"`{{cell}}` is not spelt as it should be to be {en} in {{year}}.",
        *_WRITE,
    )
    return unknown, spelling


_PLACES_OF_LISTS: dict[str, Message] = {
    key: message
    for kind, (fr, en) in _LISTS.items()
    for key, message in zip((kind, f"{kind}-spelling"), _of_list(fr, en), strict=True)
}

PLACES: dict[str, Message] = {
    **_PLACES_OF_LISTS,
    "code-postal": Message(
        *_POSTCODE,
        "`{cell}` n'est pas un code postal français (les codes CEDEX n'en sont pas).",
        "`{cell}` is not a French postcode (CEDEX codes are not postcodes).",
    ),
    "code-postal-spelling": Message(
        *_POSTCODE,
        "`{cell}` a des espaces en trop pour un code postal.",
        "`{cell}` has too many spaces for a postcode.",
        *_WRITE,
    ),
    "place-leading-zero": Message(
        *_PLACE,
        "`{cell}` est trop court : il manque le zéro initial qu'un tableur a supprimé.",
        "`{cell}` is too short: the leading zero is missing, a spreadsheet removed it.",
        *_WRITE,
    ),
    "commune-former": Message(
        *_PLACE,
        "`{cell}` n'est plus un code commune en {year} : le territoire fait maintenant partie de {name}.",
        "`{cell}` is no longer a commune code in {year}: the place is now part of {name}.",
        *_WRITE,
    ),
    "commune-postcode": Message(
        *_PLACE,
        "`{cell}` est un code postal, pas un code commune INSEE : les deux diffèrent souvent.",
        "`{cell}` is a postcode, not an INSEE commune code: the two often differ.",
    ),
    "commune-name": Message(
        *_PLACE,
        "`{cell}` est le nom d'une commune : c'est son code INSEE qui est attendu.",
        "`{cell}` is the name of a commune: its INSEE code is expected.",
        *_WRITE,
    ),
    "ancien-code-insee": Message(
        *_PLACE,
        "`{cell}` n'est pas le code d'une ancienne commune.",
        "`{cell}` is not the code of a former commune.",
    ),
    "ancien-code-insee-current": Message(
        *_PLACE,
        "`{cell}` est un code commune en vigueur : cette colonne attend le code d'une ancienne commune.",
        "`{cell}` is a commune code in force: this column expects the code of a former commune.",
    ),
    "postcode-commune": Message(
        *_POSTCODE,
        "Le code postal `{value}` ne dessert pas {name} (`{code}`), qui a pour codes postaux : {expected}.",
        "Postcode `{value}` does not serve {name} (`{code}`), whose postcodes are: {expected}.",
    ),
    "postcode-commune-fix": Message(
        *_POSTCODE,
        "Le code postal `{value}` ne dessert pas {name} (`{code}`), dont le seul code postal est `{expected}`.",
        "Postcode `{value}` does not serve {name} (`{code}`), whose only postcode is `{expected}`.",
        *_WRITE,
    ),
    "code-fantoir": Message(
        *_FANTOIR,
        "`{cell}` n'est pas un code FANTOIR : quatre caractères d'un groupe connu puis une lettre capitale.",
        "`{cell}` is not a FANTOIR code: four characters of a known group, then a capital letter.",
    ),
    "code-fantoir-spelling": Message(
        *_FANTOIR,
        "`{cell}` n'est pas écrit comme un code FANTOIR : capitales, sans espace.",
        "`{cell}` is not written as a FANTOIR code: capitals, without space.",
        *_WRITE,
    ),
    "gps-format": Message(
        *_GPS,
        "`{cell}` n'est pas un couple de coordonnées : écrivez la longitude, une virgule, la latitude, "
        "avec un point décimal, par exemple `2.35,48.85`.",
        "`{cell}` is not a pair of coordinates: write the longitude, a comma, the latitude, with a decimal "
        "point, for instance `2.35,48.85`.",
    ),
    "gps-reversed": Message(
        *_GPS,
        "`{cell}` : latitude et longitude semblent inversées, la longitude vient d'abord.",
        "`{cell}`: latitude and longitude seem to be swapped, the longitude comes first.",
        *_WRITE,
    ),
    "gps-abroad": Message(
        *_GPS,
        "`{cell}` désigne un point hors de France, outre-mer compris.",
        "`{cell}` is a point outside France, overseas territories included.",
    ),
    "phone": Message(
        *_PHONE,
        "`{cell}` n'est pas un numéro de téléphone : dix chiffres (`01 23 45 67 89`), un numéro court (`3949`) "
        "ou un numéro international (`+33 1 23 45 67 89`).",
        "`{cell}` is not a telephone number: ten digits (`01 23 45 67 89`), a short number (`3949`) "
        "or an international number (`+33 1 23 45 67 89`).",
    ),
    "phone-several": Message(
        *_PHONE,
        "`{cell}` contient plusieurs numéros : n'en mettez qu'un.",
        "`{cell}` holds several numbers: give only one.",
    ),
    "phone-extra-text": Message(
        *_PHONE,
        "`{cell}` contient autre chose qu'un numéro de téléphone.",
        "`{cell}` holds something else than a telephone number.",
        *_WRITE,
    ),
    "opening-hours": Message(
        *_HOURS,
        "`{cell}` ne suit pas la notation d'OpenStreetMap, par exemple `Mo-Fr 09:00-12:00,14:00-17:30; Sa off`.",
        "`{cell}` does not follow the OpenStreetMap notation, for instance "
        "`Mo-Fr 09:00-12:00,14:00-17:30; Sa off`.",
    ),
    "opening-hours-french": Message(
        *_HOURS,
        "`{cell}` est écrit à la française : en notation OpenStreetMap, jours en anglais et heures comme 09:00.",
        "`{cell}` is written the French way: OpenStreetMap notation has English days and hours like 09:00.",
        *_WRITE,
    ),
}
