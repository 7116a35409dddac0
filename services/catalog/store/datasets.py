"""Datasets, resources and their conformity, as they are read."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.catalog.domain.conformity import Conformity
from services.catalog.tables import Dataset, Resource
from shared.contracts.validation import ValidationCompleted
from shared.db import Database, run
from shared.ids import new_id

_DATASET = (
    "SELECT d.*, s.slug AS source, o.siret AS organization_siret, o.remote_id AS organization_remote_id, "
    "o.acronym AS organization_acronym, o.url AS organization_url FROM dataset AS d "
    "LEFT JOIN source AS s ON s.id = d.source_id LEFT JOIN organization AS o ON o.id = d.organization_id "
)
SHOWN = "d.deleted_at IS NULL AND NOT d.private"


async def lock_resource(
    session: AsyncSession, owners: list[str], dataset_id: UUID, resource_id: UUID
) -> Resource | None:
    """Return a resource of an owner's dataset, locked until the transaction ends; None when it is not theirs."""
    found = await session.exec(
        select(Resource)
        .join(Dataset, col(Dataset.id) == col(Resource.dataset_id))
        .where(
            Dataset.id == dataset_id,
            col(Dataset.owner).in_(owners),
            col(Dataset.deleted_at).is_(None),
            Resource.id == resource_id,
            col(Resource.deleted_at).is_(None),
        )
        .with_for_update(of=Resource)
    )
    return found.first()


async def owned(session: AsyncSession, owners: list[str], dataset_id: UUID) -> bool:
    """Tell whether a dataset is one of an owner's, and lock it until the transaction ends."""
    found = await run(
        session,
        text("SELECT 1 FROM dataset WHERE id = :id AND owner = ANY(:owners) FOR UPDATE"),
        {"id": dataset_id, "owners": owners},
    )
    return found.first() is not None


async def get(db: Database, dataset_id: UUID) -> dict[str, Any] | None:
    """Return a dataset's columns with its `resources` and the ids of those that are the `same_as` it, or None."""
    found = await _with_resources(db, _DATASET + "WHERE d.id = $1", dataset_id)
    return found[0] if found else None


async def these(db: Database, ids: list[UUID], *, most: int) -> list[dict[str, Any]]:
    """Return datasets by id, in the order of the ids, each with its first `resources`, at `most` so many.

    `resources_total` counts them all, and `judged` has the conformity of those that declare a schema.
    """
    rows = await _with_resources(db, _DATASET + "WHERE d.id = ANY($1)", ids, most=most)
    totals = await db.fetch(
        "SELECT dataset_id, count(*) AS total, array_agg(DISTINCT conformity) FILTER ("
        "WHERE schema_name IS NOT NULL OR schema_url IS NOT NULL) AS judged "
        "FROM resource WHERE dataset_id = ANY($1) AND deleted_at IS NULL GROUP BY dataset_id",
        ids,
    )
    of_all = {row["dataset_id"]: (row["total"], row["judged"] or []) for row in totals}
    for row in rows:
        row["resources_total"], row["judged"] = of_all.get(row["id"], (0, []))
    by_id = {row["id"]: row for row in rows}
    return [by_id[one] for one in ids if one in by_id]


async def id_in_source(db: Database, source: str, remote_id: str) -> UUID | None:
    """Return the id of the dataset that a source (slug) names so."""
    found: UUID | None = await db.fetchval(
        "SELECT d.id FROM dataset AS d JOIN source AS s ON s.id = d.source_id WHERE s.slug = $1 AND d.remote_id = $2",
        source,
        remote_id,
    )
    return found


async def page(
    db: Database, *, after: UUID | None, limit: int, siren: str | None, source: str | None = None
) -> list[dict[str, Any]]:
    """Return the datasets that everybody may see in order of registration, each with its `resources`."""
    return await _with_resources(
        db,
        _DATASET + f"WHERE {SHOWN} AND ($1::uuid IS NULL OR d.id > $1) "
        "AND ($2::text IS NULL OR d.organization_siren = $2) AND ($3::text IS NULL OR s.slug = $3) "
        "ORDER BY d.id LIMIT $4",
        after,
        siren,
        source,
        limit,
    )


async def count(db: Database, *, siren: str | None, source: str | None) -> int:
    """Return how many datasets everybody may see."""
    found: int = await db.fetchval(
        f"SELECT count(*) FROM dataset AS d LEFT JOIN source AS s ON s.id = d.source_id WHERE {SHOWN} "
        "AND ($1::text IS NULL OR d.organization_siren = $1) AND ($2::text IS NULL OR s.slug = $2)",
        siren,
        source,
    )
    return found


async def numbered_page(
    db: Database, *, offset: int, limit: int, organization: str | None, tag: str | None
) -> tuple[list[dict[str, Any]], int]:
    """Return a page of the datasets that everybody may see, newest first, and how many there are in all."""
    where = (
        f"WHERE {SHOWN} AND ($1::text IS NULL OR o.id::text = $1 OR o.remote_id = $1 OR o.slug = $1) "
        "AND ($2::text IS NULL OR $2 = ANY(d.tags))"
    )
    rows = await _with_resources(
        db, _DATASET + where + " ORDER BY d.id DESC LIMIT $3 OFFSET $4", organization, tag, limit, offset
    )
    total = await db.fetchval(
        "SELECT count(*) FROM dataset AS d LEFT JOIN organization AS o ON o.id = d.organization_id " + where,
        organization,
        tag,
    )
    return rows, total


async def _with_resources(
    db: Database, sql: str, *args: Any, most: int | None = None
) -> list[dict[str, Any]]:
    rows = [dict(row) for row in await db.fetch(sql, *args)]
    by_id: dict[UUID, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
    resources = await db.fetch(
        "SELECT r.* FROM unnest($1::uuid[]) AS wanted(id), LATERAL (SELECT * FROM resource "
        "WHERE dataset_id = wanted.id AND deleted_at IS NULL ORDER BY position, id LIMIT $2) AS r",
        list(by_id),
        most,
    )
    for resource in resources:
        by_id[resource["dataset_id"]].append(dict(resource))
    same = await _same_as(db, [row["uri"] for row in rows if row["uri"]])
    return [
        {
            **row,
            "resources": by_id[row["id"]],
            "same_as": [other for other in same.get(row["uri"], ()) if other != row["id"]],
        }
        for row in rows
    ]


async def _same_as(db: Database, uris: list[str]) -> dict[str, list[UUID]]:
    if not uris:
        return {}
    rows = await db.fetch(
        f"SELECT d.uri, array_agg(d.id ORDER BY d.id) AS ids FROM dataset AS d "
        f"WHERE d.uri = ANY($1) AND {SHOWN} GROUP BY d.uri",
        uris,
    )
    return {row["uri"]: row["ids"] for row in rows}


async def write_conformity(session: AsyncSession, event: ValidationCompleted) -> UUID | None:
    """Write a verdict on the resource it is about, and in its history.

    Return the id of its dataset; None when the resource has changed since, or is gone.
    """
    status = Conformity.ERROR if event.outcome == "error" else Conformity(event.outcome)
    values = {
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
    }
    result = await run(
        session,
        text(
            "UPDATE resource SET conformity = :conformity, validation_id = :validation_id, validated_at = :moment, "
            "validated_checksum = :checksum, validated_size = :size, validated_schema_version = :version, "
            "rows = :rows, errors = :errors, warnings = :warnings, problem = :problem "
            "WHERE id = :id AND revision = :revision AND deleted_at IS NULL RETURNING dataset_id"
        ),
        values,
    )
    found = result.first()
    if found is None:
        return None
    await run(
        session,
        text(
            "INSERT INTO verdict (id, resource_id, conformity, validation_id, validated_at, revision, checksum, size, "
            "schema_name, schema_version, rows, errors, warnings, problem) VALUES (:new_id, :id, :conformity, "
            ":validation_id, :moment, :revision, :checksum, :size, :schema, :version, :rows, :errors, :warnings, "
            ":problem)"
        ),
        {**values, "new_id": new_id(), "schema": event.schema_name},
    )
    dataset_id: UUID = found.dataset_id
    return dataset_id


async def dataset_of(session: AsyncSession, resource_id: UUID) -> UUID | None:
    """Return the id of the dataset of a resource."""
    found = await run(session, text("SELECT dataset_id FROM resource WHERE id = :id"), {"id": resource_id})
    dataset_id: UUID | None = found.scalar()
    return dataset_id


async def grow_revision(session: AsyncSession, dataset_id: UUID) -> None:
    """Mark a change of what others are told of a dataset."""
    await run(session, text("UPDATE dataset SET revision = revision + 1 WHERE id = :id"), {"id": dataset_id})


async def renew(session: AsyncSession, resource_id: UUID, conformity: Conformity) -> None:
    """Write that the file of a resource is another one: what was asked about the former counts no more."""
    await run(
        session,
        text("UPDATE resource SET revision = revision + 1, conformity = :conformity WHERE id = :id"),
        {"id": resource_id, "conformity": conformity.value},
    )


async def verdicts(
    db: Database, dataset_id: UUID, resource_id: UUID, limit: int
) -> list[dict[str, Any]] | None:
    """Return the last verdicts on a resource, newest first; None when everybody may see no such resource."""
    exists = await db.fetchval(
        "SELECT 1 FROM resource AS r JOIN dataset AS d ON d.id = r.dataset_id "
        f"WHERE r.id = $1 AND d.id = $2 AND r.deleted_at IS NULL AND {SHOWN}",
        resource_id,
        dataset_id,
    )
    if exists is None:
        return None
    rows = await db.fetch(
        "SELECT * FROM verdict WHERE resource_id = $1 ORDER BY id DESC LIMIT $2", resource_id, limit
    )
    return [dict(row) for row in rows]


async def storage_keys(db: Database, resource_ids: list[UUID]) -> dict[UUID, str | None]:
    """Return the present file of each resource that exists."""
    rows = await db.fetch("SELECT id, storage_key FROM resource WHERE id = ANY($1)", resource_ids)
    return {row["id"]: row["storage_key"] for row in rows}
