"""Files received: streamed to the storage, found again, removed."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.validation.domain.problems import EmptyFile, UploadTooLarge
from services.validation.operations.context import ValidationContext
from services.validation.store import validations as store
from shared.clock import now
from shared.ids import made_at, new_id
from shared.problems import PayloadTooLarge
from shared.storage import Stored

UPLOADS = "validation/uploads"
ORPHAN_AGE = timedelta(days=1)


def new_key() -> str:
    """Return the key under which a file will be kept."""
    return f"{UPLOADS}/{new_id()}"


def check_size(context: ValidationContext, size: int) -> None:
    """Raise `UploadTooLarge` for a size, in bytes, that no upload may have."""
    if size > (limit := context.settings.validation_max_upload_bytes):
        raise UploadTooLarge.past(limit)


async def keep(
    context: ValidationContext, key: str, chunks: AsyncIterator[bytes], *, already: int = 0
) -> Stored:
    """Stream a file to the storage; `already` bytes of the same request count towards the limit.

    Raises `UploadTooLarge`, `EmptyFile`, `StorageFull`: nothing is left behind then.
    """
    limit = context.settings.validation_max_upload_bytes
    try:
        stored = await context.storage.put(key, chunks, max_bytes=limit - already)
    except PayloadTooLarge as error:
        raise UploadTooLarge.past(limit) from error
    if stored.size == 0:
        await context.storage.delete(key)
        raise EmptyFile(
            fr="Le fichier reçu ne contient aucun octet : vérifiez l'export puis renvoyez-le.",
            en="The file received holds no byte: check the export, then send it again.",
        )
    return stored


def keys_of(row: Mapping[str, Any]) -> list[str]:
    """Return the storage keys of the files that a validation owns."""
    if row["storage_key"] is None or not row["owns_storage"]:
        return []
    if row["resources"] is None:
        return [row["storage_key"]]
    return [resource["storage_key"] for resource in row["resources"] if resource["storage_key"]]


async def remove(context: ValidationContext, keys: list[str]) -> None:
    """Remove files."""
    for key in keys:
        await context.storage.delete(key)


async def remove_old(context: ValidationContext) -> None:
    """Remove the uploaded files kept long enough; their reports stay."""
    limit = now() - timedelta(days=context.settings.validation_keep_upload_days)
    while old := await store.stored_before(context.db, limit):
        for row in old:
            await remove(context, keys_of(row))
            await store.forget_file(context.db, row["id"])


async def remove_orphans(context: ValidationContext) -> None:
    """Remove uploads older than a day that belong to no validation (their process died before the commit)."""
    limit = now() - ORPHAN_AGE
    keys = {key async for key in context.storage.list(UPLOADS)}
    old = {key for key in keys if made_at(UUID(key.rpartition("/")[2])) < limit}
    await remove(context, sorted(old - await store.known_keys(context.db, sorted(old))))
