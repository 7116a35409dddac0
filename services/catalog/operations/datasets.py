"""Register datasets, take their files, keep their conformity true. Operations never commit."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.catalog.domain.conformity import Conformity, initial
from services.catalog.domain.problems import (
    ContentTooLarge,
    DatasetNotFound,
    ResourceIsRemote,
    ResourceNotFound,
)
from services.catalog.operations.context import CatalogContext
from services.catalog.schemas.datasets import DatasetInput, ResourceInput
from services.catalog.store import datasets as store
from services.catalog.tables import Dataset, Resource
from shared import idempotency
from shared.changes.log import record_change
from shared.clock import now
from shared.contracts.catalog import ResourceRegistered
from shared.contracts.validation import ValidationCompleted
from shared.ids import new_id
from shared.messaging.outbox import emit
from shared.observability.logging import get_logger
from shared.problems import PayloadTooLarge, Problem
from shared.storage import Stored
from shared.uploads import file_label

logger = get_logger(__name__)

CONTENTS = "catalog/contents"
ORPHAN_AGE = timedelta(days=1)


class EmptyContent(Problem):
    status = 422
    slug = "empty-content"
    title_fr = "Fichier vide"
    title_en = "Empty file"


async def register(
    session: AsyncSession, body: DatasetInput, *, owner: str, idempotency_key: str | None
) -> UUID:
    """Register a dataset, ask for the validation of what can be validated, and return its id.

    An equal request made before with the same key gives its id; raises `IdempotencyKeyReused` for another.
    """
    moment = now()
    dataset = Dataset(
        id=new_id(),
        owner=owner,
        title=body.title,
        description=body.description,
        organization_siren=body.organization.siren if body.organization else None,
        organization_name=body.organization.name if body.organization else None,
        license=body.license,
        frequency=body.frequency,
        tags=list(dict.fromkeys(body.tags)),
        landing_page=body.landing_page,
        created_at=moment,
        modified_at=moment,
    )
    existing = await idempotency.claim(
        session,
        caller=owner,
        key=idempotency_key,
        request_fingerprint=idempotency.fingerprint(body.model_dump_json(by_alias=True)),
        resource_id=dataset.id,
    )
    if existing is not None:
        return existing
    resources = [_resource(dataset, item, position) for position, item in enumerate(body.resources)]
    await store.add(session, dataset, resources)
    for resource in resources:
        await _ask_validation(session, resource)
    await record_change(
        session, "dataset.created", dataset.id, {"title": dataset.title, "siren": dataset.organization_siren}
    )
    return dataset.id


def _resource(dataset: Dataset, body: ResourceInput, position: int) -> Resource:
    schema = body.schema_
    return Resource(
        id=new_id(),
        dataset_id=dataset.id,
        position=position,
        title=body.title,
        description=body.description,
        filename=file_label(body.url.partition("?")[0] if body.url else body.title),
        format=body.format,
        url=body.url,
        schema_name=schema.name if schema else None,
        schema_version=schema.version if schema else None,
        created_at=dataset.created_at,
        modified_at=dataset.modified_at,
        conformity=initial(has_schema=schema is not None, has_content=body.url is not None),
    )


async def _ask_validation(session: AsyncSession, resource: Resource) -> None:
    if resource.conformity != Conformity.QUEUED or resource.schema_name is None:
        return
    await emit(
        session,
        ResourceRegistered(
            dataset_id=resource.dataset_id,
            resource_id=resource.id,
            revision=resource.revision,
            filename=resource.filename,
            url=resource.url,
            storage_key=resource.storage_key,
            schema_name=resource.schema_name,
            schema_version=resource.schema_version,
        ),
    )


def check_size(context: CatalogContext, size: int) -> None:
    """Raise `ContentTooLarge` for a size, in bytes, that no content may have."""
    if size > (limit := context.settings.catalog_max_upload_bytes):
        raise ContentTooLarge.past(limit)


async def keep_content(context: CatalogContext, resource_id: UUID, chunks: AsyncIterator[bytes]) -> Stored:
    """Stream a resource's file to the storage.

    Raises `ContentTooLarge`, `EmptyContent`, `StorageFull`: nothing is left behind then.
    """
    limit = context.settings.catalog_max_upload_bytes
    try:
        stored = await context.storage.put(f"{CONTENTS}/{resource_id}/{new_id()}", chunks, max_bytes=limit)
    except PayloadTooLarge as error:
        raise ContentTooLarge.past(limit) from error
    if stored.size == 0:
        await context.storage.delete(stored.key)
        raise EmptyContent(
            fr="Le corps de la requête est vide : envoyez le fichier (curl : --data-binary @export.csv).",
            en="The request body is empty: send the file (curl: --data-binary @export.csv).",
        )
    return stored


async def check_uploadable(
    session: AsyncSession, owner: str, dataset_id: UUID, resource_id: UUID
) -> Resource:
    """Return the resource, locked; raises `ResourceNotFound` or `ResourceIsRemote`."""
    resource = await store.lock_resource(session, owner, dataset_id, resource_id)
    if resource is None:
        raise ResourceNotFound.of(resource_id)
    if resource.url is not None:
        raise ResourceIsRemote.of(resource.url)
    return resource


async def replace_content(
    session: AsyncSession,
    owner: str,
    dataset_id: UUID,
    resource_id: UUID,
    *,
    stored: Stored,
    filename: str | None,
) -> None:
    """Make a stored file the content of a resource and ask for its validation; the verdict before is stale."""
    resource = await check_uploadable(session, owner, dataset_id, resource_id)
    resource.storage_key = stored.key
    resource.filename = file_label(filename) if filename else resource.filename
    resource.revision += 1
    resource.modified_at = now()
    resource.conformity = initial(has_schema=resource.schema_name is not None, has_content=True)
    session.add(resource)
    await session.flush()
    await _ask_validation(session, resource)
    await record_change(session, "dataset.updated", dataset_id, {"resource": str(resource_id)})


async def record_verdict(session: AsyncSession, event: ValidationCompleted) -> None:
    """Keep the verdict on a resource, unless the resource has changed since it was asked for."""
    if event.resource_id is None:
        return
    dataset_id = await store.write_conformity(session, event)
    if dataset_id is None:
        logger.info("verdict dropped: the resource has changed since", resource_id=str(event.resource_id))
        return
    logger.info("conformity updated", resource_id=str(event.resource_id), outcome=event.outcome)
    told = ("outcome", "checksum", "schema_version", "rows", "errors", "warnings", "problem")
    data = {"resource": str(event.resource_id), **{name: getattr(event, name) for name in told}}
    await record_change(session, "dataset.conformity_changed", dataset_id, data)


async def find(context: CatalogContext, dataset_id: UUID) -> dict[str, Any]:
    """Return a dataset as the API shows it; raises `DatasetNotFound`."""
    found = await store.get(context.db, dataset_id)
    if found is None:
        raise DatasetNotFound.of(dataset_id)
    return view(context, found)


def view(context: CatalogContext, row: dict[str, Any]) -> dict[str, Any]:
    """Return a dataset as the API shows it (see `schemas.DatasetView`)."""
    link = context.link(f"/catalog/v1/datasets/{row['id']}")
    organization = {"siren": row["organization_siren"], "name": row["organization_name"]}
    kept = (
        "id",
        "title",
        "description",
        "license",
        "frequency",
        "tags",
        "landing_page",
        "created_at",
        "modified_at",
    )
    return {
        **{name: row[name] for name in kept},
        "organization": organization if row["organization_siren"] else None,
        "resources": [_resource_view(context, resource, link) for resource in row["resources"]],
        "self": link,
    }


def _resource_view(context: CatalogContext, row: dict[str, Any], dataset_link: str) -> dict[str, Any]:
    schema = {"name": row["schema_name"], "version": row["schema_version"]}
    validation = row["validation_id"]
    return {
        **{
            name: row[name]
            for name in ("id", "title", "description", "url", "format", "created_at", "modified_at")
        },
        "schema": schema if row["schema_name"] else None,
        "conformity": {
            "status": row["conformity"],
            "validation": context.link(f"/validation/v1/validations/{validation}") if validation else None,
            "validated_at": row["validated_at"],
            "checksum": row["validated_checksum"],
            "size": row["validated_size"],
            "schema_version": row["validated_schema_version"],
            "rows": row["rows"],
            "errors": row["errors"],
            "warnings": row["warnings"],
            "problem": row["problem"],
        },
        "content": f"{dataset_link}/resources/{row['id']}/content",
    }
