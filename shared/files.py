"""Files of this machine: temporary ones, and what a file is (path, digest, size)."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file at hand: where it lies, its SHA-256 in hexadecimal, its size in bytes."""

    path: Path
    sha256: str
    size: int

    @classmethod
    async def of(cls, path: Path) -> Self:
        """Describe a file by reading it once, in a thread."""
        return cls(path, *await asyncio.to_thread(_measure, path))


def _measure(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()


@asynccontextmanager
async def temporary_file() -> AsyncIterator[Path]:
    """Give the path of a file that is removed when the block ends."""
    with tempfile.TemporaryDirectory(prefix="socle-") as folder:
        yield Path(folder) / "content"
