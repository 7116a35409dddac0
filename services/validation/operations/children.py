"""The limited processes in which files are read: nothing in a file can harm the process that asks."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from services.validation.engine.child import Child, Limits
from services.validation.settings import ValidationSettings

R = TypeVar("R")

# What a process loads before its first file.
PRELOAD = ("services.validation.domain.verdict", "services.validation.engine.validation")


class ChildPool:
    """Limited processes: each does one thing at a time and stays warm for the next. They start when first needed."""

    def __init__(self, size: int, limits: Limits) -> None:
        self._idle: asyncio.LifoQueue[Child] = asyncio.LifoQueue()
        self._all = [Child(limits, preload=PRELOAD) for _ in range(size)]
        for child in self._all:
            self._idle.put_nowait(child)

    @classmethod
    def of(cls, settings: ValidationSettings, size: int) -> "ChildPool":
        """Return a pool whose processes have the limits of one validation."""
        limits = Limits(
            memory_bytes=settings.validation_memory_bytes,
            cpu_seconds=settings.validation_cpu_seconds,
            wall_seconds=settings.validation_wall_seconds,
        )
        return cls(size, limits)

    async def warm(self) -> None:
        """Start every process, so that the first file does not wait for imports."""
        await asyncio.gather(*(asyncio.to_thread(child.start) for child in self._all))

    async def call(
        self, function: Callable[..., R], *args: object, on_message: Callable[[Any], None] | None = None
    ) -> R:
        """Call a function of a module in a process; raises `ChildDied` and what it raises.

        When cancelled, the process is killed at once. With `on_message`, the function gets a keyword `report`: what it
        reports is handed on, from another thread.
        """
        child = await self._idle.get()
        try:
            call = asyncio.create_task(asyncio.to_thread(child.call, function, *args, on_message=on_message))
            try:
                return await asyncio.shield(call)
            except asyncio.CancelledError:
                child.kill()
                with suppress(Exception):
                    await call
                raise
        finally:
            self._idle.put_nowait(child)

    async def close(self) -> None:
        """End the processes."""
        await asyncio.gather(*(asyncio.to_thread(child.kill) for child in self._all))
