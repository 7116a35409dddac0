"""Where bytes come from: a path, bytes in memory, or a file object, made re-readable from the start."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from services.validation.engine.messages import Finding, Unreadable

Source = str | os.PathLike[str] | bytes | BinaryIO
_SPOOL_IN_MEMORY = 8 << 20


@dataclass(slots=True)
class ByteSource:
    """Bytes that can be read several times, from the start. `path` is set when they are a file of the disk."""

    label: str
    size: int
    path: Path | None
    _stream: BinaryIO
    _owned: bool

    def rewind(self) -> BinaryIO:
        """The stream, at its first byte. One reader at a time."""
        self._stream.seek(0)
        return self._stream

    def head(self, size: int) -> bytes:
        """The first `size` bytes, or all of them if fewer; a reader under way goes on where it was."""
        place = self._stream.tell()
        try:
            return self.rewind().read(size)
        finally:
            self._stream.seek(place)

    def close(self) -> None:
        if self._owned:
            self._stream.close()


def open_source(source: Source, label: str = "") -> ByteSource:
    """Open what the caller gave; what cannot seek (a pipe, named or not) is copied to a temporary file.

    Raises Unreadable when the path does not lead to a readable file.
    """
    if isinstance(source, bytes):
        return ByteSource(label or "data", len(source), None, io.BytesIO(source), True)
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        try:
            stream = path.open("rb")
        except OSError as error:
            key = "source-absent" if isinstance(error, FileNotFoundError) else "source-unreadable"
            params = {"path": path.name, "reason": error.strerror or type(error).__name__}
            raise Unreadable(Finding("source-error", key, params)) from error
        if stream.seekable():
            return ByteSource(label or path.name, path.stat().st_size, path, stream, True)
        with stream:
            return _spooled(stream, label or path.name)
    name = label or Path(str(getattr(source, "name", "") or "data")).name
    if source.seekable():
        return ByteSource(name, source.seek(0, os.SEEK_END), None, source, False)
    return _spooled(source, name)


def _spooled(source: BinaryIO, name: str) -> ByteSource:
    spool = tempfile.SpooledTemporaryFile(max_size=_SPOOL_IN_MEMORY)  # noqa: SIM115 - closed by ByteSource
    shutil.copyfileobj(source, spool, 1 << 20)
    return ByteSource(name, spool.tell(), None, cast(BinaryIO, spool), True)
