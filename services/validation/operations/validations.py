"""Validations: their end, how they are found, waited for and shown. Operations never commit."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.domain import reports as documents
from services.validation.domain.problems import ValidationNotFound
from services.validation.domain.states import ended
from services.validation.domain.verdict import Verdict
from services.validation.operations import schedule_verdicts
from services.validation.operations.context import ValidationContext
from services.validation.store import reports
from services.validation.store import validations as store
from shared.auth import Caller
from shared.changes.log import record_change
from shared.clock import now
from shared.contracts.validation import ValidationCompleted
from shared.messaging.outbox import emit
from shared.problems import PROBLEM_TYPE_PREFIX, Problem
from shared.webhooks import operations as webhooks

KIND = "validation"
COMPLETED = "validation.completed"


def rate_of(context: ValidationContext, caller: Caller) -> str:
    """Return how many validations a caller may ask, as a rule of `shared.ratelimit`."""
    settings = context.settings
    return settings.validation_rate_anonymous if caller.key_id is None else settings.validation_rate_key


async def end_with_verdict(
    session: AsyncSession,
    validation_id: UUID,
    verdict: Verdict,
    *,
    sha256: str | None,
    size: int,
    schema_sha256: str | None,
    resources: list[dict[str, Any]] | None = None,
    report_key: str | None = None,
) -> None:
    """Write the verdict of a validation just settled, and tell it; for a package, each file with its outcome."""
    row = await store.write_verdict(
        session,
        validation_id,
        verdict,
        sha256=sha256,
        size=size,
        schema_sha256=schema_sha256,
        resources=resources,
        report_key=report_key,
        moment=now(),
    )
    await _tell(session, row)


async def end_with_report_of(session: AsyncSession, validation_id: UUID, found: UUID) -> None:
    """End a validation with the verdict and the report of another, and tell it."""
    await _tell(session, await reports.copy(session, validation_id, found, now()))


async def end_without_verdict(
    session: AsyncSession,
    validation_id: UUID,
    problem: Problem,
    *,
    sha256: str | None = None,
    size: int | None = None,
) -> None:
    """Write why a validation just settled has no verdict, and tell it."""
    row = await store.write_problem(
        session, validation_id, problem.body(), sha256=sha256, size=size, moment=now()
    )
    await _tell(session, row)


async def _tell(session: AsyncSession, row: dict[str, Any]) -> None:
    problem = row["problem"]
    await emit(
        session,
        ValidationCompleted(
            validation_id=row["id"],
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
    if row["schedule_id"] is not None:
        await schedule_verdicts.note(session, row)
    await _tell_webhooks(session, row)
    await store.tell_ended(session, row["id"])


async def _tell_webhooks(session: AsyncSession, row: dict[str, Any]) -> None:
    # Most validations are nobody's news: a change is recorded where somebody waits for it.
    if not await webhooks.awaited(session, row["caller"], COMPLETED, row["id"]):
        return
    told = ("state", "outcome", "filename", "source_url", "schema_name", "schema_version", "sha256")
    counts = ("rows", "errors", "warnings", "problem")
    data = {name: row[name] for name in (*told, *counts)}
    await record_change(session, COMPLETED, row["id"], data, audience=row["caller"])


async def ring(context: ValidationContext) -> None:
    """Wake a worker: to be called after the commit."""
    await context.queue.ring_work("validation", KIND)


async def find(context: ValidationContext, validation_id: UUID) -> dict[str, Any]:
    """Return a validation's columns; raises `ValidationNotFound`."""
    found = await store.get(context.db, validation_id)
    if found is None:
        raise ValidationNotFound.of(validation_id)
    return found


async def page(
    context: ValidationContext,
    owner: str,
    *,
    before: UUID | None,
    limit: int,
    schema: str | None,
    state: str | None,
    outcome: str | None,
) -> list[dict[str, Any]]:
    """Return an owner's validations, the newest first; `schema` is a name or `name@version`."""
    name, _, version = (schema or "").partition("@")
    return await store.page(
        context.db,
        owner,
        before=before,
        limit=limit,
        schema=(name, version or None) if schema else None,
        state=state,
        outcome=outcome,
    )


async def wait_ended(context: ValidationContext, validation_id: UUID, seconds: float) -> dict[str, Any]:
    """Return a validation as soon as it has ended, or as it is after `seconds`."""
    told = asyncio.Event()

    def heard(payload: str | None) -> None:
        if payload is None or payload == str(validation_id):
            told.set()

    deadline = asyncio.get_running_loop().time() + seconds
    async with context.listener.hearing(store.ENDED_CHANNEL, heard):
        while True:
            told.clear()
            found = await find(context, validation_id)
            left = deadline - asyncio.get_running_loop().time()
            if ended(found["state"]) or found["state"] == "awaiting" or left <= 0:
                return found
            try:
                # Looking again now and then covers a notification lost with its connection.
                async with asyncio.timeout(min(left, 1.0)):
                    await told.wait()
            except TimeoutError:
                continue


async def report(context: ValidationContext, validation_id: UUID) -> orjson.Fragment | None:
    """Return the report of a validation, as a part of a JSON document to write, or None when it has none."""
    stored = await reports.get(context.db, validation_id)
    return None if stored is None else orjson.Fragment(await unpacked(stored))


async def unpacked(stored: bytes) -> bytes:
    """Return the JSON of a stored report; a large one does not hold up the other requests."""
    if not documents.is_large(stored):
        return documents.unpacked(stored)
    return await asyncio.to_thread(documents.unpacked, stored)


def view(context: ValidationContext, row: dict[str, Any]) -> dict[str, Any]:
    """Return a validation as the API shows it (see `schemas.validations.ValidationView`)."""
    done = row["state"] == "done"
    return {
        "id": row["id"],
        "state": row["state"],
        "outcome": row["outcome"],
        "private": row["private"],
        "created_at": row["created_at"],
        "started_at": row["started_at"],
        "finished_at": row["finished_at"],
        "source": _source(row),
        "schema": _schema(row),
        "engine_version": row["engine_version"],
        "reused_from": row["reused_from"],
        "progress": row["progress"] if row["state"] == "running" else None,
        "stats": _stats(row) if done else None,
        "problem": row["problem"],
        "resources": None if row["resources"] is None else [_resource(item) for item in row["resources"]],
        "links": _links(context, row),
    }


# The forms of a report: what their link is called, and the end of their address.
_REPORTS = {
    "report": "",
    "report_errors": "/errors",
    "report_html": ".html",
    "report_csv": ".csv",
    "report_txt": ".txt",
    "report_sarif": ".sarif",
    "report_junit": ".junit.xml",
}


def _links(context: ValidationContext, row: Mapping[str, Any]) -> dict[str, str | None]:
    link = context.link(f"/validation/v1/validations/{row['id']}")
    done = row["state"] == "done"
    shown = done and row["resources"] is None and row["storage_key"] is not None
    return {
        "self": link,
        **{name: f"{link}/report{end}" if done else None for name, end in _REPORTS.items()},
        "report_xlsx": f"{link}/report.xlsx" if shown else None,
        "events": f"{link}/events",
        "content": f"{link}/content" if row["state"] == "awaiting" else None,
        "schema": f"{link}/schema" if row["schema_sha256"] is not None else None,
    }


def _source(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "filename": row["filename"],
        "url": row["source_url"],
        "size": row["size"],
        "sha256": row["sha256"],
    }


def _schema(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": row["schema_name"], "version": row["schema_version"], "sha256": row["schema_sha256"]}


def _stats(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("rows", "errors", "warnings")}


def _resource(item: Mapping[str, Any]) -> dict[str, Any]:
    judged = "outcome" in item
    return {
        "name": item["name"],
        "outcome": item.get("outcome"),
        "source": _source(item),
        "schema": _schema(item),
        "stats": _stats(item) if judged else None,
    }
