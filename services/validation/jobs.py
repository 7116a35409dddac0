"""The work of the validation service: run queued validations in limited processes, remove old uploads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.domain.problems import (
    EmptyFile,
    FileTooComplex,
    SourceGone,
    ValidationGivenUp,
)
from services.validation.domain.verdict import Verdict, judge_file
from services.validation.engine import bundle
from services.validation.engine.child import ChildDied
from services.validation.operations import validations as operations
from services.validation.operations.children import ChildPool
from services.validation.operations.context import ValidationContext
from services.validation.store import validations as store
from shared.clock import now
from shared.files import Downloaded, temporary_file
from shared.ids import made_at
from shared.messaging.work import Claim, WorkTable
from shared.problems import Problem

ORPHAN_AGE = timedelta(days=1)


class ValidationJobs:
    """Runs the validations that the worker claims."""

    def __init__(self, context: ValidationContext, children: ChildPool, table: WorkTable) -> None:
        self._context = context
        self._children = children
        self._table = table

    async def run(self, claim: Claim) -> None:
        """Validate the file of one claimed row, and settle the row with the verdict or the reason for none."""
        row = await store.get(self._context.db, claim.id)
        assert row is not None
        await store.mark_started(self._context.db, claim.id, claim.fence, now())
        source: Downloaded | None = None
        try:
            async with self._source(row) as source:
                verdict = await self._judge(source, row)
        except Problem as problem:
            if problem.status >= 500:
                # Ours, and perhaps gone in a moment (storage away or full): it says nothing of the file.
                raise
            await self._end_without(claim, problem, source)
            return
        async with self._context.db.transaction() as session:
            if await self._table.settle(session, claim, "done"):
                await operations.end_with_verdict(
                    session, claim.id, verdict, sha256=source.sha256, size=source.size
                )

    async def gave_up(self, session: AsyncSession, validation_id: UUID) -> None:
        """Write that a validation failed at every attempt."""
        problem = ValidationGivenUp.after(self._table.max_attempts)
        await operations.end_without_verdict(session, validation_id, problem)

    async def _end_without(self, claim: Claim, problem: Problem, source: Downloaded | None) -> None:
        async with self._context.db.transaction() as session:
            if await self._table.settle(session, claim, "failed"):
                await operations.end_without_verdict(
                    session,
                    claim.id,
                    problem,
                    sha256=source.sha256 if source else None,
                    size=source.size if source else None,
                )

    async def _judge(self, source: Downloaded, row: dict[str, Any]) -> Verdict:
        descriptor = bundle.load(row["schema_name"], row["schema_version"])
        options = {"samples": self._context.settings.validation_samples, **row["options"]}
        try:
            return await self._children.call(
                judge_file, str(source.path), row["filename"], descriptor, options
            )
        except ChildDied as error:
            raise FileTooComplex.because(error.reason) from error

    @asynccontextmanager
    async def _source(self, row: dict[str, Any]) -> AsyncIterator[Downloaded]:
        """Give the file as a local path: the one in the storage, or a copy fetched from its address."""
        if row["storage_key"] is not None:
            if not await self._context.storage.exists(row["storage_key"]):
                raise SourceGone.of(row["filename"])
            async with self._context.storage.local_path(row["storage_key"]) as path:
                known = row["sha256"] is not None
                yield Downloaded(path, row["sha256"], row["size"]) if known else await Downloaded.of(path)
            return
        async with temporary_file() as path:
            yield await self._fetch(row["source_url"], path)

    async def _fetch(self, url: str, path: Path) -> Downloaded:
        limit = self._context.settings.validation_max_upload_bytes
        with path.open("wb") as file:

            async def write(chunk: bytes) -> None:
                await asyncio.to_thread(file.write, chunk)

            fetched = await self._context.http.get(url, sink=write, max_bytes=limit, refuse_html=True)
        if fetched.size == 0:
            raise EmptyFile(
                fr="L'adresse répond, mais par un fichier vide : vérifiez la publication.",
                en="The address answers, but with an empty file: check the publication.",
            )
        return Downloaded(path, fetched.sha256, fetched.size)


async def remove_old_uploads(context: ValidationContext) -> None:
    """Remove the uploaded files kept long enough; their reports stay."""
    limit = now() - timedelta(days=context.settings.validation_keep_upload_days)
    while old := await store.stored_before(context.db, limit):
        for validation_id, key in old:
            await context.storage.delete(key)
            await store.forget_file(context.db, validation_id)


async def remove_orphan_uploads(context: ValidationContext) -> None:
    """Remove uploads older than a day that belong to no validation (their process died before the commit)."""
    limit = now() - ORPHAN_AGE
    keys = {UUID(key.split("/")[-1]): key async for key in context.storage.list(operations.UPLOADS)}
    old = [validation_id for validation_id in keys if made_at(validation_id) < limit]
    known = await store.known_ids(context.db, old)
    for validation_id in set(old) - known:
        await context.storage.delete(keys[validation_id])
