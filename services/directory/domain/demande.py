"""Demand and supply of conforming exports: whom each application leaves without one, and whom to work with next.

A body is served for a domain when one application that it uses for it has an export module under a label in force.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

from services.directory.domain.collectivites import Collectivite
from services.directory.domain.observatoire import is_obliged


class Level(IntEnum):
    """What an application offers for a domain, the least first."""

    NONE = 0
    MODULE = 1
    LABEL = 2


LEVELS: dict[Level, tuple[str, str, str]] = {
    Level.LABEL: ("conforme", "Export conforme (label en vigueur)", "Conforming export (label in force)"),
    Level.MODULE: ("module", "Module d'export sans label", "Export module without a label"),
    Level.NONE: ("aucun", "Aucun export connu", "No known export"),
}

METHOD = (
    "Usages déclarés ou confirmés, non périmés. Une collectivité est servie pour un domaine dès qu'un progiciel "
    "qu'elle y emploie a un module d'export sous label en vigueur. Les habitants sont ceux des communes seules "
    "(population municipale) : ajouter les groupements les compterait deux fois. Classement : habitants des communes "
    "utilisatrices encore sans export conforme, puis nombre de collectivités, puis demandes exprimées.",
    "Usages declared or confirmed, not out of date. A body is served for a domain as soon as one application that it "
    "uses for it has an export module under a label in force. Inhabitants are those of communes only (municipal "
    "population): adding groupings would count them twice. Ranking: inhabitants of the communes that use it and have "
    "no conforming export yet, then number of bodies, then wishes expressed.",
)


@dataclass(frozen=True)
class Use:
    """The bodies that use one application for one domain, and those among them that want the export."""

    progiciel_id: UUID
    progiciel: str
    editeur_siren: str
    editeur: str
    domaine: str
    sirens: Sequence[str]
    wanting: Sequence[str]
    level: Level
    # State of the best label for the domain, or empty.
    label: str


@dataclass(frozen=True)
class Reach:
    """How many bodies, how many of them under the legal obligation, and the inhabitants of the communes."""

    bodies: int
    obliged: int
    inhabitants: int


@dataclass(frozen=True)
class Need:
    """An application without a conforming export for a domain, and whom it leaves without one."""

    use: Use
    reach: Reach
    wanting: int


Bodies = Mapping[str, Collectivite]


def reach(sirens: Iterable[str], bodies: Bodies) -> Reach:
    """Count bodies by SIREN; those that are not looked at are left out."""
    found = [bodies[siren] for siren in set(sirens) if siren in bodies]
    return Reach(
        bodies=len(found),
        obliged=sum(map(is_obliged, found)),
        inhabitants=sum(body.population for body in found if body.type == "COM"),
    )


def served(uses: Iterable[Use]) -> dict[str, dict[str, Level]]:
    """Return, by domain, the best that each body has among the applications that it uses."""
    best: dict[str, dict[str, Level]] = {}
    for use in uses:
        levels = best.setdefault(use.domaine, {})
        for siren in use.sirens:
            levels[siren] = max(levels.get(siren, Level.NONE), use.level)
    return best


def needs(uses: Iterable[Use], best: Mapping[str, Mapping[str, Level]], bodies: Bodies) -> list[Need]:
    """Return the applications whose export would serve somebody new, the most useful first."""
    found = []
    for use in uses:
        if use.level is Level.LABEL:
            continue
        lacking = [siren for siren in use.sirens if best[use.domaine][siren] < Level.LABEL]
        reached = reach(lacking, bodies)
        if reached.bodies:
            wanting = len({siren for siren in use.wanting if siren in bodies} & set(lacking))
            found.append(Need(use, reached, wanting))
    return sorted(
        found,
        key=lambda need: (
            -need.reach.inhabitants,
            -need.reach.bodies,
            -need.wanting,
            need.use.progiciel,
            need.use.domaine,
            str(need.use.progiciel_id),
        ),
    )
