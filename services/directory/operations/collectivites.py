"""Finds collectivités, and tells what the API shows of each."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from services.directory.domain.collectivites import (
    POPULATION_CLASSES,
    TYPES,
    Alias,
    Collectivite,
    population_class,
)
from services.directory.domain.matching import matching_alias
from services.directory.domain.problems import CollectiviteNotFound
from services.directory.domain.search import FACETS, Found, Position, SearchIndex
from services.directory.domain.tags import FacetValue
from services.directory.domain.territoires import DEPARTEMENTS, REGIONS
from services.directory.operations.context import DirectoryContext
from services.directory.store import collectivites as store

PATH = "/directory/v1/collectivites"
# A facet with a thousand values helps nobody: the groupings most met are enough to choose from.
MOST_EPCI = 20
WITH_MEMBERS = frozenset({"CC", "CA", "CU", "MET", "MET69"})

_POPULATION_LABELS = {found.code: (found.fr, found.en) for found in POPULATION_CLASSES}


def query_digest(query: str, code_insee: str | None, filters: Mapping[str, Sequence[str]]) -> str:
    """Return a short digest of what a list was asked, by which a cursor of another list is told."""
    asked = repr(
        (query, code_insee, sorted((name, sorted(values)) for name, values in filters.items() if values))
    )
    return hashlib.blake2b(asked.encode(errors="surrogatepass"), digest_size=6).hexdigest()


async def search(
    context: DirectoryContext,
    query: str,
    filters: Mapping[str, Sequence[str]],
    *,
    code_insee: str | None = None,
    limit: int,
    after: Position | None,
) -> tuple[dict[str, Any], Position | None]:
    """Return a page as the API shows it (without `next`) and the place of its last item if more follow.

    Raises `ReferenceNotReady` before the first import has ended.
    """
    index = await context.index.get()
    found = index.search(query, filters=filters, code_insee=code_insee, limit=limit, after=after)
    page = {
        "items": [summary(context, index, body, query or code_insee or "") for body in found.items],
        "next": None,
        "total": found.total,
        "facets": facets(index, found, FACETS),
        "edition": index.version,
    }
    return page, found.last


def summary(context: DirectoryContext, index: SearchIndex, body: Collectivite, query: str) -> dict[str, Any]:
    """Return a body as lists show it (see `schemas.CollectiviteSummary`)."""
    epci = index.by_siren.get(body.siren_epci)
    alias = matching_alias(body, query)
    return {
        **_shown(context, body),
        "epci": None if epci is None else {"siren": epci.siren, "nom": epci.nom},
        "matched": None if alias is None else _shown_alias(alias),
    }


async def find(context: DirectoryContext, siren: str) -> dict[str, Any]:
    """Return a body as its own page shows it (see `schemas.CollectiviteView`); raises `CollectiviteNotFound`."""
    row = await store.get_collectivite(context.db, siren)
    if row is None:
        raise CollectiviteNotFound.of(siren)
    body = store.to_collectivite(row)
    members = context.link(f"{PATH}?{urlencode({'epci': siren})}") if body.type in WITH_MEMBERS else None
    return {
        **_shown(context, body),
        "epci": {"siren": body.siren_epci, "nom": row["epci_nom"]} if row["epci_nom"] else None,
        "codes_postaux": list(body.codes_postaux),
        "aliases": [_shown_alias(alias) for alias in body.aliases],
        "modified_at": row["modified_at"],
        "removed_at": row["removed_at"],
        "links": {"members": members},
    }


def _shown(context: DirectoryContext, body: Collectivite) -> dict[str, Any]:
    inhabitants = population_class(body.population)
    return {
        "siren": body.siren,
        "type": body.type,
        "type_label": TYPES[body.type][0],
        "nom": body.nom,
        "label": body.label,
        "code_insee": body.code_insee or None,
        "code_departement": body.code_departement or None,
        "departement": DEPARTEMENTS.get(body.code_departement),
        "code_region": body.code_region or None,
        "region": REGIONS.get(body.code_region),
        "siren_epci": body.siren_epci or None,
        "population": {
            "value": body.population,
            "base": body.population_base,
            "year": body.population_year,
            "class": inhabitants.code,
        },
        "self": context.link(f"{PATH}/{body.siren}"),
    }


def _shown_alias(alias: Alias) -> dict[str, str | None]:
    return {"code": alias.code, "nom": alias.nom or None, "nature": alias.nature}


def facets(index: SearchIndex, found: Found, names: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return some facets of the reference as lists show them (see `schemas.collectivites.FacetsView`)."""
    shown = {}
    for name in names:
        values = found.facets[name]
        if name == "epci":
            values = sorted(values, key=lambda value: -value.count)[:MOST_EPCI]
        shown[name] = [_shown_value(index, name, value) for value in values]
    return shown


def _shown_value(index: SearchIndex, facet: str, found: FacetValue) -> dict[str, Any]:
    label, label_en = _names(index, facet, found.value)
    return {"value": found.value, "count": found.count, "label": label, "label_en": label_en}


def _names(index: SearchIndex, facet: str, value: str) -> tuple[str, str]:
    match facet:
        case "type":
            return TYPES[value]
        case "population":
            return _POPULATION_LABELS[value]
        case "departement":
            name = DEPARTEMENTS[value]
        case "region":
            name = REGIONS[value]
        case _:
            name = index.by_siren[value].nom if value in index.by_siren else value
    return name, name
