"""One turn of a schedule: ask for the file conditionally, and have it validated when it is not the one of before."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.domain.descriptors import SchemaAsked
from services.validation.domain.problems import ValidationGivenUp
from services.validation.domain.registry import SchemaChoice
from services.validation.operations import schedule_verdicts, uploads
from services.validation.operations.context import ValidationContext
from services.validation.operations.submissions import queue_for_schedule, uploaded
from services.validation.operations.validations import ring
from services.validation.store import schedules as store
from services.validation.tables import Schedule
from shared.clock import now
from shared.http import Incoming
from shared.messaging.work import Claim, WorkTable
from shared.problems import Problem
from shared.storage import Stored
from shared.uploads import file_label

# What a server says of its document is kept when it is of a reasonable length.
LONGEST_TAG = 500


class ScheduleTurns:
    """Performs the turns that the worker claims."""

    def __init__(self, context: ValidationContext, table: WorkTable) -> None:
        self._context = context
        self._table = table

    async def run(self, claim: Claim) -> None:
        """Perform one claimed turn, and settle it with what came of it."""
        row = await store.schedule_of(self._context.db, claim.id)
        if row is None:
            return
        try:
            schema = self._context.registry.choose(row["schema_reference"])
            # Another version of the schema may say otherwise of the same file.
            same_schema = (schema.name, schema.version) == (row["schema_name"], row["schema_version"])
            known = row["sha256"] if same_schema else None
            async with self._asked(row, conditional=known is not None) as incoming:
                stored = None if incoming.not_modified else await self._keep(incoming)
        except Problem as problem:
            if problem.status >= 500:
                # Ours, and perhaps gone in a moment: it says nothing of the file.
                raise
            await self._end_failed(claim, problem)
            return
        if stored is not None and stored.sha256 != known:
            await self._end_validated(claim, row, schema, incoming, stored)
        else:
            await self._end_unchanged(claim, incoming)
            await self._discard(stored)

    async def gave_up(self, session: AsyncSession, run_id: UUID) -> None:
        """Write that a turn failed at every attempt."""
        await self._fail(session, run_id, ValidationGivenUp.after(self._table.max_attempts))

    @asynccontextmanager
    async def _asked(self, row: Mapping[str, Any], *, conditional: bool) -> AsyncIterator[Incoming]:
        conditions = {"if-none-match": row["etag"], "if-modified-since": row["last_modified"]}
        limit = self._context.settings.validation_max_upload_bytes
        headers = {name: value for name, value in conditions.items() if value} if conditional else {}
        async with self._context.http.stream(
            row["url"], max_bytes=limit, headers=headers, refuse_html=True
        ) as incoming:
            yield incoming

    async def _keep(self, incoming: Incoming) -> Stored:
        return await uploads.keep(self._context, uploads.new_key(), aiter(incoming))

    async def _discard(self, stored: Stored | None) -> None:
        if stored is not None:
            await uploads.remove(self._context, [stored.key])

    async def _end_validated(
        self,
        claim: Claim,
        row: Mapping[str, Any],
        schema: SchemaChoice,
        incoming: Incoming,
        stored: Stored,
    ) -> None:
        name = file_label(unquote(urlsplit(row["url"]).path)) or "fichier"
        asked = SchemaAsked(schema.name, schema.version)
        submission = uploaded(name, stored, schema=asked, url=row["url"])
        async with self._context.db.transaction() as session:
            settled = await self._table.settle(session, claim, "done")
            schedule = await store.hold(session, row["id"]) if settled else None
            if schedule is not None:
                await queue_for_schedule(session, submission, schedule)
                await store.end_run(session, claim.id, "validated", now(), validation_id=submission.id)
                if schedule.url == row["url"]:
                    _remember(schedule, incoming)
                    schedule.sha256 = stored.sha256
                    schedule.schema_name, schedule.schema_version = schema.name, schema.version
        if schedule is None:
            await self._discard(stored)
        else:
            await ring(self._context)

    async def _end_unchanged(self, claim: Claim, incoming: Incoming) -> None:
        async with self._context.db.transaction() as session:
            if await self._table.settle(session, claim, "done"):
                schedule_id = await store.end_run(session, claim.id, "unchanged", now())
                schedule = await store.hold(session, schedule_id) if schedule_id else None
                if schedule is not None:
                    schedule.failures = 0
                    _remember(schedule, incoming)

    async def _end_failed(self, claim: Claim, problem: Problem) -> None:
        async with self._context.db.transaction() as session:
            if await self._table.settle(session, claim, "failed"):
                await self._fail(session, claim.id, problem)

    async def _fail(self, session: AsyncSession, run_id: UUID, problem: Problem) -> None:
        told = schedule_verdicts.told(problem)
        schedule_id = await store.end_run(session, run_id, "failed", now(), problem=told)
        schedule = await store.hold(session, schedule_id) if schedule_id else None
        if schedule is not None:
            await schedule_verdicts.fail(session, schedule, told, now())


def _remember(schedule: Schedule, incoming: Incoming) -> None:
    """Keep what makes the next request conditional; a 304 need not repeat it (RFC 9110, section 15.4.5)."""
    etag, last_modified = (_sane(incoming.headers.get(name)) for name in ("etag", "last-modified"))
    if not incoming.not_modified or etag or last_modified:
        schedule.etag, schedule.last_modified = etag, last_modified


def _sane(value: str | None) -> str | None:
    return value if value and len(value) <= LONGEST_TAG and value.isascii() and value.isprintable() else None
