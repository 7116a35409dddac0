"""Looks at the runs that a request for a label names: the stored rows, the stored reports, the files held."""

import asyncio
import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.validation.domain.labels import criteria
from services.validation.domain.labels.coverage import Counted, count_file
from services.validation.domain.labels.criteria import Asked, Unmet
from services.validation.domain.labels.refusals import LabelRefused
from services.validation.domain.problems import FileTooComplex
from services.validation.engine.child import ChildDied
from services.validation.operations import descriptors
from services.validation.operations.context import ValidationContext
from services.validation.schemas.labels import RunInput
from services.validation.store import reports as reports_store
from services.validation.store import validations as validations_store
from shared.files import Downloaded


@dataclass(frozen=True, slots=True)
class Run:
    """A validation that meets the criteria, as far as it alone can tell."""

    id: UUID
    sha256: str
    report_sha256: str
    engine_version: str
    counted: Counted


async def gather(
    context: ValidationContext,
    named: Sequence[RunInput],
    schema: tuple[str, str],
    owner: str,
    moment: datetime,
) -> list[Run]:
    """Return the runs, in the order in which they are named; each meets the criteria.

    Nothing is taken from the client but which runs are meant: files are read again, in a limited process.
    Raises `LabelRefused` with every criterion that one of them does not meet, and `FileTooComplex`.
    """
    unmet = _latest_only(context, schema)
    runs: list[Run] = []
    for item in {item.validation: item for item in named}.values():
        found = await _look(context, item, schema, owner, moment)
        if isinstance(found, Run):
            runs.append(found)
        else:
            unmet.extend(found)
    if unmet:
        raise LabelRefused.for_want_of(unmet)
    return runs


def _latest_only(context: ValidationContext, schema: tuple[str, str]) -> list[Unmet]:
    name, version = schema
    latest = context.registry.latest(name).version
    if version == latest:
        return []
    return [
        criteria.SCHEMA.unmet(
            f"La version en vigueur de {name} est {latest}, et non {version} : validez l'export avec celle-là.",
            f"The version of {name} in force is {latest}, not {version}: validate the export against that one.",
        )
    ]


async def _look(
    context: ValidationContext, item: RunInput, schema: tuple[str, str], owner: str, moment: datetime
) -> Run | list[Unmet]:
    row = await validations_store.get(context.db, item.validation)
    if row is None:
        return [criteria.unknown_run(item.validation)]
    unmet = criteria.judge_run(row, Asked(*schema, sha256=item.sha256), owner, moment)
    stored = await reports_store.get(context.db, item.validation)
    if unmet or stored is None:
        return unmet or [criteria.unknown_run(item.validation)]
    found = await _count(context, row, stored)
    if not isinstance(found, Counted):
        return [found]
    unmet = criteria.judge_content(row["id"], found)
    if unmet:
        return unmet
    digest = await asyncio.to_thread(lambda: hashlib.sha256(gzip.decompress(stored)).hexdigest())
    return Run(row["id"], row["sha256"], digest, row["engine_version"], found)


async def _count(context: ValidationContext, row: dict[str, Any], stored: bytes) -> Counted | Unmet:
    """Return what the file of a run holds, or why that cannot be told."""
    key, run = row["storage_key"], row["id"]
    if key is None or not await context.storage.exists(key):
        return criteria.not_held(run, context.settings.validation_keep_upload_days)
    descriptor = await descriptors.explaining(context, row["schema_sha256"])
    assert descriptor is not None, "the descriptor of a report is kept with it"
    async with context.storage.local_path(key) as path:
        if (await Downloaded.of(path)).sha256 != row["sha256"]:
            return criteria.altered(run)
        try:
            counted = await context.writers.call(
                count_file, str(path), row["filename"], stored, descriptor, row["options"]
            )
        except ChildDied as error:
            raise FileTooComplex.because(error.reason) from error
    return criteria.altered(run) if counted is None else counted
