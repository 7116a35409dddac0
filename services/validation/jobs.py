"""The work of the validation service: run queued validations in limited processes."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.domain.descriptors import Descriptor, SchemaAsked
from services.validation.domain.problems import (
    EmptyFile,
    FileTooComplex,
    SourceGone,
    ValidationGivenUp,
)
from services.validation.domain.verdict import PackageFile, Verdict, judge_file, judge_package
from services.validation.engine.child import ChildDied
from services.validation.operations import descriptors, reuse
from services.validation.operations import validations as operations
from services.validation.operations.children import ChildPool
from services.validation.operations.context import ValidationContext
from services.validation.store import descriptors as descriptors_store
from services.validation.store import validations as store
from services.validation.store import withdrawals
from shared.clock import now
from shared.db import is_away
from shared.files import Downloaded, temporary_file
from shared.messaging.work import Claim, WorkTable
from shared.observability.logging import get_logger
from shared.problems import Problem

logger = get_logger(__name__)

# A file at hand, and the descriptor it is validated with.
Part = tuple[Downloaded, Descriptor]


class ValidationJobs:
    """Runs the validations that the worker claims."""

    def __init__(self, context: ValidationContext, children: ChildPool, table: WorkTable) -> None:
        self._context = context
        self._children = children
        self._table = table

    async def run(self, claim: Claim) -> None:
        """Validate the files of one claimed row, and settle the row with the verdict or the reason for none.

        Returns at once, its process killed, when the row is cancelled or deleted meanwhile.
        """
        told = asyncio.Event()

        def heard(payload: str | None) -> None:
            if payload is None or payload == str(claim.id):
                told.set()

        async with self._context.listener.hearing(withdrawals.STOPPED_CHANNEL, heard):
            work = asyncio.create_task(self._perform(claim))
            try:
                while not work.done():
                    listening = asyncio.create_task(told.wait())
                    await asyncio.wait({work, listening}, return_when=asyncio.FIRST_COMPLETED)
                    listening.cancel()
                    told.clear()
                    if not work.done() and not await self._holds(claim):
                        return
                await work
            finally:
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)

    async def _holds(self, claim: Claim) -> bool:
        try:
            return await withdrawals.holds(self._context.db, claim.id, claim.fence)
        except Exception as error:
            if not is_away(error):
                raise
            # The lease tells in the end.
            return True

    async def _perform(self, claim: Claim) -> None:
        # Noted after we listen: whoever withdraws the row before is seen here, and after is heard.
        row = await store.start(self._context.db, claim.id, claim.fence, now())
        if row is None:
            return
        parts: list[Part] = []
        try:
            async with AsyncExitStack() as stack:
                for item in row["resources"] or [row]:
                    parts.append(await self._part(stack, item, sum(source.size for source, _ in parts)))
                if row["schema_url"] is not None:
                    sha256 = parts[0][1].sha256
                    await store.write_schema(self._context.db, claim.id, claim.fence, sha256)
                key = self._report_key(row, parts)
                if key is not None and not row["fresh"] and await self._end_with_stored(claim, row, key):
                    return
                verdict = await self._judge(claim, row, parts)
        except Problem as problem:
            if problem.status >= 500:
                # Ours, and perhaps gone in a moment (storage away or full): it says nothing of the file.
                raise
            await self._end_without(claim, problem, parts if row["resources"] is None else [])
            return
        await self._end_with(claim, row, parts, verdict, key)

    async def gave_up(self, session: AsyncSession, validation_id: UUID) -> None:
        """Write that a validation failed at every attempt."""
        problem = ValidationGivenUp.after(self._table.max_attempts)
        await operations.end_without_verdict(session, validation_id, problem)

    async def _end_with(
        self, claim: Claim, row: Mapping[str, Any], parts: list[Part], verdict: Verdict, key: str | None
    ) -> None:
        package = row["resources"] is not None
        async with self._context.db.transaction() as session:
            if not await self._table.settle(session, claim, "done"):
                return
            for _, descriptor in parts:
                await descriptors_store.keep(session, descriptor)
            await operations.end_with_verdict(
                session,
                claim.id,
                verdict,
                sha256=None if package else parts[0][0].sha256,
                size=sum(source.size for source, _ in parts),
                schema_sha256=None if package else parts[0][1].sha256,
                resources=_judged(row["resources"], parts, verdict) if package else None,
                report_key=key,
            )

    def _report_key(self, row: Mapping[str, Any], parts: list[Part]) -> str | None:
        if row["resources"] is not None:
            return None
        [(source, descriptor)] = parts
        return reuse.report_key(self._context, row["filename"], source.sha256, descriptor, row["options"])

    async def _end_with_stored(self, claim: Claim, row: Mapping[str, Any], key: str) -> bool:
        """End with the stored report of an equal validation; False when there is none."""
        if not await reuse.is_stored(self._context, row["caller"], key):
            return False
        async with self._context.db.transaction() as session:
            if not await self._table.settle(session, claim, "done"):
                return True
            if await reuse.end_with_stored(session, claim.id, row["caller"], key):
                return True
            # Deleted since we looked.
            await session.rollback()
        return False

    async def _end_without(self, claim: Claim, problem: Problem, parts: list[Part]) -> None:
        async with self._context.db.transaction() as session:
            if await self._table.settle(session, claim, "failed"):
                await operations.end_without_verdict(
                    session,
                    claim.id,
                    problem,
                    sha256=parts[0][0].sha256 if parts else None,
                    size=parts[0][0].size if parts else None,
                )

    async def _judge(self, claim: Claim, row: Mapping[str, Any], parts: list[Part]) -> Verdict:
        options = {"samples": self._context.settings.validation_samples, **row["options"]}
        if row["resources"] is None:
            [(source, descriptor)] = parts
            judge = partial(
                self._children.call, judge_file, str(source.path), row["filename"], descriptor.body, options
            )
        else:
            files = [
                PackageFile(item["name"], str(source.path), item["filename"], descriptor.body)
                for item, (source, descriptor) in zip(row["resources"], parts, strict=True)
            ]
            judge = partial(self._children.call, judge_package, row["filename"], files, options)
        try:
            async with self._telling(claim) as tell:
                return await judge(on_message=tell)
        except ChildDied as error:
            raise FileTooComplex.because(error.reason) from error

    @asynccontextmanager
    async def _telling(self, claim: Claim) -> AsyncIterator[Any]:
        """Give what a process tells its progress to, from its thread; it is written every now and then."""
        latest: dict[str, Any] = {}

        async def write() -> None:
            written: dict[str, Any] = {}
            while True:
                await asyncio.sleep(self._context.settings.validation_progress_seconds)
                if latest != written:
                    written = dict(latest)
                    try:
                        await store.write_progress(self._context.db, claim.id, claim.fence, written)
                    except Exception as error:
                        # What is missed is told by the next note, or by the end.
                        logger.warning("progress not written", error=type(error).__name__)

        writing = asyncio.create_task(write())
        try:
            yield latest.update
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    async def _part(self, stack: AsyncExitStack, item: Mapping[str, Any], already: int) -> Part:
        """Give a file as a local path, with its descriptor; `already` bytes were taken by others of its package."""
        schema = SchemaAsked(
            item["schema_name"], item["schema_version"], item["schema_url"], item["schema_sha256"]
        )
        descriptor = await descriptors.used(self._context, schema)
        return await stack.enter_async_context(self._source(item, already)), descriptor

    @asynccontextmanager
    async def _source(self, item: Mapping[str, Any], already: int) -> AsyncIterator[Downloaded]:
        """Give the file as a local path: the one in the storage, or a copy fetched from its address."""
        if item["storage_key"] is not None:
            if not await self._context.storage.exists(item["storage_key"]):
                raise SourceGone.of(item["filename"])
            async with self._context.storage.local_path(item["storage_key"]) as path:
                known = item["sha256"] is not None
                yield Downloaded(path, item["sha256"], item["size"]) if known else await Downloaded.of(path)
            return
        async with temporary_file() as path:
            yield await self._fetch(item["source_url"], path, already)

    async def _fetch(self, url: str, path: Path, already: int) -> Downloaded:
        limit = max(1, self._context.settings.validation_max_upload_bytes - already)
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


def _judged(resources: list[dict[str, Any]], parts: list[Part], verdict: Verdict) -> list[dict[str, Any]]:
    """Return the files of a package with what was used and found for each."""
    return [
        {
            **item,
            "sha256": source.sha256,
            "size": source.size,
            "schema_sha256": descriptor.sha256,
            **asdict(tally),
        }
        for item, (source, descriptor), tally in zip(resources, parts, verdict.files, strict=True)
    ]
