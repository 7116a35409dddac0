"""Take a file, give back a verdict. Operations never commit."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.domain import registry
from services.validation.domain.problems import EmptyFile, UnknownSchema, UploadTooLarge, ValidationNotFound
from services.validation.domain.registry import SchemaChoice
from services.validation.domain.verdict import Verdict
from services.validation.operations.context import ValidationContext
from services.validation.store import validations as store
from services.validation.tables import Validation
from shared import idempotency
from shared.auth import Caller
from shared.clock import now
from shared.contracts.catalog import ResourceRegistered
from shared.contracts.validation import ValidationCompleted
from shared.ids import new_id
from shared.messaging.outbox import emit
from shared.messaging.worker import ring_work
from shared.observability.logging import current_request_id
from shared.problems import PROBLEM_TYPE_PREFIX, PayloadTooLarge, Problem

KIND = "validation"
UPLOADS = "validation/uploads"


@dataclass(frozen=True, slots=True)
class Submission:
    """A file to validate, already durable (uploaded) or to be fetched (URL)."""

    id: UUID
    filename: str
    schema: SchemaChoice
    storage_key: str | None = None
    url: str | None = None
    sha256: str | None = None
    size: int | None = None


NO_SCHEMA = SchemaChoice("", None)


def check_size(context: ValidationContext, size: int) -> None:
    """Raise `UploadTooLarge` for a size, in bytes, that no upload may have."""
    if size > (limit := context.settings.validation_max_upload_bytes):
        raise UploadTooLarge.past(limit)


def rate_of(context: ValidationContext, caller: Caller) -> str:
    """Return how many validations a caller may ask, as a rule of `shared.ratelimit`."""
    settings = context.settings
    return settings.validation_rate_anonymous if caller.key_id is None else settings.validation_rate_key


async def keep_upload(context: ValidationContext, filename: str, chunks: AsyncIterator[bytes]) -> Submission:
    """Stream an uploaded file to the storage; it has no schema yet.

    Raises `UploadTooLarge`, `EmptyFile`, `StorageFull`: nothing is left behind then.
    """
    validation_id = new_id()
    key = f"{UPLOADS}/{validation_id}"
    limit = context.settings.validation_max_upload_bytes
    try:
        stored = await context.storage.put(key, chunks, max_bytes=limit)
    except PayloadTooLarge as error:
        raise UploadTooLarge.past(limit) from error
    if stored.size == 0:
        await context.storage.delete(key)
        raise EmptyFile(
            fr="Le fichier reçu ne contient aucun octet : vérifiez l'export puis renvoyez-le.",
            en="The file received holds no byte: check the export, then send it again.",
        )
    return Submission(
        validation_id, filename, NO_SCHEMA, storage_key=key, sha256=stored.sha256, size=stored.size
    )


def with_schema(submission: Submission, reference: str) -> Submission:
    """Return the submission with its schema chosen; raises `UnknownSchema`."""
    return replace(submission, schema=registry.choose(reference))


async def submit(
    session: AsyncSession, submission: Submission, *, caller: str, idempotency_key: str | None
) -> UUID:
    """Queue a validation and return its id; an equal request made before with the same key gives its id.

    Raises `IdempotencyKeyReused`.
    """
    existing = await idempotency.claim(
        session,
        caller=caller,
        key=idempotency_key,
        request_fingerprint=idempotency.fingerprint(
            submission.schema.name, submission.schema.version, submission.url or "", submission.sha256 or ""
        ),
        resource_id=submission.id,
    )
    if existing is not None:
        return existing
    await store.add(session, _row(submission, caller))
    return submission.id


def _row(submission: Submission, caller: str) -> Validation:
    return Validation(
        id=submission.id,
        caller=caller,
        filename=submission.filename,
        source_url=submission.url,
        storage_key=submission.storage_key,
        owns_storage=submission.storage_key is not None,
        sha256=submission.sha256,
        size=submission.size,
        schema_name=submission.schema.name,
        schema_version=submission.schema.version,
        request_id=current_request_id(),
        created_at=now(),
    )


async def validate_resource(session: AsyncSession, event: ResourceRegistered) -> None:
    """Queue the validation of a catalog's resource; a schema that is not known here is told back as a problem."""
    reference = f"{event.schema_name}@{event.schema_version}" if event.schema_version else event.schema_name
    refused: UnknownSchema | None = None
    try:
        choice = registry.choose(reference)
    except UnknownSchema as problem:
        refused = problem
        choice = SchemaChoice(event.schema_name, event.schema_version)
    validation = _row(
        Submission(new_id(), event.filename, choice, storage_key=event.storage_key, url=event.url),
        caller="catalog",
    )
    validation.owns_storage = False
    validation.resource_id = event.resource_id
    validation.resource_revision = event.revision
    if refused is not None:
        validation.state = "failed"
    await store.add(session, validation)
    if refused is not None:
        await end_without_verdict(session, validation.id, refused)


async def end_with_verdict(
    session: AsyncSession, validation_id: UUID, verdict: Verdict, *, sha256: str, size: int
) -> None:
    """Write the verdict of a validation just settled, and tell it."""
    await store.write_verdict(session, validation_id, verdict, sha256=sha256, size=size, moment=now())
    await _tell(session, validation_id)


async def end_without_verdict(
    session: AsyncSession,
    validation_id: UUID,
    problem: Problem,
    *,
    sha256: str | None = None,
    size: int | None = None,
) -> None:
    """Write why a validation just settled has no verdict, and tell it."""
    await store.write_problem(session, validation_id, problem.body(), sha256=sha256, size=size, moment=now())
    await _tell(session, validation_id)


async def _tell(session: AsyncSession, validation_id: UUID) -> None:
    row = await store.for_event(session, validation_id)
    problem = row["problem"]
    await emit(
        session,
        ValidationCompleted(
            validation_id=validation_id,
            outcome=row["outcome"] or "error",
            schema_name=row["schema_name"],
            schema_version=row["schema_version"],
            checksum=row["sha256"],
            size=row["size"],
            rows=row["rows"],
            errors=row["errors"],
            warnings=row["warnings"],
            problem=None if problem is None else str(problem["type"]).removeprefix(PROBLEM_TYPE_PREFIX),
            finished_at=row["finished_at"],
            resource_id=row["resource_id"],
            resource_revision=row["resource_revision"],
        ),
    )
    await store.tell_ended(session, validation_id)


async def ring(context: ValidationContext, validation_id: UUID) -> None:
    """Wake a worker: to be called after the commit."""
    await ring_work(context.queue, "validation", KIND, validation_id)


async def find(context: ValidationContext, validation_id: UUID) -> dict[str, Any]:
    """Return a validation's columns; raises `ValidationNotFound`."""
    found = await store.get(context.db, validation_id)
    if found is None:
        raise ValidationNotFound.of(validation_id)
    return found


async def wait_ended(context: ValidationContext, validation_id: UUID, seconds: float) -> dict[str, Any]:
    """Return a validation as soon as it has ended, or as it is after `seconds`."""
    ended = asyncio.Event()

    def heard(payload: str | None) -> None:
        if payload is None or payload == str(validation_id):
            ended.set()

    deadline = asyncio.get_running_loop().time() + seconds
    async with context.listener.hearing(store.ENDED_CHANNEL, heard):
        while True:
            ended.clear()
            found = await find(context, validation_id)
            left = deadline - asyncio.get_running_loop().time()
            if found["state"] not in ("queued", "running") or left <= 0:
                return found
            try:
                # Looking again now and then covers a notification lost with its connection.
                async with asyncio.timeout(min(left, 1.0)):
                    await ended.wait()
            except TimeoutError:
                continue


async def report(context: ValidationContext, validation_id: UUID) -> dict[str, Any] | None:
    """Return the report of a validation, or None when it has none."""
    body = await store.get_report(context.db, validation_id)
    if body is None:
        return None
    document: dict[str, Any] = orjson.loads(gzip.decompress(body))
    return document


async def discard_upload(context: ValidationContext, submission: Submission) -> None:
    """Remove the file of a submission that became no validation."""
    if submission.storage_key is not None:
        await context.storage.delete(submission.storage_key)


def view(context: ValidationContext, row: dict[str, Any]) -> dict[str, Any]:
    """Return a validation as the API shows it (see `schemas.ValidationView`)."""
    link = context.link(f"/validation/v1/validations/{row['id']}")
    done = row["state"] == "done"
    return {
        "id": row["id"],
        "state": row["state"],
        "outcome": row["outcome"],
        "created_at": row["created_at"],
        "started_at": row["started_at"],
        "finished_at": row["finished_at"],
        "source": {
            "filename": row["filename"],
            "url": row["source_url"],
            "size": row["size"],
            "sha256": row["sha256"],
        },
        "schema": {"name": row["schema_name"], "version": row["schema_version"]},
        "engine_version": row["engine_version"],
        "stats": {name: row[name] for name in ("rows", "errors", "warnings")} if done else None,
        "problem": row["problem"],
        "links": {"self": link, "report": f"{link}/report" if done else None},
    }
