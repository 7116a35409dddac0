"""A progress bar on the terminal, for the files that take a while."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from services.validation.engine import Progress

_PATIENCE = 1.0  # seconds before a bar is worth showing


@contextmanager
def progress_of(name: str) -> Iterator[Callable[[Progress], None] | None]:
    """What to call as a validation goes on, None when nobody is looking (stderr is not a terminal)."""
    if not sys.stderr.isatty():
        yield None
        return
    shown = _Shown(name)
    try:
        yield shown.tell
    finally:
        shown.close()


class _Shown:
    """One file's bar; it appears, and rich is imported, only once the file has taken a while."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._started = time.monotonic()
        self._bar: Bar | None = None

    def tell(self, progress: Progress) -> None:
        if self._bar is None:
            if time.monotonic() - self._started < _PATIENCE:
                return
            self._open(progress.bytes_total)
        assert self._bar is not None
        task = self._bar.task_ids[0]
        rows = f"{progress.rows:,}".replace(",", "\u202f")
        self._bar.update(task, completed=progress.bytes_read, rows=rows)

    def _open(self, total: int | None) -> None:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        from services.validation.engine.render.wording import visible

        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rows]} lignes / rows"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar.add_task(escape(visible(self._name)), total=total, rows="0")
        self._bar.start()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
