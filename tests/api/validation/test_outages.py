"""What is away for a moment is no verdict: the validation is tried again, and ends."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from services.validation.engine.child import Limits
from services.validation.jobs import ValidationJobs
from services.validation.operations.children import ChildPool
from services.validation.operations.context import open_validation
from services.validation.operations.uploads import UPLOADS
from services.validation.settings import ValidationSettings
from shared.clock import now
from shared.ids import new_id
from shared.messaging.work import WorkTable
from shared.storage import Storage, StorageUnavailable
from tests.api.conftest import settings_of
from tests.api.test_main_job import GOOD, HEADER


class Away(Storage):
    """A storage that does not answer the first question."""

    asked = 0

    async def exists(self, key: str) -> bool:
        """Fail once, then answer."""
        self.asked += 1
        if self.asked == 1:
            raise StorageUnavailable
        return await super().exists(key)


async def _content() -> AsyncIterator[bytes]:
    yield (HEADER + GOOD).encode()


async def test_a_storage_away_for_a_moment_fails_no_validation(common_settings: dict[str, Any]) -> None:
    settings = cast(ValidationSettings, settings_of("validation", common_settings))
    async with open_validation(settings) as opened:
        context = replace(opened, storage=Away.from_url(settings.storage_url))
        validation_id = new_id()
        stored = await context.storage.put(f"{UPLOADS}/{validation_id}", _content(), max_bytes=10_000)
        await context.db.execute(
            "INSERT INTO validation (id, state, attempt, fence, request_id, created_at, caller, filename, "
            "owns_storage, schema_name, schema_version, options, storage_key, sha256, size) VALUES ($1, 'queued', 0, "
            "0, 'r', $2, 'test', 'f.csv', true, 'scdl/deliberations', '2.1.5', '{}', $3, $4, $5)",
            validation_id,
            now(),
            stored.key,
            stored.sha256,
            stored.size,
        )
        table = WorkTable(context.db, "validation", lease=timedelta(seconds=30), max_attempts=3)
        children = ChildPool(1, Limits(memory_bytes=1 << 31, cpu_seconds=60, wall_seconds=60))
        jobs = ValidationJobs(context, children, table)
        try:
            first = await table.claim_next()
            assert first is not None
            with pytest.raises(StorageUnavailable):
                await jobs.run(first)
            assert await context.db.fetchval("SELECT state FROM validation") == "running"
            await context.db.execute("UPDATE validation SET lease_until = $1", now() - timedelta(seconds=1))
            second = await table.claim_next()
            assert second is not None
            await jobs.run(second)
        finally:
            await children.close()
        row = await context.db.fetchrow("SELECT state, outcome FROM validation")
        context.storage.close()
    assert row is not None
    assert (row["state"], row["outcome"]) == ("done", "valid")
