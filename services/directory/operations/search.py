"""One search over collectivités, domains, vendors and applications, the best first, with all counts."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.directory.domain import names
from services.directory.domain.domaines import DOMAINE_ALIASES, DOMAINES
from services.directory.domain.folding import words
from services.directory.domain.identifiers import clean
from services.directory.domain.labels import STATES
from services.directory.domain.near import Point, distances
from services.directory.domain.search import Found, Position, Rank, SearchIndex
from services.directory.operations import collectivites
from services.directory.operations.addresses import EDITEURS, PROGICIELS
from services.directory.operations.context import DirectoryContext
from services.directory.operations.software_use import WITHOUT_LABEL, SoftwareUse
from services.directory.store import observatoire as places_store
from services.directory.store import search as store

# The kinds, in the order in which those of equal rank are shown.
KINDS: dict[str, tuple[str, str]] = {
    "domaine": ("Domaine", "Domain"),
    "collectivite": ("Collectivité", "Collectivité"),
    "editeur": ("Éditeur", "Vendor"),
    "progiciel": ("Progiciel", "Application"),
}
_ORDER = {kind: place for place, kind in enumerate(KINDS)}
# Vendors and applications that one query may show; more are in their own lists.
MOST_NAMES = 100
MOST_COMPARED = 20_000
MOST_PROGICIELS = 20
TERRITORIAL = ("type", "departement", "region", "epci", "population")
SIREN_LENGTH = 9


@dataclass(frozen=True)
class Wanted:
    """What is searched: words or an identifier, filters by facet, kinds, and around which point."""

    q: str
    filters: Mapping[str, Sequence[str]]
    kinds: Sequence[str]
    near: Point | None
    radius_km: float

    def digest(self) -> str:
        """Return a short digest, by which a cursor of another search is told."""
        filters = sorted((name, sorted(values)) for name, values in self.filters.items() if values)
        asked = repr((self.q, filters, sorted(self.kinds), self.near, self.radius_km))
        return hashlib.blake2b(asked.encode(errors="surrogatepass"), digest_size=6).hexdigest()

    def shows(self, kind: str) -> bool:
        """Tell whether a kind of entry may be shown: only bodies have a place or a territory."""
        if self.kinds and kind not in self.kinds:
            return False
        if kind == "collectivite":
            return True
        of_bodies = self.near is not None or any(self.filters.get(name) for name in TERRITORIAL)
        return bool(self.q.strip()) and not of_bodies and not self._software_filters(kind)

    def _software_filters(self, kind: str) -> bool:
        names_of = ("domaine", "progiciel", "label") if kind != "progiciel" else ("progiciel", "label")
        return any(self.filters.get(name) for name in names_of)


@dataclass(frozen=True)
class Place:
    """The place of an entry in the whole list."""

    rank: int
    kind: int
    population: int
    id: str

    def values(self) -> list[Any]:
        """Return what a cursor keeps."""
        return [self.rank, self.kind, self.population, self.id]

    def key(self) -> tuple[int, int, int, str]:
        """Return what entries are ordered by."""
        return (self.rank, self.kind, -self.population, self.id)


Entry = tuple[Place, dict[str, Any]]


async def search(
    context: DirectoryContext, wanted: Wanted, *, limit: int, after: Place | None
) -> tuple[dict[str, Any], Place | None]:
    """Return a page (see `schemas.search.SearchPage`, without `next`) and the place of its last entry if more follow.

    Raises `ReferenceNotReady`.
    """
    index = await context.index.get()
    use = await context.use.get(index)
    found = await _bodies(context, index, use, wanted, limit + 1, after)
    others = await _others(context, wanted)
    following = [entry for entry in others if after is None or entry[0].key() > after.key()]
    entries = sorted(
        [*_body_entries(context, index, found, wanted), *following], key=lambda one: one[0].key()
    )
    page = entries[:limit]
    bodies = found.total if wanted.shows("collectivite") else 0
    document = {
        "items": [shown for _, shown in page],
        "next": None,
        "total": bodies + len(others),
        "facets": _facets(index, use, found, bodies, others),
        "edition": index.version,
    }
    return document, page[-1][0] if len(entries) > limit and page else None


async def _bodies(
    context: DirectoryContext,
    index: SearchIndex,
    use: SoftwareUse,
    wanted: Wanted,
    limit: int,
    after: Place | None,
) -> Found:
    away = None
    if wanted.near is not None:
        rows = {
            index.rows[row["siren"]]: Point(row["latitude"], row["longitude"])
            for row in await places_store.places(context.db)
            if row["siren"] in index.rows
        }
        away = distances(len(index.bodies), rows, wanted.near, wanted.radius_km)
    return index.search(
        wanted.q,
        filters=wanted.filters,
        tags=use.tags,
        distances=away,
        limit=limit if wanted.shows("collectivite") else 0,
        after=None if after is None else _position(after),
    )


def _position(after: Place) -> Position:
    """Return where the bodies go on after an entry of any kind."""
    if after.kind == _ORDER["collectivite"]:
        return Position(after.rank, after.population, after.id)
    # Before all bodies of the rank, or after them all: the place just past the last body of a rank.
    rank = after.rank if after.kind > _ORDER["collectivite"] else after.rank - 1
    return Position(rank, -1, "")


def _body_entries(context: DirectoryContext, index: SearchIndex, found: Found, wanted: Wanted) -> list[Entry]:
    entries = []
    for rank, body in zip(found.ranks, found.items, strict=True):
        place = Place(rank, _ORDER["collectivite"], body.population, body.siren)
        summary = collectivites.summary(context, index, body, wanted.q)
        distance = round(rank / 10, 1) if wanted.near is not None else None
        shown = _entry("collectivite", body.siren, body.nom, body.label, summary["self"])
        entries.append((place, {**shown, "distance_km": distance, "collectivite": summary}))
    return entries


async def _others(context: DirectoryContext, wanted: Wanted) -> list[Entry]:
    forms = names.forms(wanted.q)
    if not forms:
        return []
    entries = _domains(context, forms) if wanted.shows("domaine") else []
    if wanted.shows("editeur") or wanted.shows("progiciel"):
        for row, rank in await _software(context, forms, wanted.q):
            in_domain = set(wanted.filters.get("domaine", ()))
            if wanted.shows(row["kind"]) and (not in_domain or in_domain & set(row["domaines"])):
                place = Place(rank, _ORDER[row["kind"]], 0, row["id"])
                entries.append((place, _software_entry(context, row)))
    return entries


def _domains(context: DirectoryContext, forms: Sequence[str]) -> list[Entry]:
    entries = []
    for code, (fr, en) in DOMAINES.items():
        own = ["".join(words(name)) for name in (fr, en, code)]
        others = ["".join(words(name)) for name in DOMAINE_ALIASES[code]]
        rank = min(
            min(names.rank(name, forms) for name in own),
            min(max(names.rank(name, forms), Rank.EXACT_OTHERWISE) for name in others),
        )
        if rank >= Rank.NONE:
            rank = min(names.mistyped(name, forms) for name in own)
        if rank < Rank.NONE:
            link = context.link(f"{PROGICIELS}?domaine={code}")
            place = Place(rank, _ORDER["domaine"], 0, code)
            entries.append((place, _entry("domaine", code, fr, fr, link)))
    return entries


async def _software(
    context: DirectoryContext, forms: Sequence[str], query: str
) -> list[tuple[dict[str, Any], int]]:
    digits = clean(query)
    siren = digits[:SIREN_LENGTH] if digits.isdigit() and len(digits) >= SIREN_LENGTH else ""
    rows = await store.holding(context.db, forms[-1], siren, MOST_NAMES)
    if rows:
        ranked = [(row, names.rank(row["nom_key"], forms)) for row in rows]
        by_siren = Rank.EXACT
        return [(row, rank if rank < Rank.NONE else by_siren) for row, rank in ranked]
    near = {
        (row["kind"], row["id"]): rank
        for row in await store.names(context.db, MOST_COMPARED)
        if (rank := names.mistyped(row["nom_key"], forms)) < Rank.NONE
    }
    best = sorted(near, key=lambda one: (near[one], one))[:MOST_NAMES]
    if not best:
        return []
    vendors = [row_id for kind, row_id in best if kind == "editeur"]
    software = [row_id for kind, row_id in best if kind == "progiciel"]
    return [(row, near[row["kind"], row["id"]]) for row in await store.these(context.db, vendors, software)]


def _software_entry(context: DirectoryContext, row: Mapping[str, Any]) -> dict[str, Any]:
    if row["kind"] == "editeur":
        label = f"{row['nom']} · {KINDS['editeur'][0]} · {row['id']}"
        return _entry("editeur", row["id"], row["nom"], label, context.link(f"{EDITEURS}/{row['id']}"))
    label = f"{row['nom']} · {KINDS['progiciel'][0]} · {row['editeur_nom']}"
    return _entry("progiciel", row["id"], row["nom"], label, context.link(f"{PROGICIELS}/{row['id']}"))


def _entry(kind: str, entry_id: str, name: str, label: str, link: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "kind_label": KINDS[kind][0],
        "id": entry_id,
        "nom": name,
        "label": label,
        "distance_km": None,
        "collectivite": None,
        "self": link,
    }


def _facets(
    index: SearchIndex, use: SoftwareUse, found: Found, bodies: int, others: Sequence[Entry]
) -> dict[str, list[dict[str, Any]]]:
    counts = dict.fromkeys(KINDS, 0) | {"collectivite": bodies}
    for _, shown in others:
        counts[shown["kind"]] += 1
    names_of = {str(one.progiciel_id): one.progiciel for one in use.uses}
    tags = {
        name: [
            _value(one.value, one.count, *_tag_name(name, one.value, names_of)) for one in found.facets[name]
        ]
        for name in use.tags
    }
    tags["progiciel"] = sorted(tags["progiciel"], key=lambda one: (-one["count"], one["label"]))[
        :MOST_PROGICIELS
    ]
    return {
        "kind": [_value(kind, count, *KINDS[kind]) for kind, count in counts.items() if count],
        **collectivites.facets(index, found, TERRITORIAL),
        **tags,
    }


def _tag_name(facet: str, value: str, software: Mapping[str, str]) -> tuple[str, str]:
    match facet:
        case "domaine":
            return DOMAINES[value]
        case "label":
            return STATES[value] if value != WITHOUT_LABEL else ("sans label", "without a label")
    return software[value], software[value]


def _value(value: str, count: int, fr: str, en: str) -> dict[str, Any]:
    return {"value": value, "count": count, "label": fr, "label_en": en}
