"""What is asked to be validated, from the request to the row. Operations never commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.domain.descriptors import NO_SCHEMA, PACKAGE, Descriptor, SchemaAsked
from services.validation.domain.ownership import new_token, owner_name, token_digest
from services.validation.domain.problems import UnknownSchema
from services.validation.operations import descriptors, reuse, uploads
from services.validation.operations.context import ValidationContext
from services.validation.operations.validations import COMPLETED, end_without_verdict
from services.validation.store import descriptors as descriptors_store
from services.validation.store import validations as store
from services.validation.store import withdrawals as rights_store
from services.validation.tables import Schedule, Validation
from shared import idempotency
from shared.auth import Caller
from shared.clock import now
from shared.contracts.catalog import ResourceRegistered
from shared.ids import new_id
from shared.observability.logging import current_request_id
from shared.storage import Stored
from shared.webhooks import operations as webhooks
from shared.webhooks.schemas import CallbackInput


@dataclass(frozen=True, slots=True)
class Submission:
    """A file to validate: already durable (uploaded), to be fetched (`url`), or still to come (neither).

    `descriptors` are the documents given as schemas. `resources` are the files of a package, each with its schema.
    """

    filename: str
    id: UUID = field(default_factory=new_id)
    schema: SchemaAsked = NO_SCHEMA
    storage_key: str | None = None
    url: str | None = None
    sha256: str | None = None
    size: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    private: bool = False
    descriptors: tuple[Descriptor, ...] = ()
    resources: tuple[dict[str, Any], ...] | None = None
    callback: CallbackInput | None = None
    fresh: bool = False
    report_key: str | None = None

    @property
    def awaits_content(self) -> bool:
        """Tell whether the file is still to come."""
        return self.storage_key is None and self.url is None and self.resources is None


def uploaded(filename: str, stored: Stored, **more: Any) -> Submission:
    """Return the submission of a file kept in the storage."""
    return Submission(filename, storage_key=stored.key, sha256=stored.sha256, size=stored.size, **more)


def resource(
    name: str, filename: str, schema: SchemaAsked, *, url: str | None = None, stored: Stored | None = None
) -> dict[str, Any]:
    """Return a file of a package, as its validation keeps it."""
    return {
        "name": name,
        "filename": filename,
        "source_url": url,
        "storage_key": stored.key if stored else None,
        "sha256": stored.sha256 if stored else None,
        "size": stored.size if stored else None,
        "schema_name": schema.name,
        "schema_version": schema.version,
        "schema_url": schema.url,
        "schema_sha256": schema.sha256,
    }


def package(name: str, resources: Sequence[dict[str, Any]], descriptors: Sequence[Descriptor]) -> Submission:
    """Return the submission of several files together."""
    kept = [item for item in resources if item["storage_key"] is not None]
    return Submission(
        name,
        schema=SchemaAsked(PACKAGE, None),
        # Says that there are files to remove one day; each resource names its own.
        storage_key=kept[0]["storage_key"] if kept else None,
        size=sum(item["size"] for item in kept) if kept else None,
        descriptors=tuple(descriptors),
        resources=tuple(resources),
    )


def _fingerprint(submission: Submission) -> str:
    schema = submission.schema
    parts: list[object] = [
        schema.name,
        schema.version,
        submission.url or "",
        submission.sha256 or "",
    ]
    more = {
        "schema": schema.sha256,
        "private": submission.private,
        "awaited": submission.filename if submission.awaits_content else None,
        "resources": [
            {**item, "storage_key": bool(item["storage_key"])} for item in submission.resources or ()
        ],
        "options": submission.options,
        "callback": submission.callback.url if submission.callback else None,
    }
    if any(more.values()):
        parts.append(orjson.dumps(more))
    return idempotency.fingerprint(*parts)


async def submit(
    session: AsyncSession, submission: Submission, *, caller: Caller, idempotency_key: str | None
) -> tuple[UUID, str | None]:
    """Queue a validation; return its id and, for a caller without a key, the token that allows to change it.

    An equal request made before with the same key gives its id. Raises `IdempotencyKeyReused`.
    """
    existing = await idempotency.claim(
        session,
        caller=caller.name,
        key=idempotency_key,
        request_fingerprint=_fingerprint(submission),
        resource_id=submission.id,
    )
    token = new_token() if caller.key_id is None else None
    if existing is not None:
        if token is not None:
            await rights_store.add_token(session, existing, token_digest(token))
        return existing, token
    for descriptor in submission.descriptors:
        await descriptors_store.keep(session, descriptor)
    row = _row(
        submission,
        caller.name,
        owner=owner_name(caller.key_id, caller.owner_siren),
        tokens=[] if token is None else [token_digest(token)],
    )
    await store.add(session, row)
    if submission.callback is not None:
        await webhooks.subscribe_once(
            session, submission.callback, owner=caller.name, event=COMPLETED, subject=submission.id
        )
    if submission.report_key is not None:
        await reuse.end_with_stored(session, submission.id, caller.name, submission.report_key)
    return submission.id, token


async def with_report_key(context: ValidationContext, submission: Submission, *, fresh: bool) -> Submission:
    """Return the submission with what tells equal ones, where it is known by now and a stored report will do."""
    schema = submission.schema
    if fresh or submission.sha256 is None or (schema.url is not None and schema.sha256 is None):
        return replace(submission, fresh=fresh)
    given = {descriptor.sha256: descriptor for descriptor in submission.descriptors}
    descriptor = given.get(schema.sha256 or "") or await descriptors.used(context, schema)
    options = dict(submission.options)
    key = reuse.report_key(context, submission.filename, submission.sha256, descriptor, options)
    return replace(submission, report_key=key)


def _row(
    submission: Submission, caller: str, *, owner: str | None = None, tokens: Sequence[bytes] = ()
) -> Validation:
    schema = submission.schema
    return Validation(
        id=submission.id,
        state="awaiting" if submission.awaits_content else "queued",
        caller=caller,
        owner=owner,
        # Given even when empty: a default made by a factory costs as much as the rest of the row.
        tokens=list(tokens),
        private=submission.private,
        filename=submission.filename,
        source_url=submission.url,
        storage_key=submission.storage_key,
        owns_storage=submission.storage_key is not None,
        sha256=submission.sha256,
        size=submission.size,
        schema_name=schema.name,
        schema_version=schema.version,
        schema_url=schema.url,
        schema_sha256=schema.sha256,
        resources=None if submission.resources is None else list(submission.resources),
        options=dict(submission.options),
        fresh=submission.fresh,
        request_id=current_request_id(),
        created_at=now(),
    )


async def discard(context: ValidationContext, submission: Submission) -> None:
    """Remove the files of a submission that became no validation."""
    files = {
        "storage_key": submission.storage_key,
        "owns_storage": True,
        "resources": submission.resources,
    }
    await uploads.remove(context, uploads.keys_of(files))


async def validate_resource(
    context: ValidationContext, session: AsyncSession, event: ResourceRegistered
) -> None:
    """Queue the validation of a catalog's resource; a schema that is not known here is told back as a problem."""
    reference = f"{event.schema_name}@{event.schema_version}" if event.schema_version else event.schema_name
    refused: UnknownSchema | None = None
    try:
        known = context.registry.choose(reference)
        schema = SchemaAsked(known.name, known.version)
    except UnknownSchema as problem:
        refused = problem
        schema = SchemaAsked(event.schema_name, event.schema_version)
    validation = _row(
        Submission(event.filename, schema=schema, storage_key=event.storage_key, url=event.url), "catalog"
    )
    validation.owns_storage = False
    validation.resource_id = event.resource_id
    validation.resource_revision = event.revision
    if refused is not None:
        validation.state = "failed"
    await store.add(session, validation)
    if refused is not None:
        await end_without_verdict(session, validation.id, refused)


async def queue_for_schedule(session: AsyncSession, submission: Submission, schedule: Schedule) -> None:
    """Queue a validation that a schedule asks for, in the name of its owner."""
    validation = _row(submission, schedule.caller, owner=schedule.owner)
    validation.schedule_id = schedule.id
    await store.add(session, validation)
