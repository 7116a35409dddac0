"""The API process of the validation service."""

from fastapi import FastAPI

from services.validation.api import (
    changes,
    contents,
    events,
    labels,
    labels_public,
    limits,
    reports,
    schedules,
    schemas,
    validata,
    validations,
    webhooks,
)
from services.validation.operations.context import open_validation
from services.validation.settings import ValidationSettings
from shared.app import Service, create_service_app


def create_app(settings: ValidationSettings) -> FastAPI:
    """Return the application; it opens its connections when it starts."""
    return create_service_app(
        Service(
            name="validation",
            title="Socle · Validation",
            summary="Validation des fichiers du Socle Commun des Données Locales (SCDL).",
            settings=settings,
            open_context=lambda: open_validation(settings),
            routers=[
                validations.router,
                contents.router,
                events.router,
                reports.router,
                labels.router,
                labels_public.router,
                limits.router,
                schemas.router,
                validata.router,
                schedules.router,
                changes.router,
                webhooks.router,
            ],
        )
    )
