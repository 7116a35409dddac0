"""The API process of the directory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields

from fastapi import FastAPI

from services.directory.api import (
    atd,
    changes,
    collectivites,
    contacts,
    demande,
    editeurs,
    feeds,
    imports,
    linked,
    moderation,
    modules,
    observatoire,
    progiciels,
    reference,
    screens,
    search,
    usages,
)
from services.directory.migrations import MIGRATIONS
from services.directory.operations.context import DirectoryContext
from services.directory.operations.figures import LiveFigures
from services.directory.operations.search_index import LiveIndex
from services.directory.operations.software_use import LiveUse
from services.directory.settings import DirectorySettings
from shared.app import Service, create_service_app, open_context


def create_app(settings: DirectorySettings) -> FastAPI:
    """Return the application; it opens its connections when it starts."""
    return create_service_app(
        Service(
            name="directory",
            title="Socle · Annuaire",
            summary="Annuaire des collectivités, des progiciels qu'elles utilisent et de leurs éditeurs.",
            settings=settings,
            open_context=lambda: open_directory(settings),
            routers=[
                atd.router,
                changes.changes,
                changes.webhooks,
                collectivites.router,
                contacts.router,
                demande.router,
                editeurs.router,
                feeds.router,
                imports.router,
                linked.router,
                progiciels.router,
                reference.router,
                moderation.router,
                modules.router,
                observatoire.router,
                screens.router,
                search.router,
                usages.router,
            ],
        )
    )


@asynccontextmanager
async def open_directory(settings: DirectorySettings) -> AsyncIterator[DirectoryContext]:
    """Open the connections, and have the search index built beside the first requests."""
    async with open_context(MIGRATIONS, settings) as common:
        index = LiveIndex(
            common.db,
            refresh_seconds=settings.directory_refresh_seconds,
            wait_seconds=settings.directory_start_wait_seconds,
        )
        async with index.following(common.listener):
            parts = {field.name: getattr(common, field.name) for field in fields(common)}
            use = LiveUse(common.db, refresh_seconds=settings.directory_use_seconds)
            yield DirectoryContext(**parts, index=index, use=use, figures=LiveFigures(common.db))
