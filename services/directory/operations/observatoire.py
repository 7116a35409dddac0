"""The observatory: for a territory, who must publish, who does, what, and since when; each figure with its method."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from services.directory.domain import observatoire as domain
from services.directory.domain.collectivites import POPULATION_CLASSES, TYPES, Collectivite, population_class
from services.directory.domain.observatoire import INDICATORS, Figures
from services.directory.domain.problems import NotListed
from services.directory.domain.rapprochement import OUTCOME_LABELS, Outcome
from services.directory.domain.search import SearchIndex
from services.directory.domain.territoire import GROUPINGS, LEVELS, Territoire
from services.directory.domain.territoires import DEPARTEMENTS, REGIONS
from services.directory.operations.context import DirectoryContext
from services.directory.operations.figures import Holdings
from services.directory.store import observatoire as store

PATH = "/directory/v1/observatoire"
IMPORTS = f"{PATH}/imports"
# Those that make a curve; the others are of the present only.
SERIES = ("publishing", "obliged_publishing", "datasets", "scdl_datasets", "conforming_datasets")
CSV_COLUMNS = (
    "territoire",
    "territoire_nom",
    "date",
    "indicateur",
    "libelle",
    "valeur",
    "base",
    "population_base",
    "population_annee",
    "methode",
)


@dataclass(frozen=True)
class Scope:
    """What is looked at: a territory, some types of body and population classes; none means all."""

    territoire: Territoire
    types: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    def bodies(self, index: SearchIndex) -> list[Collectivite]:
        """Return the bodies of the reference that are looked at."""
        types, classes = set(self.types), set(self.classes)
        return [
            body
            for body in index.bodies
            if self.territoire.holds(body)
            and (not types or body.type in types)
            and (not classes or population_class(body.population).code in classes)
        ]


@dataclass(frozen=True)
class Panorama:
    """Everything that the forms of an answer are made of."""

    scope: Scope
    name: str
    bodies: Sequence[Collectivite]
    moments: Sequence[datetime]
    holdings: Sequence[Holdings]
    figures: Sequence[Figures]
    outside: Sequence[Mapping[str, Any]]
    edition: str

    @property
    def present(self) -> Figures:
        """The figures of now."""
        return self.figures[-1]

    @cached_property
    def document(self) -> dict[str, Any]:
        """The answer as JSON shows it (see `schemas.observatoire.ObservatoireView`); not to be changed."""
        return _shown(self)


async def shown(context: DirectoryContext, scope: Scope) -> dict[str, Any]:
    """Return the figures of a scope as JSON shows them, counted beside the event loop; raises as `panorama`."""
    found = await panorama(context, scope)
    return await asyncio.to_thread(getattr, found, "document")


async def panorama(context: DirectoryContext, scope: Scope) -> Panorama:
    """Gather the figures of a scope, now and at each 1 January since the first edition.

    Raises `NotListed` for a territory that the reference does not have, `ReferenceNotReady`.
    """
    index = await context.index.get()
    name = scope.territoire.name(index.bodies)
    if name is None:
        raise NotListed.of("territoire", "territory", scope.territoire)
    ground = await context.figures.get(index.version)
    kept: Panorama | None = ground.made.get(scope)
    if kept is not None:
        return kept
    filtered = bool(scope.types or scope.classes)
    outside = [] if filtered else [row for row in ground.outside if _is_in(scope, row)]

    def counted() -> tuple[list[Collectivite], list[Figures]]:
        bodies = scope.bodies(index)
        return bodies, domain.count_each(bodies, ground.holdings)

    bodies, figures = await asyncio.to_thread(counted)
    found = Panorama(scope, name, bodies, ground.moments, ground.holdings, figures, outside, index.version)
    ground.keep(scope, found)
    return found


def _is_in(scope: Scope, row: Mapping[str, Any]) -> bool:
    return scope.territoire.holds_codes(row["code_departement"], row["code_region"])


def _shown(found: Panorama) -> dict[str, Any]:
    territoire = found.scope.territoire
    return {
        "territoire": {
            "code": str(territoire),
            "niveau": territoire.level,
            "niveau_label": LEVELS[territoire.level][0],
            "nom": found.name,
        },
        "filtres": {"type": list(found.scope.types), "population": list(found.scope.classes)},
        "population": _base(found),
        "indicateurs": _indicators(found),
        "series": _series(found),
        "par_type": _breakdown(found, domain.by_type, _type_name),
        "par_population": _breakdown(found, domain.by_population_class, _class_name),
        "par_territoire": _children(found),
        "hors_referentiel": {
            "label": "Autres organismes publiant (syndicats, associations, opérateurs), sans base de population",
            "label_en": "Other bodies that publish (unions, associations, operators), without a population base",
            "publishing": sum(row["datasets"] > 0 for row in found.outside),
            "datasets": sum(row["datasets"] for row in found.outside),
            "year": max((row["year"] for row in found.outside), default=None),
        },
        "edition": found.edition,
    }


def _base(found: Panorama) -> dict[str, Any]:
    first = next(iter(found.bodies), None)
    return {
        "base": "municipale",
        "year": first.population_year if first else None,
        "bodies": found.present.bodies,
        "inhabitants": found.present.inhabitants,
    }


def _indicators(found: Panorama) -> list[dict[str, Any]]:
    values = asdict(found.present)
    sources = {holding.source for holding in found.holdings[-1].values()}
    year = found.bodies[0].population_year if found.bodies else None
    return [
        {
            "code": code,
            "label": fr,
            "label_en": en,
            "value": values[code],
            "base": {"bodies": found.present.bodies, "population": "municipale", "year": year},
            "sources": sorted({"referentiel", *sources}),
            "methode": method,
            "methode_en": method_en,
        }
        for code, (fr, en, method, method_en) in INDICATORS.items()
    ]


def _series(found: Panorama) -> list[dict[str, Any]]:
    return [
        {
            "code": code,
            "label": INDICATORS[code][0],
            "label_en": INDICATORS[code][1],
            "points": [
                {"date": moment.date(), "value": getattr(figures, code)}
                for moment, figures in zip(found.moments, found.figures, strict=True)
            ],
        }
        for code in SERIES
    ]


def _breakdown(
    found: Panorama, key: Callable[[Collectivite], str], name: Callable[[str], tuple[str, str]]
) -> list[dict[str, Any]]:
    groups = domain.split(found.bodies, key)
    order = [*TYPES, *(one.code for one in POPULATION_CLASSES)]
    places = {code: place for place, code in enumerate(order)}
    return [
        _group(found, code, *name(code), groups[code])
        for code in sorted(groups, key=lambda one: places.get(one, 0))
    ]


def _group(found: Panorama, code: str, fr: str, en: str, bodies: Sequence[Collectivite]) -> dict[str, Any]:
    return {
        "code": code,
        "label": fr,
        "label_en": en,
        **asdict(domain.count(bodies, found.holdings[-1])),
    }


def _type_name(code: str) -> tuple[str, str]:
    return TYPES[code]


def _class_name(code: str) -> tuple[str, str]:
    return next((one.fr, one.en) for one in POPULATION_CLASSES if one.code == code)


def _children(found: Panorama) -> list[dict[str, Any]]:
    """Return the figures of the territories just below: the régions of France, their départements, groupings."""
    names: Mapping[str, str]
    match found.scope.territoire.level:
        case "france":
            level, names, key = "region", REGIONS, lambda body: body.code_region
        case "region":
            level, names, key = "departement", DEPARTEMENTS, lambda body: body.code_departement
        case "departement":
            groupings = {body.siren: body.nom for body in found.bodies if body.type in GROUPINGS}
            level, names, key = "epci", groupings, _grouping
        case _:
            return []
    groups = {code: held for code, held in domain.split(found.bodies, key).items() if code in names}
    return [
        _group(found, f"{level}:{code}", names[code], names[code], groups[code])
        for code in sorted(groups, key=lambda one: names[one])
    ]


def _grouping(body: Collectivite) -> str:
    return body.siren if body.type in GROUPINGS else body.siren_epci


def csv_rows(found: Panorama) -> list[tuple[Any, ...]]:
    """Return the answer as rows of `CSV_COLUMNS`: every indicator at every moment."""
    year = found.bodies[0].population_year if found.bodies else ""
    return [
        (
            str(found.scope.territoire),
            found.name,
            moment.date().isoformat(),
            code,
            INDICATORS[code][0],
            getattr(figures, code),
            figures.bodies,
            "municipale",
            year,
            INDICATORS[code][2],
        )
        for moment, figures in zip(found.moments, found.figures, strict=True)
        for code in INDICATORS
    ]


async def points(context: DirectoryContext, found: Panorama) -> dict[str, Any]:
    """Return the bodies that publish as GeoJSON points (RFC 7946); those without coordinates are counted.

    Coordinates are those that the editions of the observatory give: the reference has none.
    """
    bodies = {body.siren: body for body in found.bodies}
    present = found.holdings[-1]
    outside = {row["siren"]: row for row in found.outside}
    features = []
    for place in await store.places(context.db):
        siren = place["siren"]
        holding = present.get(siren)
        if holding is None or not holding.datasets or not (siren in bodies or siren in outside):
            continue
        body = bodies.get(siren)
        features.append(
            {
                "type": "Feature",
                "id": siren,
                "geometry": {"type": "Point", "coordinates": [place["longitude"], place["latitude"]]},
                "properties": {
                    "siren": siren,
                    "nom": body.nom if body else place["nom"],
                    "type": body.type if body else place["type"],
                    "dans_le_referentiel": body is not None,
                    "datasets": holding.datasets,
                    "scdl_datasets": holding.scdl,
                    "conforming_datasets": holding.conforming,
                    "source": holding.source,
                    "annee": holding.year,
                },
            }
        )
    publishing = {
        siren
        for siren, holding in present.items()
        if holding.datasets and (siren in bodies or siren in outside)
    }
    return {
        "type": "FeatureCollection",
        "features": features,
        "sans_coordonnees": len(publishing) - len(features),
        "source_des_coordonnees": "Éditions importées de l'observatoire ; le référentiel n'a pas de coordonnées.",
    }


async def list_imports(context: DirectoryContext) -> dict[str, Any]:
    """Return what was brought in (see `schemas.observatoire.ImportList`)."""
    return {"items": [_import_shown(context, row) for row in await store.imports(context.db)]}


async def find_import(context: DirectoryContext, import_id: UUID) -> dict[str, Any]:
    """Return the summary of an import (see `schemas.observatoire.ImportView`); raises `NotListed`."""
    row = await store.get_import(context.db, import_id)
    if row is None:
        raise NotListed.of("import", "import", import_id)
    return _import_shown(context, row)


def _import_shown(context: DirectoryContext, row: Mapping[str, Any]) -> dict[str, Any]:
    outcomes = [
        {"code": code.value, "label": fr, "label_en": en, "count": row["outcomes"].get(code.value, 0)}
        for code, (fr, en) in OUTCOME_LABELS.items()
    ]
    kept = ("id", "kind", "year", "filename", "checksum", "edition", "rows", "in_force", "imported_at")
    own = f"{IMPORTS}/{row['id']}"
    return {
        **{name: row[name] for name in kept},
        "outcomes": outcomes,
        "self": context.link(own),
        "links": {"lignes": context.link(f"{own}/lignes")},
    }


def line_shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of an import and what became of it (see `schemas.observatoire.LigneView`)."""
    kept = ("number", "nom", "type", "siren", "outcome", "reason", "reason_en", "datasets", "content")
    return {
        **{name: row[name] for name in kept},
        "outcome_label": OUTCOME_LABELS[Outcome(row["outcome"])][0],
    }
