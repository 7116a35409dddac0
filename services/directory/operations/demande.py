"""Demand and supply of conforming exports, by domain, and the applications to work on next."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from services.directory.domain import demande as domain
from services.directory.domain.collectivites import Collectivite
from services.directory.domain.demande import LEVELS, METHOD, Level, Need, Use
from services.directory.domain.domaines import DOMAINES
from services.directory.domain.problems import NotListed
from services.directory.domain.territoire import Territoire
from services.directory.operations.addresses import EDITEURS, PROGICIELS
from services.directory.operations.context import DirectoryContext

PATH = "/directory/v1/demande"


async def demand(
    context: DirectoryContext, territoire: Territoire, domaine: str | None, limit: int
) -> dict[str, Any]:
    """Return demand and supply in a territory (see `schemas.demande.DemandeView`); raises `NotListed`."""
    index = await context.index.get()
    name = territoire.name(index.bodies)
    if name is None:
        raise NotListed.of("territoire", "territory", territoire)
    use = await context.use.get(index)
    uses = [found for found in use.uses if domaine is None or found.domaine == domaine]

    def counted() -> tuple[list[dict[str, Any]], list[Need]]:
        bodies = {body.siren: body for body in index.bodies if territoire.holds(body)}
        best = domain.served(uses)
        return _by_domain(best, uses, bodies), domain.needs(uses, best, bodies)

    domains, needs = await asyncio.to_thread(counted)
    year = index.bodies[0].population_year if index.bodies else None
    return {
        "territoire": {"code": str(territoire), "nom": name},
        "population": {"base": "municipale", "year": year},
        "methode": METHOD[0],
        "methode_en": METHOD[1],
        "domaines": domains,
        "classement": [_need(context, place, need) for place, need in enumerate(needs[:limit], 1)],
        "total": len(needs),
    }


def _by_domain(
    best: Mapping[str, Mapping[str, Level]], uses: Sequence[Use], bodies: Mapping[str, Collectivite]
) -> list[dict[str, Any]]:
    shown = []
    for code, (fr, en) in DOMAINES.items():
        levels = best.get(code, {})
        everybody = domain.reach(levels, bodies)
        if not everybody.bodies:
            continue
        held = [use for use in uses if use.domaine == code and not bodies.keys().isdisjoint(use.sirens)]
        shown.append(
            {
                "code": code,
                "label": fr,
                "label_en": en,
                "progiciels": len(held),
                "progiciels_conformes": sum(use.level is Level.LABEL for use in held),
                "total": asdict(everybody),
                "offre": [
                    {
                        "code": LEVELS[level][0],
                        "label": LEVELS[level][1],
                        "label_en": LEVELS[level][2],
                        **asdict(domain.reach((s for s, got in levels.items() if got is level), bodies)),
                    }
                    for level in LEVELS
                ],
            }
        )
    return shown


def _need(context: DirectoryContext, place: int, need: Need) -> dict[str, Any]:
    use = need.use
    return {
        "rang": place,
        "progiciel": {
            "id": use.progiciel_id,
            "nom": use.progiciel,
            "self": context.link(f"{PROGICIELS}/{use.progiciel_id}"),
        },
        "editeur": {
            "siren": use.editeur_siren,
            "nom": use.editeur,
            "self": context.link(f"{EDITEURS}/{use.editeur_siren}"),
        },
        "domaine": use.domaine,
        "domaine_label": DOMAINES[use.domaine][0],
        "offre": LEVELS[use.level][0],
        "offre_label": LEVELS[use.level][1],
        **asdict(need.reach),
        "wanting": need.wanting,
    }
