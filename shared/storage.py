"""Where files are kept: one API on a local folder, on S3-compatible storage, or in memory for tests.

A file is first received whole into a draft on this machine, where its size and fingerprint are known and a client
that goes away leaves nothing, then published in one step: renamed after fsync, or uploaded. So nobody ever sees half
a file, and once `put` returns the file outlives a power cut.

obstore is called through its blocking functions, in threads: its asynchronous ones sometimes abort the process when
the interpreter stops, and leave an S3 upload unfinished when they are cancelled.
"""

import asyncio
import errno
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, ParamSpec, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

from shared.problems import NotFound, PayloadTooLarge, Problem, Unavailable

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config

WRITE_BYTES = 1024 * 1024
PART_BYTES = 8 * 1024 * 1024
PARTS_AT_ONCE = 4
LIST_PAGE = 1000
MAX_KEY_LENGTH = 512

_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,127})*")
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_S3_FULL = re.compile(r"\b507\b|StorageFull|QuotaExceeded", re.IGNORECASE)

P = ParamSpec("P")
R = TypeVar("R")


class StorageFull(Problem):
    """There is no room left for the file."""

    status = 507
    slug = "storage-full"
    title_fr = "Espace de stockage plein"
    title_en = "Storage full"

    def __init__(self) -> None:
        super().__init__(
            fr="Il n'y a plus assez de place pour enregistrer ce fichier ; rien n'a été conservé. "
            "Réessayez plus tard, ou prévenez l'administrateur de la plateforme.",
            en="There is not enough room left to store this file; nothing was kept. Try again later, or tell the "
            "administrator of the platform.",
        )


class StorageUnavailable(Unavailable):
    """The storage does not answer, or refuses our credentials; the cause is chained."""

    slug = "storage-unavailable"
    title_fr = "Stockage momentanément indisponible"
    title_en = "Storage temporarily unavailable"

    def __init__(self) -> None:
        super().__init__(
            fr="Le stockage des fichiers ne répond pas ; rien n'a été enregistré. Réessayez dans quelques minutes.",
            en="The file storage does not answer; nothing was stored. Try again in a few minutes.",
            headers={"Retry-After": "60"},
        )


class FileMissing(NotFound):
    """Nothing is stored under the key, or no longer."""

    slug = "file-missing"
    title_fr = "Fichier absent"
    title_en = "File missing"

    def __init__(self) -> None:
        super().__init__(
            fr="Ce fichier n'est pas ou plus conservé : les dépôts sont effacés après quelques jours. Déposez-le à "
            "nouveau.",
            en="This file is not kept, or no longer: uploads are deleted after some days. Upload it again.",
        )


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored file: its size in bytes and its SHA-256 in hexadecimal."""

    key: str
    size: int
    sha256: str


class Storage:
    """Files by key. A key is one or more names joined by `/`, each of ASCII letters, digits, `.`, `_`, `-`, not
    starting with `.` or `-`: keys are ours, never a client's file name. Any other raises ValueError.

    Every method may raise StorageUnavailable.
    """

    def __init__(self, store: ObjectStore, drafts: Path, folder: Path | None = None) -> None:
        """`drafts` is a folder for unfinished files; `folder` is where a local store keeps the files."""
        self._store = store
        self._folder = folder
        self._drafts = drafts
        self._threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="storage")
        _private_folder(drafts)

    @classmethod
    def from_url(cls, url: str) -> "Storage":
        """Return the storage at `file://<folder>`, `s3://<bucket>/<prefix>` or `memory:`.

        S3 credentials, region and endpoint come from the usual `AWS_*` variables; `?endpoint=` and `?region=` override
        the last two. Raises ValueError for any other URL.
        """
        parts = urlsplit(url)
        match parts.scheme:
            case "file":
                root = Path(unquote(parts.netloc + parts.path)).absolute()
                _private_folder(root / "objects")
                root.chmod(0o700)
                return cls(LocalStore(root / "objects"), root / "drafts", root / "objects")
            case "s3" if parts.netloc:
                return cls(_s3_store(parts.netloc, parts.path, parse_qs(parts.query)), _temporary_drafts())
            case "memory":
                return cls(MemoryStore(), _temporary_drafts())
        raise ValueError(f"storage_url: {url!r} is none of file://<folder>, s3://<bucket>/<prefix>, memory:")

    async def put(self, key: str, chunks: AsyncIterable[bytes], *, max_bytes: int) -> Stored:
        """Store the bytes of `chunks` under `key`, replacing what was there, and return their size and fingerprint.

        Raises PayloadTooLarge beyond `max_bytes`, StorageFull, and whatever `chunks` raises; then nothing is kept.
        A cancellation that comes after the last byte may leave the whole file, never a part of it.
        """
        _check(key)
        with self._draft() as (path, file):
            digest, size, buffer = hashlib.sha256(), 0, bytearray()

            def write(part: bytes) -> None:
                digest.update(part)
                _write_all(file, part)

            def finish() -> None:
                write(bytes(buffer))
                self._publish(path, file, key)

            async for chunk in chunks:
                size += len(chunk)
                if size > max_bytes:
                    raise _too_large(max_bytes)
                buffer += chunk
                if len(buffer) >= WRITE_BYTES:
                    await self._run(write, bytes(buffer))
                    buffer.clear()
            await self._run(finish)
        return Stored(key, size, digest.hexdigest())

    async def get(self, key: str) -> AsyncIterator[bytes]:
        """Return the bytes stored under `key`, in pieces of about 1 MiB. Raises FileMissing, before any byte."""
        _check(key)
        stream = (await self._run(obstore.get, self._store, key)).stream(min_chunk_size=WRITE_BYTES)

        async def pieces() -> AsyncIterator[bytes]:
            while (piece := await self._run(next, stream, None)) is not None:
                yield bytes(piece)

        return pieces()

    async def delete(self, key: str) -> None:
        """Remove what is stored under `key`, if anything."""
        _check(key)
        with suppress(FileMissing):
            await self._run(obstore.delete, self._store, key)

    async def exists(self, key: str) -> bool:
        """Tell whether something is stored under `key`."""
        try:
            await self.size(key)
        except FileMissing:
            return False
        return True

    async def size(self, key: str) -> int:
        """Return the size in bytes of what is stored under `key`. Raises FileMissing."""
        _check(key)
        return (await self._run(obstore.head, self._store, key))["size"]

    async def list(self, prefix: str = "") -> AsyncIterator[str]:
        """Yield the keys below `prefix` (whole names: `a/b` holds `a/b/c`, not `a/bc`), in no particular order."""
        if prefix:
            _check(prefix)
        pages = obstore.list(self._store, prefix or None, chunk_size=LIST_PAGE)
        while page := await self._run(next, pages, None):
            for entry in page:
                yield entry["path"]

    @asynccontextmanager
    async def local_path(self, key: str) -> AsyncIterator[Path]:
        """Give a file to read with the content of `key`: the stored one itself, or a copy removed afterwards.

        Raises FileMissing, and StorageFull when there is no room for the copy.
        """
        if self._folder is not None:
            await self.size(key)
            yield self._folder / key
            return
        pieces = await self.get(key)
        with self._draft() as (path, file):
            async for piece in pieces:
                await self._run(_write_all, file, piece)
            yield path

    async def remove_drafts(self, older_than: timedelta) -> int:
        """Remove the unfinished files that a killed process left behind; return how many."""

        def remove() -> int:
            removed = 0
            for path in self._drafts.iterdir():
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime < time() - older_than.total_seconds():
                        path.unlink()
                        removed += 1
            return removed

        return await self._run(remove)

    def close(self) -> None:
        """Give the threads back."""
        self._threads.shutdown()

    async def _run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `call` in a thread, to its end even when cancelled: its file must not be closed under it."""
        work = asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: _translated(call, *args, **kwargs)
        )
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            while not work.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([work])
            work.exception()
            raise

    @contextmanager
    def _draft(self) -> Iterator[tuple[Path, int]]:
        """Give an empty private file, open for writing, and remove it in the end if it is still there."""
        file, name = _translated(tempfile.mkstemp, dir=self._drafts)
        try:
            yield Path(name), file
        finally:
            os.close(file)
            with suppress(FileNotFoundError):
                Path(name).unlink()

    def _publish(self, draft: Path, file: int, key: str) -> None:
        if self._folder is None:
            try:
                obstore.put(self._store, key, draft, chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE)
            except FileNotFoundError as error:
                raise StorageUnavailable from error  # the bucket does not exist
            return
        target = self._folder / key
        os.fsync(file)
        _private_folder(target.parent)
        draft.replace(target)
        _fsync_folder(target.parent)


def _translated(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call, and turn the errors of the disk and of obstore into problems."""
    try:
        return call(*args, **kwargs)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and error.errno is None:  # obstore's own
            raise FileMissing from error
        raise (StorageFull if error.errno in _DISK_FULL else StorageUnavailable)() from error
    except BaseError as error:
        raise (StorageFull if _S3_FULL.search(str(error)) else StorageUnavailable)() from error


def _check(key: str) -> None:
    if len(key) > MAX_KEY_LENGTH or not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is not a storage key")


def _too_large(max_bytes: int) -> PayloadTooLarge:
    figure = f"{max_bytes:,}"
    figure_fr = figure.replace(",", "\u202f")
    return PayloadTooLarge(
        fr=f"Le fichier dépasse la taille acceptée ({figure_fr} octets). Découpez-le, par exemple par année.",
        en=f"The file is larger than accepted ({figure} bytes). Split it, by year for example.",
        limit=max_bytes,
    )


def _write_all(file: int, part: bytes) -> None:
    view = memoryview(part)
    while view:
        view = view[os.write(file, view) :]


def _private_folder(folder: Path) -> None:
    """Make `folder` and its missing parents, for us alone, in a way that survives a power cut."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
        _fsync_folder(path.parent)


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _temporary_drafts() -> Path:
    """Return a folder of this machine that is ours alone. Raises PermissionError when another user made it."""
    folder = Path(tempfile.gettempdir()) / f"socle-drafts-{os.getuid()}"
    _private_folder(folder)
    state = folder.lstat()
    if state.st_uid != os.getuid() or not stat.S_ISDIR(state.st_mode) or state.st_mode & 0o077:
        raise PermissionError(f"{folder} is not a private folder of ours")
    return folder


def _s3_store(bucket: str, prefix: str, options: dict[str, list[str]]) -> S3Store:
    config: S3Config = {}
    if region := options.pop("region", None):
        config["region"] = region[0]
    endpoint = options.pop("endpoint", [os.environ.get("AWS_ENDPOINT_URL", "")])[0]
    if endpoint:
        config["endpoint"] = endpoint
        config["virtual_hosted_style_request"] = False
    if options:
        raise ValueError(f"storage_url: unknown {', '.join(sorted(options))}")
    # The default limits a whole transfer to 30 s, too little for a large file.
    client: ClientConfig = {
        "allow_http": endpoint.startswith("http://"),
        "connect_timeout": "5s",
        "read_timeout": "60s",
        "timeout": "1h",
    }
    return S3Store(
        bucket,
        prefix=prefix.strip("/") or None,
        config=config,
        client_options=client,
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=60)},
    )
