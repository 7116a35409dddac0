"""From a source to the table file inside it: out of gz or zip, with its format known."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import IO, BinaryIO, cast

from services.validation.engine.formats import limits, zips
from services.validation.engine.formats.detect import HEAD_BYTES, NotATable, detect, extension_lies
from services.validation.engine.formats.zips import unreadable
from services.validation.engine.messages import Finding
from services.validation.engine.text.source import ByteSource


@dataclass(slots=True)
class Opened:
    """A source out of its wrapping. `format` is text, xlsx, xlsb, xls, ods, parquet or geojson."""

    source: ByteSource
    format: str
    findings: list[Finding] = field(default_factory=list)


def unwrap(source: ByteSource) -> Opened:
    """Find the format and unpack gz or zip, once: a packed file inside a packed file is refused.

    The unpacked source is a temporary file of its own (close it with the original). Raises Unreadable.
    """
    outer = _format_of(source)
    if outer not in ("gzip", "zip"):
        return Opened(source, outer, _lie(source.label, outer))
    inner = _gunzip(source) if outer == "gzip" else _unzip(source)
    format_ = _format_of(inner)
    if format_ in ("gzip", "zip"):
        inner.close()
        raise unreadable("zip-nested", name=inner.label)
    findings = _lie(source.label, outer) + _lie(inner.label, format_)
    return Opened(inner, format_, findings)


@contextmanager
def on_disk(source: ByteSource) -> Iterator[Path]:
    """A path to the source's bytes, for a parser in another process."""
    if source.path is not None:
        yield source.path
        return
    with tempfile.NamedTemporaryFile(prefix="socle-") as copy:
        _copy(source.rewind(), copy)
        yield Path(copy.name)


def _copy(stream: IO[bytes], target: IO[bytes]) -> None:
    while chunk := stream.read(1 << 20):
        target.write(chunk)
    target.flush()


def _format_of(source: ByteSource) -> str:
    try:
        found = detect(source.head(HEAD_BYTES))
    except NotATable as error:
        raise unreadable(error.key, "format-error", **error.params) from error
    if found != "zip":
        return found
    with on_disk(source) as path, zips.open_zip(path) as archive:
        return zips.kind_of(archive)


def _lie(label: str, format_: str) -> list[Finding]:
    if not extension_lies(label, format_):
        return []
    params = {"extension": PurePath(label).suffix, "format": format_}
    return [Finding("format-warning", "extension-lies", params, "warning")]


def _gunzip(source: ByteSource) -> ByteSource:
    packed = source.rewind()
    label = source.label.removesuffix(".gz").removesuffix(".gzip")
    with gzip.GzipFile(fileobj=packed) as stream:
        return _unpacked(cast(IO[bytes], stream), label, packed.tell)


def _unzip(source: ByteSource) -> ByteSource:
    with on_disk(source) as path, zips.open_zip(path) as archive:
        info = zips.only_table(archive)
        label = PurePath(info.filename).name
        try:
            member = archive.open(info)
        except zips.DAMAGED as error:
            raise unreadable("zip-damaged", reason=str(error)) from error
        with member:
            return _unpacked(member, label, lambda: info.compress_size)


def _unpacked(stream: IO[bytes], label: str, compressed: Callable[[], int]) -> ByteSource:
    target = tempfile.NamedTemporaryFile(prefix="socle-")  # noqa: SIM115 - closed with the ByteSource
    try:
        zips.copy_bounded(stream, target, limits.MOST_UNPACKED_TEXT, compressed)
        target.flush()
    except zips.DAMAGED as error:
        target.close()
        raise unreadable("zip-damaged", reason=str(error)) from error
    except BaseException:
        target.close()
        raise
    return ByteSource(label, target.tell(), Path(target.name), cast(BinaryIO, target), True)
