"""The search over datasets: a page, how many there are, and the counts of each facet."""

import asyncio
from dataclasses import replace
from typing import Any

from services.catalog.domain.vocabularies import licenses, themes
from services.catalog.domain.vocabularies.places import name_of
from services.catalog.operations.context import CatalogContext
from services.catalog.operations.spelling import keep_ready, respell
from services.catalog.operations.views import view
from services.catalog.store import datasets as datasets_store
from services.catalog.store import search as store
from services.catalog.store.search import Asked

# Beyond, a search is made more precise rather than walked.
FARTHEST = 10_000
# Some datasets have hundreds of files: a page of results shows the first ones of each.
MOST_RESOURCES = 20


async def search(context: CatalogContext, asked: Asked, *, offset: int, limit: int) -> dict[str, Any]:
    """Return a page (see `schemas.search.SearchPage`); its `next` is the offset of the next one."""
    keep_ready(context)
    ids, (total, facets) = await asyncio.gather(
        store.page(context.db, asked, offset=offset, limit=limit + 1), store.counts(context.db, asked)
    )
    if not total and asked.alternatives and not asked.any_word:
        return await search(context, await _wider(context, asked), offset=offset, limit=limit)
    rows = await datasets_store.these(context.db, ids[:limit], most=MOST_RESOURCES)
    more = len(ids) > limit and offset + limit < FARTHEST
    return {
        "items": [{**view(context, row), "resources_total": row["resources_total"]} for row in rows],
        "next": offset + limit if more else None,
        "total": total,
        "respelt": " ".join(group[0] for group in asked.alternatives) if asked.respelt and total else None,
        "facets": {
            name: [{**one, "label": one["label"] or _label(name, one["value"])} for one in values]
            for name, values in facets.items()
        },
    }


async def _wider(context: CatalogContext, asked: Asked) -> Asked:
    """Return what is asked when no dataset has all the words: the same spelt otherwise, then any of them."""
    if not asked.respelt:
        groups = [list(group) for group in asked.alternatives]
        if (respelt := await respell(context, groups)) != groups:
            return replace(asked, alternatives=respelt, respelt=True)
    return replace(asked, any_word=True)


def _label(facet: str, value: str) -> str:
    if facet == "theme" and value in themes.BY_ID:
        return themes.BY_ID[value].fr
    if facet == "license" and value in licenses.BY_ID:
        return licenses.BY_ID[value].fr
    return (name_of(value) if facet == "zone" else None) or value
