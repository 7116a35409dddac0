"""Brings in CSV files: kept first, then taken batch by batch in one transaction, with a report on each line."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.domain.csv_lines import Line, UnreadableFile, read_lines
from services.directory.domain.imports import COLUMNS, Outcome
from services.directory.domain.problems import NotListed
from services.directory.operations.context import DirectoryProcess
from services.directory.operations.import_lines import Taken, take
from services.directory.operations.rights import MODERATE, WRITE, moderates, require_writer
from services.directory.store import imports as store
from services.directory.tables import BatchImport
from shared import idempotency
from shared.auth import Caller
from shared.clock import now
from shared.db import OutcomeUnknown
from shared.ids import made_at, new_id
from shared.messaging.work import Claim, WorkTable
from shared.observability.logging import current_request_id
from shared.problems import PayloadTooLarge
from shared.storage import Stored
from shared.uploads import file_label

PATH = "/directory/v1/imports"
FILES = "directory/imports"
KIND = "import"
BATCH = 500
ORPHAN_AGE = timedelta(days=1)


async def receive(
    context: DirectoryProcess,
    chunks: AsyncIterator[bytes],
    *,
    resource: str,
    filename: str,
    dry_run: bool,
    caller: Caller,
    key: str | None,
) -> UUID:
    """Keep a file to bring in and return its id; a worker takes it from there.

    Raises `Unauthenticated`, `Forbidden`, `PayloadTooLarge`, `StorageFull`, `IdempotencyKeyReused`.
    """
    require_writer(caller)
    import_id = new_id()
    stored = await _keep(context, import_id, chunks)
    try:
        async with context.db.transaction() as session:
            found = await _register(session, import_id, stored, resource, filename, dry_run, caller, key)
    except OutcomeUnknown:
        # It may be registered: the file stays, and is removed within a day if it is not.
        raise
    except BaseException:
        await context.storage.delete(stored.key)
        raise
    if found != import_id:
        await context.storage.delete(stored.key)
    await context.queue.ring_work("directory", KIND)
    return found


async def _keep(context: DirectoryProcess, import_id: UUID, chunks: AsyncIterator[bytes]) -> Stored:
    limit = context.settings.directory_max_import_bytes
    try:
        return await context.storage.put(f"{FILES}/{import_id}", chunks, max_bytes=limit)
    except PayloadTooLarge as error:
        raise PayloadTooLarge(
            fr=f"Le fichier dépasse {limit} octets : découpez-le, la ligne d'en-tête en tête de chaque partie.",
            en=f"The file exceeds {limit} bytes: split it, the header line first in each part.",
        ) from error


async def _register(
    session: AsyncSession,
    import_id: UUID,
    stored: Stored,
    resource: str,
    filename: str,
    dry_run: bool,
    caller: Caller,
    key: str | None,
) -> UUID:
    replayed = await idempotency.claim(
        session,
        caller=caller.name,
        key=key,
        request_fingerprint=idempotency.fingerprint("import", resource, dry_run, stored.sha256),
        resource_id=import_id,
    )
    if replayed is not None:
        return replayed
    row = BatchImport(
        id=import_id,
        resource=resource,
        filename=file_label(filename),
        storage_key=stored.key,
        dry_run=dry_run,
        author=caller.name,
        author_siren=caller.owner_siren,
        trusted=moderates(caller),
        request_id=current_request_id(),
        created_at=now(),
    )
    await store.add(session, row)
    return import_id


async def find(context: DirectoryProcess, import_id: UUID, *, caller: Caller) -> dict[str, Any]:
    """Return how far a file is (see `schemas.imports.ImportView`); raises `NotListed` for another's."""
    require_writer(caller)
    row = await store.get(context.db, import_id)
    if row is None or not (moderates(caller) or row["author"] == caller.name):
        raise NotListed.for_writing("import", "import", import_id)
    names = ("id", "resource", "filename", "dry_run", "state", "accepted", "unchanged", "refused", "problem")
    return {
        **{name: row[name] for name in names},
        "detail": row["problem_fr"],
        "detail_en": row["problem_en"],
        "created_at": row["created_at"],
        "finished_at": row["finished_at"],
        "links": {"lines": context.link(f"{PATH}/{import_id}/lines")},
        "self": context.link(f"{PATH}/{import_id}"),
    }


def shown_line(context: DirectoryProcess, row: dict[str, Any]) -> dict[str, Any]:
    """Return what became of a line as the API shows it."""
    return {
        "line": row["line"],
        "outcome": row["outcome"],
        "slug": row["slug"],
        "message": row["fr"],
        "message_en": row["en"],
        "subject": context.link(row["subject"]) if row["subject"] else None,
    }


class ImportJobs:
    """Brings in the files that the worker claims."""

    def __init__(self, context: DirectoryProcess, table: WorkTable) -> None:
        self._context = context
        self._table = table

    async def run(self, claim: Claim) -> None:
        """Take every line of a file in one transaction, which is undone at the end of a dry run."""
        row = await store.get(self._context.db, claim.id)
        assert row is not None
        try:
            settled = await self._take_all(claim, row)
        except UnreadableFile as unreadable:
            async with self._context.db.transaction() as session:
                settled = await self._table.settle(session, claim, "failed")
                if settled:
                    await self._fail(session, claim.id, unreadable)
        if not settled:
            # Another worker has it, and needs the file.
            return
        await self._context.storage.delete(row["storage_key"])
        await store.forget_file(self._context.db, claim.id)

    async def gave_up(self, session: AsyncSession, import_id: UUID) -> None:
        """Write that a file could not be brought in at any attempt."""
        why = UnreadableFile(
            "import-given-up",
            "L'import a échoué à chaque essai : renvoyez le fichier, et prévenez l'exploitant si cela persiste.",
            "The import failed at every attempt: send the file again, and tell the operator if it persists.",
        )
        await self._fail(session, import_id, why)

    async def _take_all(self, claim: Claim, row: dict[str, Any]) -> bool:
        caller, dry_run = _author(row), row["dry_run"]
        report: list[tuple[int, Taken]] = []
        async with self._context.db.transaction() as session:
            await store.hold_imports(session)
            async for lines in self._batches(row):
                taken = await take(session, row["resource"], lines, caller)
                report.extend(zip((line.number for line in lines), taken, strict=True))
            if dry_run:
                await session.rollback()
            if not await self._table.settle(session, claim, "done"):
                await session.rollback()
                return False
            counts = Counter(taken.outcome for _, taken in report)
            await store.finish(
                session,
                claim.id,
                {outcome.value: counts[outcome] for outcome in Outcome},
                (_line(claim.id, number, taken, dry_run=dry_run) for number, taken in report),
                now(),
            )
        return True

    async def _batches(self, row: dict[str, Any]) -> AsyncIterator[list[Line]]:
        """Yield the lines of a file, some at a time; raises `UnreadableFile`."""
        async with self._context.storage.local_path(row["storage_key"]) as path:
            data = await asyncio.to_thread(path.read_bytes)
        columns = COLUMNS[row["resource"]]
        lines = read_lines(data, columns, most=self._context.settings.directory_max_import_lines)
        while batch := await asyncio.to_thread(lambda: list(islice(lines, BATCH))):
            yield batch

    @staticmethod
    async def _fail(session: AsyncSession, import_id: UUID, why: UnreadableFile) -> None:
        await store.fail(session, import_id, slug=why.slug, fr=why.fr, en=why.en, moment=now())


async def remove_orphan_files(context: DirectoryProcess) -> None:
    """Remove files older than a day whose import is over or was never registered."""
    keys = {UUID(key.split("/")[-1]): key async for key in context.storage.list(FILES)}
    limit = now() - ORPHAN_AGE
    for import_id, key in keys.items():
        if made_at(import_id) < limit:
            row = await store.get(context.db, import_id)
            if row is None or row["state"] in ("done", "failed"):
                await context.storage.delete(key)


def _line(import_id: UUID, number: int, taken: Taken, *, dry_run: bool) -> dict[str, Any]:
    # What a dry run made is gone: its address would lead nowhere.
    kept = taken.subject if not (dry_run and taken.outcome is Outcome.ACCEPTED) else None
    return {
        "import_id": import_id,
        "line": number,
        "outcome": taken.outcome.value,
        "slug": taken.slug,
        "fr": taken.fr,
        "en": taken.en,
        "subject": kept,
    }


def _author(row: dict[str, Any]) -> Caller:
    scopes = frozenset({WRITE, MODERATE} if row["trusted"] else {WRITE})
    return Caller(row["author"].partition(":")[2], scopes, row["author_siren"], "")
