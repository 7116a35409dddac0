"""A territory whose figures may be asked: France, a région, a département, a grouping or a commune."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.directory.domain.collectivites import Collectivite
from services.directory.domain.identifiers import InvalidIdentifier, clean, parse_code_insee, parse_siren
from services.directory.domain.territoires import DEPARTEMENTS, REGIONS

LEVELS: dict[str, tuple[str, str]] = {
    "france": ("France", "France"),
    "region": ("Région", "Région"),
    "departement": ("Département", "Département"),
    "epci": ("Groupement", "Grouping"),
    "commune": ("Commune", "Municipality"),
}
GROUPINGS = frozenset({"CC", "CA", "CU", "MET", "MET69"})


@dataclass(frozen=True)
class Territoire:
    """A level and its code: none for France, official codes, a SIREN for a grouping, an INSEE code for a commune."""

    level: str = "france"
    code: str = ""

    def __str__(self) -> str:
        return f"{self.level}:{self.code}" if self.code else self.level

    def holds(self, body: Collectivite) -> bool:
        """Tell whether a body is of the territory: itself, or within it."""
        match self.level:
            case "region":
                return body.code_region == self.code
            case "departement":
                return body.code_departement == self.code
            case "epci":
                return self.code in (body.siren, body.siren_epci)
            case "commune":
                return body.code_insee == self.code
        return True

    def holds_codes(self, departement: str, region: str) -> bool:
        """Tell whether a body known by these codes only is of the territory."""
        match self.level:
            case "france":
                return True
            case "region":
                return region == self.code
            case "departement":
                return departement == self.code
        return False

    def name(self, bodies: Iterable[Collectivite]) -> str | None:
        """Return the name of the territory, or None when no such territory is in the reference."""
        match self.level:
            case "france":
                return "France"
            case "region":
                return REGIONS.get(self.code)
            case "departement":
                return DEPARTEMENTS.get(self.code)
            case "epci":
                return next((found.nom for found in bodies if found.siren == self.code), None)
        return next((found.nom for found in bodies if found.code_insee == self.code), None)


def parse_territoire(text: str) -> Territoire:
    """Return the territory written as `france`, `region:27`, `departement:21`, `epci:<SIREN>`, `commune:<INSEE>`.

    Raises `InvalidIdentifier` with the cause.
    """
    level, _, code = text.strip().partition(":")
    if level == "france" and not code:
        return Territoire()
    parse = {"epci": parse_siren, "commune": parse_code_insee}.get(level)
    if parse is not None:
        return Territoire(level, parse(code))
    known: Mapping[str, str] | None = {"region": REGIONS, "departement": DEPARTEMENTS}.get(level)
    if known is None or clean(code) not in known:
        raise InvalidIdentifier(
            "un territoire s'écrit france, region:27, departement:21, epci:<SIREN> ou commune:<code INSEE>.",
            "a territory is written france, region:27, departement:21, epci:<SIREN> or commune:<INSEE code>.",
        )
    return Territoire(level, clean(code))
