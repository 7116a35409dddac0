"""One document for each screen of a user interface: all that it shows, in the words of the other addresses."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from services.directory.domain.collectivites import Collectivite
from services.directory.domain.demande import LEVELS, Level
from services.directory.domain.domaines import DOMAINES
from services.directory.domain.observatoire import INDICATORS, is_obliged
from services.directory.domain.territoire import GROUPINGS, Territoire
from services.directory.operations import (
    atd,
    collectivites,
    demande,
    editeurs,
    observatoire,
    progiciels,
    usages,
)
from services.directory.operations.addresses import EDITEURS, PROGICIELS, USAGES
from services.directory.operations.collectivites import PATH as COLLECTIVITES
from services.directory.operations.context import DirectoryContext
from services.directory.operations.observatoire import Scope
from services.directory.store import observatoire as observatoire_store
from services.directory.store import screens as store
from services.directory.store import usages as usages_store
from services.directory.store.usages import UsageFilter
from shared.changes import log
from shared.clock import now

MOST_USAGES = 50
MOST_NEEDS = 10
MOST_CHANGES = 10


async def home(context: DirectoryContext) -> dict[str, Any]:
    """Return the first screen: totals, key figures and curves, domains, whom to work with, what is new."""
    france = Territoire()
    figures = await observatoire.shown(context, Scope(france))
    asked = await demande.demand(context, france, None, MOST_NEEDS)
    news = await log.latest_of_each(context.db, limit=MOST_CHANGES)
    return {
        "totaux": {
            "collectivites": figures["population"]["bodies"],
            **await store.totals(context.db, now().date()),
        },
        "observatoire": {
            name: figures[name] for name in ("population", "indicateurs", "series", "par_territoire")
        },
        "domaines": _domains(asked),
        "classement": asked["classement"],
        "methode": asked["methode"],
        "methode_en": asked["methode_en"],
        "nouveautes": [
            {"type": row["type"], "subject": row["subject"], "recorded_at": row["recorded_at"]}
            for row in news
        ],
        "edition": figures["edition"],
    }


def _domains(asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    used = {one["code"]: one for one in asked["domaines"]}
    return [
        {
            "code": code,
            "label": fr,
            "label_en": en,
            "progiciels": used[code]["progiciels"] if code in used else 0,
            "progiciels_conformes": used[code]["progiciels_conformes"] if code in used else 0,
            "collectivites": used[code]["total"]["bodies"] if code in used else 0,
        }
        for code, (fr, en) in DOMAINES.items()
    ]


async def collectivite(context: DirectoryContext, siren: str) -> dict[str, Any]:
    """Return the screen of a body; raises `CollectiviteNotFound`."""
    shown = await collectivites.find(context, siren)
    index = await context.index.get()
    body = index.by_siren.get(siren)
    datasets = await observatoire_store.schemas_of(context.db, siren)
    found = None
    if body is not None and (territoire := _own_territory(body)) is not None:
        found = await observatoire.shown(context, Scope(territoire))
    return {
        "collectivite": shown,
        "obligation": _obligation(body),
        "usages": await _usages(context, UsageFilter(siren=siren)),
        "jeux_de_donnees": datasets,
        "observatoire": found,
        "animateurs": await _facilitators(context, body),
        "links": {
            "usages": context.link(f"{USAGES}?{urlencode({'siren': siren})}"),
            "jsonld": context.link(f"{COLLECTIVITES}/{siren}/schema.jsonld"),
        },
    }


def _own_territory(body: Collectivite) -> Territoire | None:
    if body.type == "COM":
        return Territoire("commune", body.code_insee)
    if body.type in GROUPINGS:
        return Territoire("epci", body.siren)
    if body.type in ("DEP", "CEA") and body.code_departement:
        return Territoire("departement", body.code_departement)
    return Territoire("region", body.code_region) if body.type in ("REG", "CTU") else None


def _obligation(body: Collectivite | None) -> dict[str, Any]:
    _, _, method, method_en = INDICATORS["obliged"]
    presumed = None if body is None else is_obliged(body)
    return {"presumee": presumed, "methode": method, "methode_en": method_en}


async def _facilitators(context: DirectoryContext, body: Collectivite | None) -> list[dict[str, Any]]:
    if body is None:
        return []
    held = [
        ("collectivite", body.siren),
        ("epci", body.siren),
        ("epci", body.siren_epci),
        ("departement", body.code_departement),
        ("region", body.code_region),
    ]
    rows = await store.facilitators(context.db, [(kind, code) for kind, code in held if code])
    return [atd.summary(context, row) for row in rows]


async def _usages(context: DirectoryContext, wanted: UsageFilter) -> dict[str, Any]:
    rows = await usages_store.usage_page(
        context.db, wanted, today=now().date(), after=None, limit=MOST_USAGES + 1
    )
    shown = [usages.usage_summary(context, row) for row in rows[:MOST_USAGES]]
    return {"items": shown, "more": len(rows) > MOST_USAGES}


async def progiciel(context: DirectoryContext, progiciel_id: UUID) -> dict[str, Any]:
    """Return the screen of an application; raises `NotListed`."""
    shown = await progiciels.find_progiciel(context, progiciel_id)
    index = await context.index.get()
    use = await context.use.get(index)
    needs = [
        {
            "domaine": one.domaine,
            "domaine_label": DOMAINES[one.domaine][0],
            "collectivites": len(one.sirens),
            "demandes": len(one.wanting),
            **_supply(one.level),
        }
        for one in use.uses
        if one.progiciel_id == progiciel_id
    ]
    own = f"{PROGICIELS}/{progiciel_id}"
    return {
        "progiciel": shown,
        "demande": sorted(needs, key=lambda one: (-one["collectivites"], one["domaine"])),
        "usages": await _usages(context, UsageFilter(progiciel_id=progiciel_id)),
        "links": {
            "publiccode": context.link(f"{own}/publiccode.yml"),
            "jsonld": context.link(f"{own}/schema.jsonld"),
        },
    }


def _supply(level: Level) -> dict[str, str]:
    code, fr, en = LEVELS[level]
    return {"offre": code, "offre_label": fr, "offre_label_en": en}


async def editeur(context: DirectoryContext, siren: str) -> dict[str, Any]:
    """Return the screen of a vendor; raises `NotListed`."""
    shown = await editeurs.find_editeur(context, siren)
    today: date = now().date()
    sold = [
        {
            **row,
            "domaines": [{"code": code, "label": DOMAINES[code][0]} for code in row["domaines"]],
            "self": context.link(f"{PROGICIELS}/{row['id']}"),
        }
        for row in await store.sold(context.db, siren, today)
    ]
    return {
        "editeur": shown,
        "progiciels": sold,
        "usages": await _usages(context, UsageFilter(editeur=siren)),
        "links": {"jsonld": context.link(f"{EDITEURS}/{siren}/schema.jsonld")},
    }


async def territoire(context: DirectoryContext, wanted: Territoire) -> dict[str, Any]:
    """Return the screen of a territory; raises `NotListed`."""
    found = await observatoire.shown(context, Scope(wanted))
    asked = {"territoire": str(wanted)}
    codes = [(wanted.level, wanted.code)] if wanted.code else []
    rows = await store.facilitators(context.db, codes)
    return {
        "observatoire": found,
        "demande": await demande.demand(context, wanted, None, MOST_NEEDS),
        "animateurs": [atd.summary(context, row) for row in rows],
        "links": {
            "csv": context.link(f"{observatoire.PATH}.csv?{urlencode(asked)}"),
            "geojson": context.link(f"{observatoire.PATH}.geojson?{urlencode(asked)}"),
            "demande_csv": context.link(f"{demande.PATH}.csv?{urlencode(asked)}"),
        },
    }
