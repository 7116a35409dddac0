"""Following a validation as it goes: what those who listen to it are told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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


class _Ear:
    """What one listener hears of one validation."""

    def __init__(self, validation_id: UUID) -> None:
        self.told = asyncio.Event()
        self.look = asyncio.Event()
        self.look.set()
        self.note: dict[str, Any] | None = None
        self._id = str(validation_id)

    def hear_progress(self, payload: str | None) -> None:
        if payload is None:
            # Some may have been missed.
            self.look.set()
        elif payload.startswith(self._id + " "):
            self.note = orjson.loads(payload[len(self._id) + 1 :])
        else:
            return
        self.told.set()

    def hear_end(self, payload: str | None) -> None:
        if payload is None or payload == self._id:
            self.look.set()
            self.told.set()

    async def hear_stop(self, stopping: asyncio.Event) -> None:
        await stopping.wait()
        self.told.set()


@asynccontextmanager
async def _listening(
    context: ValidationContext, validation_id: UUID, stopping: asyncio.Event
) -> AsyncIterator[_Ear]:
    ear = _Ear(validation_id)
    waiting = asyncio.create_task(ear.hear_stop(stopping))
    try:
        async with (
            context.listener.hearing(store.PROGRESS_CHANNEL, ear.hear_progress),
            context.listener.hearing(store.ENDED_CHANNEL, ear.hear_end),
        ):
            yield ear
    finally:
        waiting.cancel()


async def follow(
    context: ValidationContext, validation_id: UUID, after: str | None, stopping: asyncio.Event
) -> AsyncIterator[Update | None]:
    """Yield how a validation is now, then each change until its end; None as a sign of life.

    What bears the mark `after` was told already. Ends, too, when `stopping` is set: the client comes back to another
    process. A listener costs one read when it comes and one when the validation ends: the progress itself comes with
    the notifications, which one connection of the process hears.
    """
    deadline = asyncio.get_running_loop().time() + LONGEST_SECONDS
    last = after
    async with _listening(context, validation_id, stopping) as ear:
        while asyncio.get_running_loop().time() < deadline and not stopping.is_set():
            ear.told.clear()
            update: Update | None = None
            if ear.look.is_set():
                ear.look.clear()
                update = await _now(context, validation_id)
            elif ear.note is not None:
                update = _progress("running", ear.note)
            ear.note = None
            if update is not None and update.mark != last:
                last = update.mark
                yield update
            if update is not None and update.kind != "progress":
                return
            try:
                async with asyncio.timeout(context.settings.validation_heartbeat_seconds):
                    await ear.told.wait()
            except TimeoutError:
                # Looking again covers a notification lost with its connection.
                ear.look.set()
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
