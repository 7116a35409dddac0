"""The API process of the catalog."""

from fastapi import FastAPI

from services.catalog.api import (
    changes,
    datasets,
    exports,
    feeds,
    harvests,
    links,
    organizations,
    publishing,
    search,
    sources,
    statistics,
    udata,
    vocabularies,
)
from services.catalog.migrations import MIGRATIONS
from services.catalog.settings import CatalogSettings
from shared.app import Service, create_service_app, open_context


def create_app(settings: CatalogSettings) -> FastAPI:
    """Return the application; it opens its connections when it starts."""
    return create_service_app(
        Service(
            name="catalog",
            title="Socle · Catalogue",
            summary="Catalogue des jeux de données des collectivités et de leur conformité au SCDL.",
            settings=settings,
            open_context=lambda: open_context(MIGRATIONS, settings),
            routers=[
                # Before what takes the rest of an address for an identifier.
                exports.router,
                publishing.router,
                search.router,
                statistics.router,
                datasets.router,
                links.router,
                sources.router,
                harvests.router,
                organizations.router,
                vocabularies.router,
                udata.router,
                changes.changes,
                changes.webhooks,
                feeds.router,
            ],
        )
    )
