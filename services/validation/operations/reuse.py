"""The report of an equal validation, given at once instead of being made again.

Two validations are equal when everything that the report depends on is: the bytes of the file (SHA-256), its name, the
exact descriptor of the schema, the options, the release of the engine. Only a caller's own are given again: an answer
that comes at once, or says that it was known, would tell whoever guesses what is in a file that somebody sent it.
"""

from functools import cache
from importlib.metadata import version
from typing import Any
from uuid import UUID

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.domain.descriptors import Descriptor
from services.validation.operations import validations
from services.validation.operations.context import ValidationContext
from services.validation.store import reports as store
from shared.idempotency import fingerprint


@cache
def release() -> str:
    """Return the version of Socle, that of the engine."""
    return version("socle")


def report_key(
    context: ValidationContext, filename: str, sha256: str, descriptor: Descriptor, options: dict[str, Any]
) -> str:
    """Return what equal validations have in common."""
    told = {"samples": context.settings.validation_samples, **options}
    return fingerprint(
        release(),
        sha256,
        filename,
        descriptor.sha256,
        orjson.dumps(told, option=orjson.OPT_SORT_KEYS),
    )


async def is_stored(context: ValidationContext, caller: str, key: str) -> bool:
    """Tell whether a caller has a report of this key."""
    return await store.has_equal(context.db, caller, key)


async def end_with_stored(session: AsyncSession, validation_id: UUID, caller: str, key: str) -> bool:
    """End a validation of the session with the caller's report of this key; False when there is none (any more)."""
    found = await store.hold_equal(session, caller, key)
    if found is None:
        return False
    await validations.end_with_report_of(session, validation_id, found)
    return True
