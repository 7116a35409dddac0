"""A look at the directory of a zip before anything in it is unpacked."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO

from services.validation.engine.formats import limits
from services.validation.engine.formats.detect import KNOWN_EXTENSIONS
from services.validation.engine.messages import Finding, Unreadable

_STRONG_EXTENSIONS = KNOWN_EXTENSIONS - {".txt", ".json"}
_CHUNK = 1 << 20
_LONGEST_TAIL = (1 << 16) + 1024
_IN_ZIP64 = 0xFFFFFFFF
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError, RuntimeError)


def unreadable(key: str, code: str = "source-error", **params: object) -> Unreadable:
    return Unreadable(Finding(code, key, params))


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open a zip and judge its directory. Raises Unreadable on a bomb, a lie, a password or damage."""
    _judge_size_of_directory(path)
    try:
        archive = zipfile.ZipFile(path)
    except DAMAGED as error:
        raise unreadable("zip-damaged", reason=str(error)) from error
    try:
        _judge_directory(archive.infolist())
    except Unreadable:
        archive.close()
        raise
    return archive


def kind_of(archive: zipfile.ZipFile) -> str:
    """`xlsx`, `xlsb`, `ods`, `zip`. Raises Unreadable for other documents in a zip."""
    names = set(archive.namelist())
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "mimetype" in names and "content.xml" in names:
        kind = read_member(archive, "mimetype", 200).decode("ascii", "replace")
        if "opendocument.spreadsheet" in kind:
            _refuse_ods_password(archive, names)
            return "ods"
        raise unreadable("not-a-table", "format-error", kind="OpenDocument")
    if "[Content_Types].xml" in names:
        if names & {"word/document.xml", "ppt/presentation.xml"}:
            raise unreadable("not-a-table", "format-error", kind="Word / PowerPoint")
        raise unreadable("zip-damaged", reason="xl/workbook.xml")
    return "zip"


def read_member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """The first `most` bytes of a member; b"" when it is not there. Raises Unreadable on damage."""
    try:
        with archive.open(name) as member:
            return member.read(most)
    except KeyError:
        return b""
    except DAMAGED as error:
        raise unreadable("zip-damaged", reason=str(error)) from error


def only_table(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The one member that can be a table. Raises Unreadable when there is none, or several."""
    files = [info for info in archive.infolist() if not info.is_dir() and not _is_clutter(info.filename)]
    strong = [info for info in files if PurePosixPath(info.filename).suffix.lower() in _STRONG_EXTENSIONS]
    candidates = strong or [
        info for info in files if PurePosixPath(info.filename).suffix.lower() in KNOWN_EXTENSIONS
    ]
    candidates = candidates or (files if len(files) == 1 else [])
    if not candidates:
        raise unreadable("zip-without-table", names=[info.filename for info in files[:5]])
    if len(candidates) > 1:
        names = [info.filename for info in candidates[:5]]
        raise unreadable("zip-several", count=len(candidates), names=names)
    return candidates[0]


def copy_bounded(member: IO[bytes], target: IO[bytes], most: int, compressed: Callable[[], int]) -> None:
    """Unpack to `target`; `compressed` tells the packed bytes read so far. Raises Unreadable past a bound."""
    written = 0
    while chunk := member.read(_CHUNK):
        written += len(chunk)
        if written > most:
            raise unreadable("unpacked-too-big", limit=_megabytes(most))
        if written > limits.RATIO_MATTERS_ABOVE and written > limits.MOST_RATIO * max(compressed(), 1):
            raise unreadable("zip-bomb", ratio=limits.MOST_RATIO)
        target.write(chunk)


def _judge_size_of_directory(path: Path) -> None:
    """The directory is loaded whole: refuse a huge one on the size that the end of the file declares."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - _LONGEST_TAIL))
        tail = stream.read(_LONGEST_TAIL)
    sizes = [0]
    for mark, layout, offset in ((b"PK\x05\x06", "<L", 12), (b"PK\x06\x06", "<Q", 40)):
        at = tail.rfind(mark)
        if at >= 0 and at + offset + struct.calcsize(layout) <= len(tail):
            (size,) = struct.unpack_from(layout, tail, at + offset)
            sizes.append(0 if size == _IN_ZIP64 else size)
    if max(sizes) > limits.BIGGEST_DIRECTORY:
        raise unreadable("zip-entries", count=max(sizes) // 46, limit=limits.MOST_ENTRIES)


def _judge_directory(infos: list[zipfile.ZipInfo]) -> None:
    if len(infos) > limits.MOST_ENTRIES:
        raise unreadable("zip-entries", count=len(infos), limit=limits.MOST_ENTRIES)
    total = sum(info.file_size for info in infos)
    if total > limits.MOST_UNPACKED_TEXT:
        raise unreadable("unpacked-too-big", limit=_megabytes(limits.MOST_UNPACKED_TEXT))
    for info in infos:
        name = info.filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/") or name[1:2] == ":":
            raise unreadable("zip-names", name=info.filename)
        if info.flag_bits & 1:
            raise unreadable("encrypted")
        big = info.file_size > limits.RATIO_MATTERS_ABOVE
        if big and info.file_size > limits.MOST_RATIO * max(info.compress_size, 1):
            raise unreadable("zip-bomb", ratio=limits.MOST_RATIO)


def judge_spreadsheet(archive: zipfile.ZipFile) -> None:
    """Closer bounds for what a parser will load whole, and no document type definitions in its XML."""
    infos = archive.infolist()
    if sum(info.file_size for info in infos) > limits.MOST_UNPACKED_SPREADSHEET:
        raise unreadable("unpacked-too-big", limit=_megabytes(limits.MOST_UNPACKED_SPREADSHEET))
    for info in infos:
        suffix = PurePosixPath(info.filename).suffix.lower()
        if suffix in (".xml", ".rels"):
            head = read_member(archive, info.filename, 4096)
            if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                raise unreadable("xml-entities", name=info.filename)


def _refuse_ods_password(archive: zipfile.ZipFile, names: set[str]) -> None:
    manifest = read_member(archive, "META-INF/manifest.xml", 1 << 20)
    if b"encryption-data" in manifest or "encrypted-package" in names:
        raise unreadable("encrypted")


def _is_clutter(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return (
        not parts or parts[0] == "__MACOSX" or parts[-1].startswith(".") or parts[-1].lower() == "thumbs.db"
    )


def _megabytes(size: int) -> int:
    return size >> 20
