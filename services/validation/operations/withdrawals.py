"""Validations changed by those who may: their content received, cancelled, deleted; and those that wait in vain."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.domain.labels.refusals import RunAttested
from services.validation.domain.ownership import may_change, may_read, owner_name
from services.validation.domain.problems import (
    ContentAlreadySent,
    ContentNeverSent,
    ValidationCancelled,
    ValidationEnded,
    ValidationNotFound,
)
from services.validation.operations import uploads
from services.validation.operations.context import ValidationContext
from services.validation.operations.validations import end_without_verdict
from services.validation.store import labels as labels_store
from services.validation.store import validations as validations_store
from services.validation.store import withdrawals as store
from shared.auth import Caller
from shared.clock import now
from shared.storage import Stored


async def require_readable(context: ValidationContext, validation_id: UUID, caller: Caller) -> None:
    """Raise `ValidationNotFound` for a validation that is unknown, or private and another's."""
    rights = await store.rights(context.db, validation_id)
    if rights is None:
        raise ValidationNotFound.of(validation_id)
    hide_from_others(rights, caller)


def hide_from_others(row: Mapping[str, Any], caller: Caller) -> None:
    """Raise `ValidationNotFound` for a validation that is private and another's."""
    if not ("admin" in caller.scopes or may_read(row, _owner(caller))):
        raise ValidationNotFound.of(row["id"])


async def require_changeable(
    context: ValidationContext, validation_id: UUID, caller: Caller, token: str | None
) -> dict[str, Any]:
    """Return what tells the rights on a validation; raises `ValidationNotFound` when the caller may not change it."""
    rights = await store.rights(context.db, validation_id)
    if rights is None or not ("admin" in caller.scopes or may_change(rights, _owner(caller), token)):
        raise ValidationNotFound.of(validation_id)
    return rights


def _owner(caller: Caller) -> str | None:
    return owner_name(caller.key_id, caller.owner_siren)


async def receive_content(session: AsyncSession, validation_id: UUID, stored: Stored) -> bool:
    """Queue a validation whose content is now kept; False when it had the same content already.

    Raises `ContentAlreadySent`, `ValidationNotFound`.
    """
    if await store.receive_content(
        session, validation_id, storage_key=stored.key, sha256=stored.sha256, size=stored.size
    ):
        return True
    row = await validations_store.in_session(session, validation_id)
    if row is None:
        raise ValidationNotFound.of(validation_id)
    if row["sha256"] != stored.sha256:
        raise ContentAlreadySent.of(row["state"])
    return False


async def cancel(session: AsyncSession, validation_id: UUID) -> None:
    """Cancel a validation, its worker being told to stop; cancelled already, it stays so.

    Raises `ValidationEnded`, `ValidationNotFound`.
    """
    if await store.cancel(session, validation_id):
        await end_without_verdict(session, validation_id, ValidationCancelled.asked())
        return
    row = await validations_store.in_session(session, validation_id)
    if row is None:
        raise ValidationNotFound.of(validation_id)
    if row["state"] != "cancelled":
        raise ValidationEnded.of(row["state"])


async def delete(session: AsyncSession, validation_id: UUID) -> list[str]:
    """Delete a validation and its report, its worker being told to stop; return the storage keys to remove once
    this is committed. Raises `ValidationNotFound`, and `RunAttested` where a label rests on it."""
    row = await store.delete(session, validation_id)
    if row is None:
        raise ValidationNotFound.of(validation_id)
    # Asked once the row is ours: whoever rests a label on it holds it until that is written.
    label_id = await labels_store.rests_on(session, validation_id)
    if label_id is not None:
        raise RunAttested.by(label_id)
    await validations_store.tell_ended(session, validation_id)
    return uploads.keys_of(row)


async def expire(context: ValidationContext) -> None:
    """End the validations whose content was announced and never came."""
    hours = context.settings.validation_awaiting_hours
    while True:
        async with context.db.transaction() as session:
            expired = await store.expire(session, now() - timedelta(hours=hours))
            for validation_id in expired:
                await end_without_verdict(session, validation_id, ContentNeverSent.after(hours))
        if not expired:
            return
