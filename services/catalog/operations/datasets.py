"""Register, change, delete and restore datasets. Operations never commit."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.catalog.domain.problems import DatasetDeleted, DatasetNotFound, ResourceNotFound
from services.catalog.domain.record import Record
from services.catalog.operations import views
from services.catalog.operations.context import CatalogContext
from services.catalog.operations.ownership import owner_of, owners_of
from services.catalog.operations.rows import organization_record, record_of
from services.catalog.operations.writing import Item, set_deleted, write
from services.catalog.schemas.datasets import DatasetInput
from services.catalog.store import datasets as store
from services.catalog.store import writing
from shared import idempotency
from shared.auth import Caller
from shared.ids import new_id

MOST_VERDICTS = 100
_VERDICT = (
    "validated_at",
    "checksum",
    "size",
    "schema_name",
    "schema_version",
    "rows",
    "errors",
    "warnings",
    "problem",
    "revision",
)


async def register(
    session: AsyncSession, body: DatasetInput, *, caller: Caller, idempotency_key: str | None
) -> UUID:
    """Register a dataset, ask for the validation of what can be validated, and return its id.

    An equal request made before with the same key gives its id; raises `IdempotencyKeyReused` for another.
    """
    return await register_record(
        session,
        body.record(),
        caller=caller,
        idempotency_key=idempotency_key,
        said=body.model_dump_json(by_alias=True),
    )


async def register_record(
    session: AsyncSession,
    record: Record,
    *,
    caller: Caller,
    idempotency_key: str | None = None,
    said: str = "",
) -> UUID:
    """Register a dataset from its record; `said` is what tells an equal request."""
    dataset_id = new_id()
    existing = await idempotency.claim(
        session,
        caller=caller.name,
        key=idempotency_key,
        request_fingerprint=idempotency.fingerprint(said),
        resource_id=dataset_id,
    )
    if existing is not None:
        return existing
    # A resource that is new has no id of ours yet.
    record = replace(record, resources=tuple(replace(resource, id=None) for resource in record.resources))
    await write(session, None, owner_of(caller), [Item(record, record.content_hash(), dataset_id)])
    return dataset_id


async def own(session: AsyncSession, caller: Caller, dataset_id: UUID) -> None:
    """Lock a dataset of the caller's; raises `DatasetNotFound` when it is none."""
    if not await store.owned(session, owners_of(caller), dataset_id):
        raise DatasetNotFound.of(dataset_id)


async def change(session: AsyncSession, caller: Caller, dataset_id: UUID, record: Record) -> bool:
    """Put a record in the place of a dataset of the caller's; return whether anything changed.

    Raises `DatasetNotFound`, `DatasetDeleted`, and `ResourceNotFound` for an id that names none of its resources.
    """
    await own(session, caller, dataset_id)
    before = (await writing.lock_datasets(session, [dataset_id]))[dataset_id]
    if before["deleted_at"] is not None:
        raise DatasetDeleted.at(before["deleted_at"])
    known = {row["id"] for row in before["resources"]}
    for resource in record.resources:
        if resource.id is not None and resource.id not in known:
            raise ResourceNotFound.of(resource.id)
    record = replace(record, remote_id=before["remote_id"])
    digest = record.content_hash()
    if digest == before["content_hash"]:
        return False
    await write(session, before["source_id"], before["owner"], [Item(record, digest, dataset_id)])
    return True


async def edit(
    session: AsyncSession, caller: Caller, dataset_id: UUID, changed: Callable[[Record], Record]
) -> None:
    """Change a dataset of the caller's by a function of its record; raises what `change` raises."""
    await own(session, caller, dataset_id)
    row = (await writing.lock_datasets(session, [dataset_id]))[dataset_id]
    body = await writing.organization_of(session, row["organization_id"])
    now_is = record_of({**row, "organization": organization_record(body) if body else None})
    await change(session, caller, dataset_id, changed(now_is))


async def delete(session: AsyncSession, caller: Caller, dataset_id: UUID) -> None:
    """Make a tombstone of a dataset of the caller's; again, it changes nothing. Raises `DatasetNotFound`."""
    await own(session, caller, dataset_id)
    await set_deleted(session, [dataset_id], deleted=True)


async def restore(session: AsyncSession, caller: Caller, dataset_id: UUID) -> None:
    """Bring back a deleted dataset of the caller's; again, it changes nothing. Raises `DatasetNotFound`."""
    await own(session, caller, dataset_id)
    await set_deleted(session, [dataset_id], deleted=False)


async def find(context: CatalogContext, dataset_id: UUID, caller: Caller | None = None) -> dict[str, Any]:
    """Return a dataset as the API shows it; its owner sees it private or deleted too.

    Raises `DatasetNotFound`, `DatasetDeleted`.
    """
    found = await store.get(context.db, dataset_id)
    if found is None:
        raise DatasetNotFound.of(dataset_id)
    if caller is None or found["owner"] not in owners_of(caller):
        if found["private"]:
            raise DatasetNotFound.of(dataset_id)
        if found["deleted_at"] is not None:
            raise DatasetDeleted.at(found["deleted_at"])
    return views.view(context, found)


async def find_in_source(
    context: CatalogContext, source: str, remote_id: str, caller: Caller | None = None
) -> dict[str, Any]:
    """Return the dataset that a source names so; raises `DatasetNotFound`, `DatasetDeleted`."""
    dataset_id = await store.id_in_source(context.db, source, remote_id)
    if dataset_id is None:
        raise DatasetNotFound.of(remote_id)
    return await find(context, dataset_id, caller)


def patched(shown: dict[str, Any], patch: dict[str, Any]) -> DatasetInput:
    """Return a dataset as shown with a JSON merge patch applied (RFC 7396).

    Raises `RequestValidationError` when what comes out fits no longer.
    """
    return checked(merged(views.sent(shown), patch))


def checked(document: Any) -> DatasetInput:
    """Return a decoded JSON value as a dataset; raises `RequestValidationError`."""
    try:
        return DatasetInput.model_validate(document)
    except ValidationError as error:
        places = [{**item, "loc": ("body", *item["loc"])} for item in error.errors()]
        raise RequestValidationError(places) from error


def merged(target: Any, patch: Any) -> Any:
    """Return a JSON value with a merge patch applied: null removes, an object merges, the rest replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


async def history(context: CatalogContext, dataset_id: UUID, resource_id: UUID) -> dict[str, Any]:
    """Return the last verdicts on a resource as the API shows them; raises `ResourceNotFound`."""
    rows = await store.verdicts(context.db, dataset_id, resource_id, MOST_VERDICTS)
    if rows is None:
        raise ResourceNotFound.of(resource_id)
    return {
        "items": [
            {
                **{name: row[name] for name in _VERDICT},
                "status": row["conformity"],
                "validation": views.validation_link(context, row["validation_id"]),
            }
            for row in rows
        ]
    }
