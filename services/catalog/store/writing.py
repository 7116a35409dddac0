"""Datasets and resources written many at a time: one statement for each kind of change of a whole batch.

Rows travel as one JSON parameter, which PostgreSQL spreads over the columns of the table.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.catalog.tables import Dataset, Organization
from shared.db import run

Row = dict[str, Any]

DATASET_COLUMNS = tuple(Dataset.model_fields)
# What a sending tells of a resource; the rest is ours: its file, its verdict.
RESOURCE_COLUMNS = (
    "id",
    "dataset_id",
    "position",
    "key",
    "remote_id",
    "uri",
    "title",
    "description",
    "type",
    "filename",
    "format",
    "mime",
    "filesize",
    "checksum_type",
    "checksum_value",
    "url",
    "schema_name",
    "schema_version",
    "schema_url",
    "extras",
    "claims",
    "harvest",
    "remote_created_at",
    "remote_modified_at",
    "revision",
    "created_at",
    "modified_at",
    "deleted_at",
    "missing_since",
    "conformity",
)
_ORGANIZATION_COLUMNS = tuple(Organization.model_fields)
_KEPT_DATASET = frozenset(("id", "owner", "source_id", "remote_id", "created_at"))
_KEPT_RESOURCE = frozenset(("id", "dataset_id", "created_at"))


def _spread(table: str, columns: Sequence[str], action: str) -> Any:
    """Return `INSERT INTO table` of the rows of the parameter `rows`."""
    names = ", ".join(f'"{column}"' for column in columns)
    return text(
        f"INSERT INTO {table} ({names}) SELECT {names} "
        f"FROM json_populate_recordset(NULL::{table}, CAST(:rows AS json)) {action}"
    )


def _replace(table: str, columns: Sequence[str], kept: frozenset[str]) -> Any:
    sets = ", ".join(f'"{column}" = new."{column}"' for column in columns if column not in kept)
    return text(
        f"UPDATE {table} AS old SET {sets} FROM json_populate_recordset(NULL::{table}, CAST(:rows AS json)) AS new "
        "WHERE old.id = new.id"
    )


_INSERT_DATASETS = _spread("dataset", DATASET_COLUMNS, "")
_UPDATE_DATASETS = _replace("dataset", DATASET_COLUMNS, _KEPT_DATASET)
_INSERT_RESOURCES = _spread("resource", RESOURCE_COLUMNS, "")
_UPDATE_RESOURCES = _replace("resource", RESOURCE_COLUMNS, _KEPT_RESOURCE)
# Only the source that first named a body may describe it otherwise; a source's word is not another's.
_UPSERT_ORGANIZATIONS = _spread(
    "organization",
    _ORGANIZATION_COLUMNS,
    "ORDER BY key ON CONFLICT (key) DO UPDATE SET "
    + ", ".join(
        f"{column} = excluded.{column}"
        for column in _ORGANIZATION_COLUMNS
        if column not in ("id", "key", "source_id", "created_at")
    )
    + " WHERE organization.source_id = excluded.source_id AND "
    "(organization.name, organization.acronym, organization.slug, organization.description, organization.url, "
    "organization.logo, organization.badges, organization.zone, organization.siret) IS DISTINCT FROM "
    "(excluded.name, excluded.acronym, excluded.slug, excluded.description, excluded.url, "
    "excluded.logo, excluded.badges, excluded.zone, excluded.siret)",
)


async def _write(session: AsyncSession, statement: Any, rows: Sequence[Row]) -> None:
    if rows:
        # The driver's own UUIDs are a subclass, which orjson refuses.
        await run(session, statement, {"rows": orjson.dumps(rows, default=str).decode()})


async def insert_datasets(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Write new datasets."""
    await _write(session, _INSERT_DATASETS, rows)


async def update_datasets(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Write anew datasets that are there; whose they are and what names them stays."""
    await _write(session, _UPDATE_DATASETS, rows)


async def insert_resources(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Write new resources."""
    await _write(session, _INSERT_RESOURCES, rows)


async def update_resources(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Write anew resources that are there; their files and verdicts stay."""
    await _write(session, _UPDATE_RESOURCES, rows)


async def remove_resources(session: AsyncSession, ids: Sequence[UUID], moment: datetime) -> None:
    """Make tombstones of resources."""
    if ids:
        await run(
            session,
            text("UPDATE resource SET deleted_at = :moment, modified_at = :moment WHERE id = ANY(:ids)"),
            {"moment": moment, "ids": list(ids)},
        )


async def miss_resources(session: AsyncSession, ids: Sequence[UUID], moment: datetime) -> None:
    """Note that a source no longer has resources; they are deleted after a grace period."""
    if ids:
        await run(
            session,
            text("UPDATE resource SET missing_since = :moment WHERE id = ANY(:ids)"),
            {"moment": moment, "ids": list(ids)},
        )


async def write_organizations(session: AsyncSession, rows: Sequence[Row]) -> dict[str, UUID]:
    """Write the bodies that are new or described otherwise, and return the id of each by its key."""
    if not rows:
        return {}
    keys = [row["key"] for row in rows]
    await _write(session, _UPSERT_ORGANIZATIONS, rows)
    found = await run(
        session, text("SELECT key, id FROM organization WHERE key = ANY(:keys)"), {"keys": keys}
    )
    return {row.key: row.id for row in found}


async def hold_source(session: AsyncSession, source_id: UUID) -> None:
    """Wait until nobody else writes the datasets of a source, until the transaction ends."""
    await run(
        session,
        text("SELECT pg_advisory_xact_lock(hashtextextended(:source, 0))"),
        {"source": f"catalog.source:{source_id}"},
    )


async def digests(session: AsyncSession, source_id: UUID, remote_ids: Sequence[str]) -> dict[str, Row]:
    """Return what is known of datasets by their identifiers in a source, without locking: id, digest, deletion."""
    found = await run(
        session,
        text(
            "SELECT id, remote_id, content_hash, payload_digest, deleted_at FROM dataset "
            "WHERE source_id = :source AND remote_id = ANY(:ids)"
        ),
        {"source": source_id, "ids": list(remote_ids)},
    )
    return {row.remote_id: {**row._mapping, "id": UUID(str(row.id))} for row in found}


async def lock_datasets(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Row]:
    """Return datasets by id, each with all its `resources` (tombstones too), locked until the transaction ends."""
    if not ids:
        return {}
    found = await run(
        session,
        text("SELECT * FROM dataset WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"),
        {"ids": list(ids)},
    )
    datasets: dict[UUID, Row] = {row.id: {**row._mapping, "resources": []} for row in found}
    resources = await run(
        session,
        text(
            "SELECT * FROM resource WHERE dataset_id = ANY(:ids) ORDER BY dataset_id, position, id FOR UPDATE"
        ),
        {"ids": list(ids)},
    )
    for resource in resources:
        datasets[resource.dataset_id]["resources"].append(dict(resource._mapping))
    return datasets


async def organization_of(session: AsyncSession, organization_id: UUID | None) -> Row | None:
    """Return the columns of a body."""
    if organization_id is None:
        return None
    found = await run(session, text("SELECT * FROM organization WHERE id = :id"), {"id": organization_id})
    row = found.first()
    return dict(row._mapping) if row is not None else None


async def organization_named(session: AsyncSession, named: str) -> Row | None:
    """Return the columns of the body that an id of ours, a SIREN, a SIRET or a slug names; the oldest of several."""
    found = await run(
        session,
        text(
            "SELECT * FROM organization WHERE id::text = :named OR siren = :named OR siret = :named OR slug = :named "
            "ORDER BY siren NULLS LAST, id LIMIT 1"
        ),
        {"named": named},
    )
    row = found.first()
    return dict(row._mapping) if row is not None else None
