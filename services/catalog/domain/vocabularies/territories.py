"""What territory a dataset is about: zones by INSEE code, and how fine the data are (granularity)."""

import re
from dataclasses import dataclass

from services.catalog.domain.vocabularies.labels import folded

OTHER = "other"


@dataclass(frozen=True, slots=True)
class Granularity:
    """How fine the data are. `insee` is the level's name in the addresses of the INSEE, `scdl` the catalogue's word."""

    id: str
    fr: str
    en: str
    insee: str | None = None
    scdl: str = "Autre"


TABLE = (
    Granularity("country-group", "Groupe de pays", "Country group"),
    Granularity("country", "Pays", "Country", "pays"),
    Granularity("country-subset", "Partie d'un pays", "Country subset"),
    Granularity("fr:region", "Région", "French region", "region", "Régionale"),
    Granularity("fr:departement", "Département", "French county", "departement", "Départementale"),
    Granularity(
        "fr:collectivite", "Collectivité d'outre-mer", "French overseas collectivity", "collectiviteDOutreMer"
    ),
    Granularity(
        "fr:epci",
        "Intercommunalité (EPCI)",
        "French intermunicipal body (EPCI)",
        "intercommunalite",
        "Intercommunale",
    ),
    Granularity("fr:arrondissement", "Arrondissement", "French arrondissement", "arrondissement"),
    Granularity("fr:commune", "Commune", "French town", "commune", "Communale"),
    Granularity("fr:iris", "IRIS (quartier INSEE)", "IRIS (INSEE district)", "iris", "Infracommunale"),
    Granularity("fr:canton", "Canton", "French canton", "canton", "Cantonale"),
    Granularity("poi", "Point d'intérêt", "Point of interest", None, "Infracommunale"),
    Granularity(OTHER, "Autre", "Other"),
)
BY_ID = {granularity.id: granularity for granularity in TABLE}
GRANULARITIES = tuple(BY_ID)

# The words of the SCDL catalogue (field COUV_SPAT_MAILLE) -> ours.
SCDL = {
    "Infracommunale": "poi",
    "Communale": "fr:commune",
    "Intercommunale": "fr:epci",
    "Cantonale": "fr:canton",
    "Départementale": "fr:departement",
    "Régionale": "fr:region",
    "Autre": OTHER,
}
_LEVELS = {granularity.insee: granularity.id for granularity in TABLE if granularity.insee}
_WORDS = {folded(word): found for word, found in SCDL.items()} | {folded(g.id): g.id for g in TABLE}

_CODES = {
    "fr:region": r"\d{2}",
    "fr:departement": r"\d{2}|2[AB]|9[78]\d",
    "fr:collectivite": r"9[78]\d",
    "fr:epci": r"\d{9}",
    "fr:arrondissement": r"\d{2,4}|2[AB]\d{1,2}|9[78]\d{1,2}",
    "fr:commune": r"\d{5}|2[AB]\d{3}",
    "fr:iris": r"\d{9}|2[AB]\d{7}",
    "fr:canton": r"\d{4,5}|2[AB]\d{2}",
    "country": r"[a-z]{2}",
    "country-group": r"[a-z0-9-]{2,20}",
    "country-subset": r"[a-z]{2}[:-][a-z0-9-]{1,20}|[a-z0-9:-]{2,30}",
}
_ZONE = re.compile("|".join(f"{re.escape(level)}:(?:{code})" for level, code in _CODES.items()))
_INSEE = re.compile(r"https?://(?:id|rdf)\.insee\.fr/geo/([A-Za-z]+)/([0-9A-Za-z]+?)(?:-[0-9a-f-]{36})?/?")
# A level and a code of Opendatasoft's own; the levels of codes of two digits are those of régions and départements.
_OPENDATASOFT = re.compile(r"(?:fr_(\d{2})|world)_([0-9A-Za-z]{2,9})")
_OPENDATASOFT_LEVELS = {"40": "fr:region", "50": "fr:departement"}
_EU_COUNTRY = re.compile(r"https?://publications\.europa\.eu/resource/authority/country/FRA/?")


def zone_of(writing: str) -> str | None:
    """Return a zone in its one form (`fr:commune:21231`), from a zone (`…@date` dropped) or an address of the INSEE.

    None for what names no zone.
    """
    text = writing.strip()
    if (found := _INSEE.fullmatch(text)) is not None:
        level = _LEVELS.get(found[1]) or _LEVELS.get(found[1].lower())
        text = "country:fr" if found[1] == "pays" else f"{level}:{found[2].upper()}"
    elif _EU_COUNTRY.fullmatch(text) is not None:
        return "country:fr"
    elif (found := _OPENDATASOFT.fullmatch(text)) is not None:
        return _of_opendatasoft(found[1], found[2])
    else:
        # `fr/commune/25056` is the form of udata's first years.
        text = text.partition("@")[0].replace("/", ":")
    return text if _ZONE.fullmatch(text) else None


def _of_opendatasoft(level: str | None, code: str) -> str | None:
    """Return a zone from a `geographic_reference` (`fr_40_27`, `fr_70_25056`, `world_fr`), or None."""
    code = code.upper()
    if level is None:
        return "country:fr" if code == "FR" else None
    name = {5: "fr:commune", 9: "fr:epci"}.get(len(code)) or _OPENDATASOFT_LEVELS.get(level)
    zone = f"{name}:{code}"
    return zone if _ZONE.fullmatch(zone) else None


def zone_uri(zone: str) -> str | None:
    """Return the address of a French zone at the INSEE, or None where it has none."""
    level, _, code = zone.rpartition(":")
    if zone == "country:fr":
        return "http://id.insee.fr/geo/pays/france"
    name = BY_ID[level].insee if level in BY_ID else None
    return f"http://id.insee.fr/geo/{name}/{code}" if name else None


def granularity_of(writing: str | None) -> str | None:
    """Return the id of a granularity from an id or a word of the SCDL catalogue, or None."""
    return _WORDS.get(folded(writing)) if writing else None
