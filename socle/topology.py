"""The one table of what Socle consists of; everything that starts, routes or packages it reads it here."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from fastapi import FastAPI

from shared.contracts.catalog import DatasetPublished, DatasetRemoved, ResourceRegistered, ResourceUndeclared
from shared.contracts.directory import ExportModuleChanged, ProgicielChanged, UsageChanged
from shared.contracts.validation import (
    LabelExpired,
    LabelGranted,
    LabelRenewed,
    LabelRevoked,
    LabelSuspended,
    SchemaSuggested,
    ValidationCompleted,
)
from shared.messaging.events import Routes
from shared.messaging.worker import Worker
from shared.migrations import Migrations
from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class Service:
    """One service: its names, and where its parts are. A part is imported when it is asked for.

    `prefix`   first segment of each of its URLs; nothing rewrites paths
    `port`     its API's port when it runs as a process of its own
    `title`    one line for people, in French and in English
    """

    name: str
    port: int
    title_fr: str
    title_en: str
    settings: str

    @property
    def prefix(self) -> str:
        """First path segment of the service's URLs, with its slash."""
        return f"/{self.name}"

    @property
    def settings_class(self) -> type[Settings]:
        """The class of the service's settings."""
        return cast(type[Settings], self._part(f"settings:{self.settings}"))

    def create_app(self, settings: Settings) -> FastAPI:
        """Return the service's API."""
        factory = cast(Callable[[Settings], FastAPI], self._part("app:create_app"))
        return factory(settings)

    def create_worker(self, settings: Settings) -> Worker:
        """Return the service's worker: `run()` works until `stop()`."""
        factory = cast(Callable[[Settings, Routes], Worker], self._part("worker:create_worker"))
        return factory(settings, ROUTES)

    @property
    def migrations(self) -> Migrations:
        """The migrations of the service's schema."""
        return cast(Migrations, self._part("migrations:MIGRATIONS"))

    def _part(self, place: str) -> object:
        module, name = place.split(":")
        return getattr(import_module(f"services.{self.name}.{module}"), name)


SERVICES: dict[str, Service] = {
    service.name: service
    for service in (
        Service(
            name="validation",
            port=8001,
            title_fr="Valider un fichier contre un schéma SCDL",
            title_en="Validate a file against an SCDL schema",
            settings="ValidationSettings",
        ),
        Service(
            name="catalog",
            port=8002,
            title_fr="Le catalogue des jeux de données et de leur conformité",
            title_en="The catalogue of data sets and of their conformity",
            settings="CatalogSettings",
        ),
        Service(
            name="directory",
            port=8003,
            title_fr="L'annuaire des collectivités, progiciels, éditeurs et labels",
            title_en="The directory of collectivités, applications, vendors and labels",
            settings="DirectorySettings",
        ),
    )
}

# Event type -> the services that hear it, each on its own queue.
ROUTES: Routes = {
    ResourceRegistered.type: ("validation",),
    ResourceUndeclared.type: ("validation",),
    DatasetPublished.type: ("directory", "validation"),
    DatasetRemoved.type: ("directory", "validation"),
    ProgicielChanged.type: ("validation",),
    ExportModuleChanged.type: ("validation",),
    UsageChanged.type: ("validation",),
    ValidationCompleted.type: ("catalog",),
    SchemaSuggested.type: ("catalog",),
    LabelGranted.type: ("directory",),
    LabelRenewed.type: ("directory",),
    LabelSuspended.type: ("directory",),
    LabelRevoked.type: ("directory",),
    LabelExpired.type: ("directory",),
}
