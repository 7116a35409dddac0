"""Following a validation as it goes: what those who listen to it are told."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from services.validation.domain.states import ended
from services.validation.operations.context import ValidationContext
from services.validation.operations.validations import view
from services.validation.store import validations as store

# A stream that lasts longer is ended: its client comes back, and goes on where it was.
LONGEST_SECONDS = 600.0
# The mark of the last event: whoever holds it has nothing more to learn.
END = "end"


@dataclass(frozen=True, slots=True)
class Update:
    """Something to tell: its kind (`progress`, `end`, `deleted`), a mark to resume after, the document."""

    kind: str
    mark: str
    document: dict[str, Any]


async def follow(
    context: ValidationContext, validation_id: UUID, after: str | None
) -> AsyncIterator[Update | None]:
    """Yield how a validation is now, then each change until its end; None as a sign of life.

    What bears the mark `after` was told already. A listener costs one read when it comes and one when the validation
    ends: the progress itself comes with the notifications, which one connection of the process hears.
    """
    told, look = asyncio.Event(), asyncio.Event()
    notes: list[dict[str, Any]] = []
    look.set()
    prefix = f"{validation_id} "

    def heard_progress(payload: str | None) -> None:
        if payload is None:
            look.set()
        elif payload.startswith(prefix):
            notes[:] = [orjson.loads(payload[len(prefix) :])]
        else:
            return
        told.set()

    def heard_end(payload: str | None) -> None:
        if payload is None or payload == str(validation_id):
            look.set()
            told.set()

    loop = asyncio.get_running_loop()
    deadline = loop.time() + LONGEST_SECONDS
    last = after
    async with (
        context.listener.hearing(store.PROGRESS_CHANNEL, heard_progress),
        context.listener.hearing(store.ENDED_CHANNEL, heard_end),
    ):
        while loop.time() < deadline:
            told.clear()
            if look.is_set():
                look.clear()
                notes.clear()
                update: Update | None = await _now(context, validation_id)
            else:
                update = _progress("running", notes.pop()) if notes else None
            if update is not None and update.mark != last:
                last = update.mark
                yield update
            if update is not None and update.kind != "progress":
                return
            try:
                async with asyncio.timeout(context.settings.validation_heartbeat_seconds):
                    await told.wait()
            except TimeoutError:
                # Looking again covers a notification lost with its connection.
                look.set()
                yield None


async def _now(context: ValidationContext, validation_id: UUID) -> Update:
    row = await store.get(context.db, validation_id)
    if row is None:
        return Update("deleted", END, {"id": validation_id})
    if ended(row["state"]):
        return Update("end", END, view(context, row))
    return _progress(row["state"], row["progress"])


def _progress(state: str, progress: dict[str, Any] | None) -> Update:
    rows, read = (progress["rows"], progress["bytes"]) if progress else (0, 0)
    return Update("progress", f"{state}-{rows}-{read}", {"state": state, "progress": progress})
