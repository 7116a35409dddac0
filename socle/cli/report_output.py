"""Where a command writes a report: the terminal, or a file that appears once it is whole."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from services.validation.engine.render import render

if TYPE_CHECKING:
    from services.validation.engine.messages import Language
    from services.validation.engine.render import FileReport


def write_report(stream: IO[bytes], form: str, reports: Iterable[FileReport], language: Language) -> None:
    """Write the reports in a form, each as soon as it is made when the form allows it."""
    if form == "text" and _has_colours(stream):
        from services.validation.engine.render.text import render as render_text

        pieces = render_text(reports, language, colour=True)
    else:
        pieces = render(form, reports, language)
    for piece in pieces:
        stream.write(piece.encode("utf-8", "replace"))
        stream.flush()


def _has_colours(stream: IO[bytes]) -> bool:
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


@contextmanager
def opened_output(path: Path | None) -> Iterator[IO[bytes]]:
    """The standard output, or a temporary file renamed to `path` at the end, removed if anything fails."""
    if path is None:
        yield sys.stdout.buffer
        return
    if path.exists() and not path.is_file():  # a device or a pipe
        with path.open("wb") as stream:
            yield stream
        return
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
        Path(draft).chmod(0o666 & ~_umask())
        os.replace(draft, path)  # noqa: PTH105 - the draft is on the same disk, by construction
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
