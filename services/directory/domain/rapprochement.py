"""Which body of the reference a row of a foreign file is about, when its SIREN may be wrong, old or another's."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from services.directory.domain.collectivites import Collectivite
from services.directory.domain.folding import shortened, significant, words
from services.directory.domain.identifiers import InvalidIdentifier, parse_siren


class Outcome(StrEnum):
    """What became of a row."""

    SIREN = "siren"
    CLEANED = "siren_nettoye"
    FORMER = "ancienne_commune"
    NAME = "nom"
    OUTSIDE = "hors_referentiel"
    REFUSED = "siren_refuse"


MATCHED = frozenset({Outcome.SIREN, Outcome.CLEANED, Outcome.FORMER, Outcome.NAME})
OUTCOME_LABELS: dict[Outcome, tuple[str, str]] = {
    Outcome.SIREN: ("Rapprochée par son SIREN", "Matched by its SIREN"),
    Outcome.CLEANED: ("Rapprochée par son SIREN, nettoyé", "Matched by its SIREN, cleaned"),
    Outcome.FORMER: ("Commune fusionnée, rapprochée", "Merged commune, matched"),
    Outcome.NAME: ("Rapprochée par son nom", "Matched by its name"),
    Outcome.OUTSIDE: ("Hors du référentiel", "Outside the reference"),
    Outcome.REFUSED: ("SIREN refusé", "SIREN refused"),
}

_FAMILIES = {
    "COM": frozenset({"COM"}),
    **dict.fromkeys(("CC", "CA", "CU", "MET", "EPT"), frozenset({"CC", "CA", "CU", "MET", "MET69", "EPT"})),
    "DEP": frozenset({"DEP", "CEA", "CTU"}),
    "REG": frozenset({"REG", "CTU"}),
}
_CLEANED = (
    "Espaces ou caractères invisibles retirés du SIREN.",
    "Spaces or invisible characters removed from the SIREN.",
)
_KINDS = frozenset({"ca", "cc", "cu", "ept", "metropole", "agglo", "agglomeration", "communaute"})


@dataclass(frozen=True)
class Match:
    """What a row is about: the SIREN to go by (None when refused), how it was found, and why in both languages."""

    outcome: Outcome
    siren: str | None
    fr: str
    en: str


class Matcher:
    """The bodies of the reference by SIREN, by former INSEE code and by name within a département."""

    def __init__(self, bodies: Iterable[Collectivite]) -> None:
        self._by_siren: dict[str, Collectivite] = {}
        self._by_code: dict[str, Collectivite] = {}
        self._by_name: dict[tuple[str, str], set[str]] = {}
        for body in bodies:
            self._by_siren[body.siren] = body
            if body.code_insee:
                # A commune that took others in may have a new SIREN and its old code.
                self._by_code[body.code_insee] = body
            for alias in body.aliases:
                self._by_code.setdefault(alias.code, body)
                if alias.nature == "département":
                    self._name(alias.nom, alias.code, body)
            self._name(body.nom, body.code_departement, body)

    def _name(self, name: str, departement: str, body: Collectivite) -> None:
        for place in {departement, ""}:
            self._by_name.setdefault((_key(name), place), set()).add(body.siren)

    def match(self, written: str, name: str, kind: str, departement: str) -> Match:
        """Return what a row is about, from its SIREN as written, name, type and code of département."""
        try:
            siren = parse_siren(written)
        except InvalidIdentifier as refused:
            return self._named(name, kind, departement, refused.fr, refused.en) or Match(
                Outcome.REFUSED, None, refused.fr, refused.en
            )
        if siren in self._by_siren:
            return _found(siren, written)
        code = _former_code(siren) if kind == "COM" else ""
        if heir := self._by_code.get(code):
            return Match(
                Outcome.FORMER,
                heir.siren,
                f"La commune de code {code} a fusionné : la ligne est portée au compte de {heir.nom}.",
                f"The commune of code {code} has merged: the row is credited to {heir.nom}.",
            )
        fr, en = _why_unknown(siren)
        if siren != written:
            fr, en = f"{_CLEANED[0]} {fr}", f"{_CLEANED[1]} {en}"
        return self._named(name, kind, departement, fr, en) or Match(Outcome.OUTSIDE, siren, fr, en)

    def _named(self, name: str, kind: str, departement: str, fr: str, en: str) -> Match | None:
        family = _FAMILIES.get(kind)
        if family is None:
            return None
        near = self._by_name.get((_key(name), departement), set())
        found = [siren for siren in near if self._by_siren[siren].type in family]
        if len(found) != 1:
            return None
        body = self._by_siren[found[0]]
        return Match(
            Outcome.NAME,
            body.siren,
            f"{fr} Un seul organisme de ce type porte ce nom dans le département : {body.label}.",
            f"{en} Only one body of this type has this name in the département: {body.label}.",
        )


def _found(siren: str, written: str) -> Match:
    if written == siren:
        return Match(Outcome.SIREN, siren, "SIREN du référentiel.", "SIREN of the reference.")
    return Match(Outcome.CLEANED, siren, *_CLEANED)


def _former_code(siren: str) -> str:
    """Return the INSEE code that the SIREN of a commune is made from (21, département, 0, number), or nothing."""
    if not siren.startswith("21"):
        return ""
    overseas = siren[2:4] == "97"
    return siren[2:5] + siren[6:8] if overseas else siren[2:4] + siren[5:8]


def _why_unknown(siren: str) -> tuple[str, str]:
    if siren[0] in "12":
        return (
            f"Le SIREN {siren} est celui d'une personne publique absente du référentiel (syndicat, groupement "
            "dissous, outre-mer hors départements).",
            f"The SIREN {siren} is that of a public body absent from the reference (union, dissolved grouping, "
            "overseas collectivity).",
        )
    return (
        f"Le SIREN {siren} est celui d'une personne privée ou d'un établissement, non d'une collectivité.",
        f"The SIREN {siren} is that of a private body or establishment, not of a collectivité.",
    )


def _key(name: str) -> str:
    folded = significant(shortened(words(name)))
    return "".join(word for word in folded if word not in _KINDS) or "".join(folded)
