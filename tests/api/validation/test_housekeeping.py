"""What the worker of the validation service cleans up, and what it leaves."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from services.validation.operations.context import ValidationContext, open_validation
from services.validation.operations.uploads import UPLOADS, remove_old, remove_orphans
from services.validation.settings import ValidationSettings
from shared.clock import now
from shared.ids import new_id
from tests.api.conftest import settings_of
from tests.support.api import kept_files

OLD = timedelta(days=8)


@pytest.fixture
async def context(common_settings: dict[str, Any]) -> AsyncIterator[ValidationContext]:
    settings = cast(ValidationSettings, settings_of("validation", common_settings))
    async with open_validation(settings) as context:
        yield context


async def _content() -> AsyncIterator[bytes]:
    yield b"A\n1\n"


def _made(age: timedelta) -> UUID:
    """Return an id as made some time ago (RFC 9562, section 5.7)."""
    milliseconds = int((now() - age).timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (new_id().int & ((1 << 80) - 1)))


async def _validation(
    context: ValidationContext, age: timedelta, state: str = "done", owns: bool = True, file: bool = True
) -> UUID:
    validation_id = _made(age)
    key = f"{UPLOADS}/{validation_id}"
    if file:
        await context.storage.put(key, _content(), max_bytes=100)
    await context.db.execute(
        "INSERT INTO validation (id, state, attempt, fence, request_id, created_at, caller, filename, owns_storage, "
        "schema_name, options, storage_key) VALUES ($1, $2, 0, 0, 'r', $3, 'test', 'f', $4, 's', '{}', $5)",
        validation_id,
        state,
        now() - age,
        owns,
        key,
    )
    return validation_id


async def test_old_uploads_go_and_what_is_recent_unfinished_or_not_ours_stays(
    context: ValidationContext,
) -> None:
    old = await _validation(context, OLD)
    kept = [
        await _validation(context, timedelta(days=6)),
        await _validation(context, OLD, state="queued"),
        await _validation(context, OLD, state="running"),
        await _validation(context, OLD, owns=False),
    ]
    await remove_old(context)
    assert kept_files(context.settings) == sorted(
        f"objects/{UPLOADS}/{validation_id}" for validation_id in kept
    )
    assert await context.db.fetchval("SELECT storage_key FROM validation WHERE id = $1", old) is None


async def test_more_old_uploads_than_one_batch_all_go(context: ValidationContext) -> None:
    for _ in range(620):
        await _validation(context, OLD, file=False)
    await remove_old(context)
    assert await context.db.fetchval("SELECT count(*) FROM validation WHERE storage_key IS NOT NULL") == 0


async def test_orphans_go_after_a_day(context: ValidationContext) -> None:
    known = await _validation(context, timedelta(days=2))
    recent, orphan = _made(timedelta(hours=20)), _made(timedelta(hours=30))
    for validation_id in (recent, orphan):
        await context.storage.put(f"{UPLOADS}/{validation_id}", _content(), max_bytes=100)
    await remove_orphans(context)
    assert kept_files(context.settings) == sorted(f"objects/{UPLOADS}/{kept}" for kept in (known, recent))
