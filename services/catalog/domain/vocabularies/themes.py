"""Themes: the thirteen of the European Union (`authority/data-theme/…`), and the words that portals write for them."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.catalog.domain.vocabularies.labels import folded

EU = "http://publications.europa.eu/resource/authority/data-theme/"


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme, with the words under which French portals file datasets of it."""

    id: str
    fr: str
    en: str
    words: tuple[str, ...] = ()

    @property
    def uri(self) -> str:
        """Return its address in the authority table of the European Union."""
        return EU + self.id


TABLE = (
    Theme(
        "AGRI",
        "Agriculture, pêche, sylviculture et alimentation",
        "Agriculture, fisheries, forestry and food",
        ("agriculture", "alimentation", "agriculture et alimentation", "farming", "restauration scolaire"),
    ),
    Theme(
        "ECON",
        "Économie et finances",
        "Economy and finance",
        (
            "economie",
            "emploi",
            "economie et emploi",
            "budget",
            "finances",
            "finances publiques",
            "economy",
            "marches publics",
            "commerce",
        ),
    ),
    Theme(
        "EDUC",
        "Éducation, culture et sport",
        "Education, culture and sport",
        (
            "education",
            "culture",
            "sport",
            "sports",
            "culture et patrimoine",
            "patrimoine",
            "enseignement",
            "tourisme",
            "education et recherche",
            "enfance",
            "loisirs",
            "culture communication",
        ),
    ),
    Theme("ENER", "Énergie", "Energy", ("energie", "energies")),
    Theme(
        "ENVI",
        "Environnement",
        "Environment",
        (
            "environnement",
            "environment",
            "biodiversite",
            "dechets",
            "eau",
            "biota",
            "inland waters",
            "oceans",
            "climatology meteorology atmosphere",
            "developpement durable",
            "nature",
        ),
    ),
    Theme(
        "GOVE",
        "Gouvernement et secteur public",
        "Government and public sector",
        (
            "administration",
            "administration locale",
            "administration publique",
            "administration gouvernement finances publiques citoyennete",
            "citoyennete",
            "vie municipale",
            "elections",
            "institutions",
            "democratie",
            "gouvernance",
            "vie publique",
            "services publics",
        ),
    ),
    Theme("HEAL", "Santé", "Health", ("sante", "health", "sante et social", "sante social")),
    Theme("INTR", "Questions internationales", "International issues", ("international",)),
    Theme(
        "JUST",
        "Justice, système juridique et sécurité publique",
        "Justice, legal system and public safety",
        ("justice", "securite", "justice et securite", "prevention", "securite publique"),
    ),
    Theme(
        "REGI",
        "Régions et villes",
        "Regions and cities",
        (
            "territoire",
            "territoires",
            "urbanisme",
            "logement",
            "amenagement du territoire",
            "amenagement du territoire urbanisme batiments equipements logement",
            "territoires transports et logement",
            "planning cadastre",
            "habitat",
            "equipements",
        ),
    ),
    Theme(
        "SOCI",
        "Population et société",
        "Population and society",
        (
            "population",
            "societe",
            "social",
            "solidarite",
            "demographie",
            "society",
            "etat civil",
            "logement social",
        ),
    ),
    Theme(
        "TECH",
        "Science et technologie",
        "Science and technology",
        ("science", "sciences", "numerique", "technologie", "innovation", "recherche"),
    ),
    Theme(
        "TRAN",
        "Transports",
        "Transport",
        (
            "transport",
            "transports",
            "mobilite",
            "mobilites",
            "deplacements",
            "stationnement",
            "transports deplacements",
            "transportation",
            "voirie",
        ),
    ),
)
BY_ID = {theme.id: theme for theme in TABLE}
_KNOWN = {folded(word): theme.id for theme in TABLE for word in (theme.id, theme.fr, theme.en, *theme.words)}


def theme_of(writing: str) -> str | None:
    """Return the id of the theme that a code, an address or a word means, or None."""
    if writing.startswith(EU):
        return writing[len(EU) :] if writing[len(EU) :] in BY_ID else None
    last = writing.rstrip("/").rsplit("/", 1)[-1] if "://" in writing else writing
    return _KNOWN.get(folded(last))


def themes_of(writings: Iterable[str]) -> tuple[str, ...]:
    """Return the ids of the themes that words mean, each once, in order."""
    return tuple(dict.fromkeys(theme for writing in writings if (theme := theme_of(writing)) is not None))
