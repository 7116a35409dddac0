"""Datasets, resources and their conformity."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.catalog.domain.conformity import Conformity
from services.catalog.tables import Dataset, Resource
from shared.contracts.validation import ValidationCompleted
from shared.db import Database, run

_DATASET = (
    "id, owner, title, description, organization_siren, organization_name, license, frequency, tags, landing_page, "
    "created_at, modified_at"
)


async def add(session: AsyncSession, dataset: Dataset, resources: list[Resource]) -> None:
    """Write a new dataset and its resources."""
    session.add(dataset)
    await session.flush()
    session.add_all(resources)
    await session.flush()


async def lock_resource(
    session: AsyncSession, owner: str, dataset_id: UUID, resource_id: UUID
) -> Resource | None:
    """Return a resource of an owner's dataset, locked until the transaction ends; None when it is not theirs."""
    found = await session.exec(
        select(Resource)
        .join(Dataset, col(Dataset.id) == col(Resource.dataset_id))
        .where(Dataset.id == dataset_id, Dataset.owner == owner, Resource.id == resource_id)
        .with_for_update(of=Resource)
    )
    return found.first()


async def get(db: Database, dataset_id: UUID) -> dict[str, Any] | None:
    """Return a dataset's columns with its `resources`, or None."""
    found = await _with_resources(db, f"SELECT {_DATASET} FROM dataset WHERE id = $1", dataset_id)
    return found[0] if found else None


async def page(db: Database, *, after: UUID | None, limit: int, siren: str | None) -> list[dict[str, Any]]:
    """Return datasets in order of registration, each with its `resources`."""
    return await _with_resources(
        db,
        f"SELECT {_DATASET} FROM dataset WHERE ($1::uuid IS NULL OR id > $1) "
        "AND ($2::text IS NULL OR organization_siren = $2) ORDER BY id LIMIT $3",
        after,
        siren,
        limit,
    )


async def _with_resources(db: Database, sql: str, *args: Any) -> list[dict[str, Any]]:
    rows = [dict(row) for row in await db.fetch(sql, *args)]
    by_id: dict[UUID, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
    resources = await db.fetch(
        "SELECT * FROM resource WHERE dataset_id = ANY($1) ORDER BY dataset_id, position", list(by_id)
    )
    for resource in resources:
        by_id[resource["dataset_id"]].append(dict(resource))
    return [{**row, "resources": by_id[row["id"]]} for row in rows]


async def write_conformity(session: AsyncSession, event: ValidationCompleted) -> UUID | None:
    """Write a verdict on the resource it is about; return its dataset, None when it has changed since, or is gone."""
    status = Conformity.ERROR if event.outcome == "error" else Conformity(event.outcome)
    result = await run(
        session,
        text(
            "UPDATE resource SET conformity = :conformity, validation_id = :validation_id, validated_at = :moment, "
            "validated_checksum = :checksum, validated_size = :size, validated_schema_version = :version, "
            "rows = :rows, errors = :errors, warnings = :warnings, problem = :problem "
            "WHERE id = :id AND revision = :revision RETURNING dataset_id"
        ),
        {
            "conformity": status.value,
            "validation_id": event.validation_id,
            "moment": event.finished_at,
            "checksum": event.checksum,
            "size": event.size,
            "version": event.schema_version,
            "rows": event.rows,
            "errors": event.errors,
            "warnings": event.warnings,
            "problem": event.problem,
            "id": event.resource_id,
            "revision": event.resource_revision,
        },
    )
    row = result.first()
    return None if row is None else row.dataset_id


async def storage_keys(db: Database, resource_ids: list[UUID]) -> dict[UUID, str | None]:
    """Return the present file of each resource that exists."""
    rows = await db.fetch("SELECT id, storage_key FROM resource WHERE id = ANY($1)", resource_ids)
    return {row["id"]: row["storage_key"] for row in rows}
