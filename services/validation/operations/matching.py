"""Which schemas fit a file or a header, and why."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from services.validation.domain.header import read_header
from services.validation.domain.problems import EmptyFile, FileTooComplex, UnreadableFile, UploadTooLarge
from services.validation.engine.child import ChildDied
from services.validation.engine.formats.detect import NotATable, detect
from services.validation.engine.match import Explained, explain_fits
from services.validation.operations.context import ValidationContext
from shared.files import temporary_file

# All that is looked at of a text.
HEAD_BYTES = 1 << 20
MOST_LABELS = 2_000
LONGEST_LABEL = 500


async def header_of(context: ValidationContext, filename: str, chunks: AsyncIterator[bytes]) -> list[str]:
    """Return the labels of a file as it comes; of a text, only the beginning is kept.

    Raises `UploadTooLarge`, `EmptyFile`, `UnreadableFile`, `FileTooComplex`.
    """
    async with temporary_file() as path:
        await _receive(path, chunks, context.settings.validation_max_upload_bytes)
        try:
            read = await context.readers.call(read_header, str(path), filename)
        except ChildDied as error:
            raise FileTooComplex.because(error.reason) from error
    if not read.labels:
        raise UnreadableFile.because(read.fr, read.en)
    return [label[:LONGEST_LABEL] for label in read.labels[:MOST_LABELS]]


async def fits(context: ValidationContext, header: Sequence[str], most: int) -> list[dict[str, Any]]:
    """Return the schemas that share anything with a header, the best first (see `schemas.MatchView`)."""
    registry = context.registry
    found = await asyncio.to_thread(explain_fits, header, registry.candidates, most)
    return [_shown(fit, registry.latest(fit.schema).version, registry.title(fit.schema)) for fit in found]


async def _receive(path: Path, chunks: AsyncIterator[bytes], limit: int) -> None:
    """Write what is needed of a file; the rest of a text is received, so that its sender may end, and dropped."""
    size = 0
    head = bytearray()
    text = False
    with path.open("wb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise UploadTooLarge.past(limit)
            if len(head) < HEAD_BYTES:
                head += chunk
                text = len(head) >= HEAD_BYTES and _is_text(bytes(head[:HEAD_BYTES]))
                kept = _whole_lines(bytes(head[:HEAD_BYTES])) if text else chunk
                await asyncio.to_thread(_write_from, file, kept, 0 if text else file.tell())
            elif not text:
                await asyncio.to_thread(file.write, chunk)
    if size == 0:
        raise EmptyFile(
            fr="Le fichier reçu ne contient aucun octet : vérifiez l'export puis renvoyez-le.",
            en="The file received holds no byte: check the export, then send it again.",
        )


def _write_from(file: Any, data: bytes, place: int) -> None:
    file.seek(place)
    file.write(data)
    file.truncate()


def _is_text(head: bytes) -> bool:
    try:
        return detect(head) == "text"
    except NotATable:
        return False


def _whole_lines(head: bytes) -> bytes:
    """Cut after the last end of line, on a whole character of UTF-16 and UTF-32 too."""
    end = head.rfind(b"\n") + 1 or len(head)
    return (
        head[: end - end % 4] if b"\x00" in head[:4] or head[:2] in (b"\xff\xfe", b"\xfe\xff") else head[:end]
    )


def _shown(fit: Explained, version: str | None, title: str) -> dict[str, Any]:
    return {
        "schema": fit.schema,
        "version": version,
        "title": title,
        "score": round(fit.score, 3),
        "found": fit.found,
        "renamed": [
            {"column": pair.column, "field": pair.field, "similarity": pair.similarity}
            for pair in fit.renamed
        ],
        "missing_required": fit.missing_required,
        "missing_optional": fit.missing_optional,
        "extra": fit.extra,
    }
