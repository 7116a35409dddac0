"""The figures of the observatory: who must publish, who does, what; pure counts over bodies and their holdings.

The legal obligation (CRPA, articles L. 312-1-1, L. 312-1-3 and D. 312-1-1-1): collectivités of 3,500 inhabitants or
more and groupings, from 50 agents up. The reference has no number of agents: those counted are presumed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.directory.domain.collectivites import Collectivite, population_class

LEAST_INHABITANTS = 3_500
LEAST_AGENTS = 50


@dataclass(frozen=True)
class Holding:
    """What one body publishes at a moment; None is what the source does not tell."""

    datasets: int
    scdl: int | None
    conforming: int | None
    source: str
    year: int


@dataclass(frozen=True)
class Figures:
    """Counts over a set of bodies at a moment."""

    bodies: int
    obliged: int
    publishing: int
    obliged_publishing: int
    datasets: int
    scdl_datasets: int
    conforming_datasets: int
    inhabitants: int
    inhabitants_served: int


# code: (French, English, French method, English method)
INDICATORS: dict[str, tuple[str, str, str, str]] = {
    "bodies": (
        "Collectivités et groupements",
        "Collectivités and groupings",
        "Ceux du référentiel en vigueur.",
        "Those of the reference in force.",
    ),
    "obliged": (
        "Présumés soumis à l'obligation de publier",
        "Presumed under the obligation to publish",
        "Communes de 3 500 habitants et plus (population municipale), groupements, départements, régions et "
        "collectivités à statut particulier. La loi exempte aussi sous 50 agents : le référentiel n'a pas les "
        "effectifs, ce seuil n'est donc pas appliqué.",
        "Communes of 3,500 inhabitants or more (municipal population), groupings, départements, régions and "
        "collectivités of special status. The law also exempts those under 50 agents: the reference has no "
        "headcount, so this threshold is not applied.",
    ),
    "publishing": (
        "Publient au moins un jeu de données",
        "Publish at least one dataset",
        "Au moins un jeu au catalogue, ou, à défaut, dans la dernière édition importée de l'observatoire.",
        "At least one dataset in the catalogue or, failing that, in the last imported edition of the observatory.",
    ),
    "obliged_publishing": (
        "Soumis à l'obligation et publiant",
        "Under the obligation and publishing",
        "Présumés soumis qui publient au moins un jeu de données.",
        "Presumed under the obligation and publishing at least one dataset.",
    ),
    "datasets": (
        "Jeux de données",
        "Datasets",
        "Par organisme : ceux du catalogue ; à défaut, le plus grand des deux nombres de la dernière édition "
        "importée (sa plateforme, data.gouv.fr), qui comptent souvent les mêmes jeux.",
        "For each body: those of the catalogue; failing that, the greater of the two numbers of the last imported "
        "edition (its own platform, data.gouv.fr), which often count the same datasets.",
    ),
    "scdl_datasets": (
        "Jeux de données au socle commun (SCDL)",
        "Datasets of the common base (SCDL)",
        "Jeux du catalogue dont une ressource déclare un schéma du SCDL ; les éditions importées ne le disent pas.",
        "Datasets of the catalogue with a resource that declares an SCDL schema; imported editions do not tell.",
    ),
    "conforming_datasets": (
        "Jeux de données SCDL conformes",
        "Conforming SCDL datasets",
        "Jeux SCDL dont chaque ressource à schéma a été validée et jugée conforme.",
        "SCDL datasets of which every resource with a schema was validated and found conformant.",
    ),
    "inhabitants": (
        "Habitants",
        "Inhabitants",
        "Somme des populations municipales des communes.",
        "Sum of the municipal populations of the communes.",
    ),
    "inhabitants_served": (
        "Habitants d'une commune qui publie",
        "Inhabitants of a commune that publishes",
        "Somme des populations municipales des communes qui publient au moins un jeu de données.",
        "Sum of the municipal populations of the communes that publish at least one dataset.",
    ),
}


def is_obliged(body: Collectivite) -> bool:
    """Tell whether the law presumably obliges a body to publish: every body but small communes."""
    return body.type != "COM" or body.population >= LEAST_INHABITANTS


def count(bodies: Sequence[Collectivite], holdings: Mapping[str, Holding]) -> Figures:
    """Return the figures of some bodies, from what each publishes (by SIREN)."""
    [figures] = count_each(bodies, [holdings])
    return figures


def count_each(bodies: Sequence[Collectivite], moments: Iterable[Mapping[str, Holding]]) -> list[Figures]:
    """Return the figures of some bodies at several moments, from what each publishes then."""
    by_siren = {body.siren: body for body in bodies}
    obliged, inhabitants = sum(map(is_obliged, bodies)), _inhabitants(bodies)
    found = []
    for holdings in moments:
        # Those that publish are few: only they are looked at again.
        held = [
            (by_siren[siren], one)
            for siren, one in holdings.items()
            if siren in by_siren and one.datasets > 0
        ]
        publishing = [body for body, _ in held]
        found.append(
            Figures(
                bodies=len(bodies),
                obliged=obliged,
                publishing=len(publishing),
                obliged_publishing=sum(map(is_obliged, publishing)),
                datasets=sum(one.datasets for _, one in held),
                scdl_datasets=sum(one.scdl or 0 for _, one in held),
                conforming_datasets=sum(one.conforming or 0 for _, one in held),
                inhabitants=inhabitants,
                inhabitants_served=_inhabitants(publishing),
            )
        )
    return found


def split(
    bodies: Iterable[Collectivite], key: Callable[[Collectivite], str]
) -> dict[str, list[Collectivite]]:
    """Return the bodies by a property; those without it are left out."""
    groups: dict[str, list[Collectivite]] = {}
    for body in bodies:
        if value := key(body):
            groups.setdefault(value, []).append(body)
    return groups


def by_type(body: Collectivite) -> str:
    """Return the type of a body."""
    return body.type


def by_population_class(body: Collectivite) -> str:
    """Return the code of the population class of a body."""
    return population_class(body.population).code


def _inhabitants(bodies: Iterable[Collectivite]) -> int:
    return sum(body.population for body in bodies if body.type == "COM")
