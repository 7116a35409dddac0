"""Files stored whole or not at all: on a folder, in memory, and on S3-compatible storage when one is at hand.

`SOCLE_TEST_S3_URL` names a bucket to test against, such as `s3://test?endpoint=http://127.0.0.1:9000`, with the
credentials in the usual `AWS_*` variables.
"""

import asyncio
import hashlib
import os
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from obstore.store import MemoryStore

from shared.http import FetchFailed, FetchPolicy, GuardedClient
from shared.problems import PayloadTooLarge
from shared.storage import FileMissing, Storage, StorageUnavailable, Stored
from tests.support.http_servers import raw, reply, serving

S3_URL = os.environ.get("SOCLE_TEST_S3_URL")
ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1024 * 1024


@pytest.fixture(params=["folder", "memory", "s3"])
def storage(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Storage]:
    """Each kind of storage, empty."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    if request.param == "s3":
        if S3_URL is None:
            pytest.skip("SOCLE_TEST_S3_URL is not set: storage on S3 was NOT tested")
        bucket, _, options = S3_URL.partition("?")
        url = f"{bucket}/{uuid4().hex}?{options}"
    else:
        url = f"file://{tmp_path / 'storage'}" if request.param == "folder" else "memory:"
    storage = Storage.from_url(url)
    yield storage
    storage.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Root of the local storage of this test."""
    return tmp_path / "storage"


@pytest.fixture
def local(folder: Path) -> Iterator[Storage]:
    """Storage on a folder."""
    storage = Storage.from_url(f"file://{folder}")
    yield storage
    storage.close()


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def read(storage: Storage, key: str) -> bytes:
    return b"".join([piece async for piece in await storage.get(key)])


async def keys(storage: Storage, prefix: str = "") -> list[str]:
    return sorted([key async for key in storage.list(prefix)])


def drafts(storage: Storage) -> list[Path]:
    """What unfinished files are left."""
    return list(storage._drafts.iterdir())


@pytest.mark.parametrize("size", [0, 1, MEGABYTE - 1, MEGABYTE, MEGABYTE + 1, 20 * MEGABYTE + 7])
async def test_what_is_put_is_got(storage: Storage, size: int) -> None:
    content = (hashlib.sha256(b"x").digest() * (size // 32 + 1))[:size]
    parts = [content[start : start + 65_537] for start in range(0, size, 65_537)]
    stored = await storage.put("uploads/a/file.csv", chunks(*parts), max_bytes=size)
    assert stored == Stored("uploads/a/file.csv", size, hashlib.sha256(content).hexdigest())
    assert await read(storage, stored.key) == content
    assert await storage.size(stored.key) == size
    assert await storage.exists(stored.key)
    assert drafts(storage) == []


async def test_the_pieces_are_small(storage: Storage) -> None:
    await storage.put("big", chunks(*[b"x" * MEGABYTE] * 20), max_bytes=20 * MEGABYTE)
    sizes = [len(piece) async for piece in await storage.get("big")]
    assert sum(sizes) == 20 * MEGABYTE
    if not isinstance(storage._store, MemoryStore):  # which has it all in one piece anyway
        assert max(sizes) < 3 * MEGABYTE


async def test_a_second_put_replaces_the_first(storage: Storage) -> None:
    await storage.put("x", chunks(b"first, longer"), max_bytes=100)
    await storage.put("x", chunks(b"second"), max_bytes=100)
    assert await read(storage, "x") == b"second"


async def test_beyond_the_limit_nothing_is_left(storage: Storage) -> None:
    await storage.put("kept", chunks(b"before"), max_bytes=100)
    for key in ("new", "kept"):
        with pytest.raises(PayloadTooLarge) as caught:
            await storage.put(key, chunks(*[b"x" * MEGABYTE] * 5), max_bytes=5 * MEGABYTE - 1)
        assert caught.value.extra["limit"] == 5 * MEGABYTE - 1
    assert await keys(storage) == ["kept"]
    assert await read(storage, "kept") == b"before"
    assert drafts(storage) == []


async def test_a_client_that_breaks_off_leaves_nothing(storage: Storage) -> None:
    async def broken() -> AsyncIterator[bytes]:
        for _ in range(12):
            yield b"x" * MEGABYTE
        raise ConnectionResetError("client gone")

    with pytest.raises(ConnectionResetError):
        await storage.put("half", broken(), max_bytes=10**9)
    assert (await keys(storage), drafts(storage)) == ([], [])


async def test_a_download_goes_straight_in_or_leaves_nothing(storage: Storage) -> None:
    body = b"x" * 3 * MEGABYTE
    cut = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + body)
    async with (
        serving(reply(body)) as good,
        serving(cut) as bad,
        GuardedClient(FetchPolicy(allowed_hosts=("127.0.0.0/8",))) as client,
    ):
        async with client.stream(good.url(), max_bytes=10**7) as incoming:
            stored = await storage.put("good", incoming, max_bytes=10**7)
        assert (stored.size, stored.sha256) == (incoming.size, incoming.sha256)
        with pytest.raises(FetchFailed) as caught:
            await fetch_into(storage, client, bad.url())
    assert caught.value.reason == "truncated"
    assert (await keys(storage), drafts(storage)) == (["good"], [])


async def fetch_into(storage: Storage, client: GuardedClient, url: str) -> None:
    """Store what `url` gives under `bad`."""
    async with client.stream(url, max_bytes=10**7) as incoming:
        await storage.put("bad", incoming, max_bytes=10**7)


async def test_a_cancelled_put_leaves_nothing(storage: Storage) -> None:
    started = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * MEGABYTE
            started.set()
            await asyncio.sleep(0.001)

    putting = asyncio.create_task(storage.put("half", slow(), max_bytes=10**12))
    await started.wait()
    await asyncio.sleep(0.05)
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert (await keys(storage), drafts(storage)) == ([], [])


async def test_nothing_is_visible_before_the_end(storage: Storage) -> None:
    async def watched() -> AsyncIterator[bytes]:
        for _ in range(12):
            yield b"x" * MEGABYTE
            assert not await storage.exists("file")
            assert await keys(storage) == []

    await storage.put("file", watched(), max_bytes=10**9)
    assert await storage.size("file") == 12 * MEGABYTE


async def test_readers_see_the_old_file_or_the_new_one(storage: Storage) -> None:
    old, new = b"o" * 3 * MEGABYTE, b"n" * 2 * MEGABYTE
    await storage.put("file", chunks(old), max_bytes=10**9)

    async def rewrite() -> None:
        for content in (new, old) * 10:
            await storage.put("file", chunks(content), max_bytes=10**9)

    writing = asyncio.create_task(rewrite())
    while not writing.done():
        assert await storage.size("file") in (len(old), len(new))
    await writing


async def test_what_is_missing_is_named_before_any_byte(storage: Storage) -> None:
    for call in (storage.get("absent"), storage.size("absent"), storage.local_path("absent").__aenter__()):
        with pytest.raises(FileMissing):
            await call
    assert not await storage.exists("absent")


async def test_delete_may_be_repeated(storage: Storage) -> None:
    await storage.put("a/x", chunks(b"1"), max_bytes=10)
    for _ in range(3):
        await storage.delete("a/x")
    assert not await storage.exists("a/x")
    await storage.put("a/x", chunks(b"2"), max_bytes=10)
    assert await read(storage, "a/x") == b"2"


async def test_list_goes_by_whole_names(storage: Storage) -> None:
    for key in ("a/b/c", "a/b/d", "a/bc", "z"):
        await storage.put(key, chunks(b"1"), max_bytes=10)
    assert await keys(storage) == ["a/b/c", "a/b/d", "a/bc", "z"]
    assert await keys(storage, "a/b") == ["a/b/c", "a/b/d"]
    assert await keys(storage, "nothing") == []


async def test_a_long_list_comes_whole(storage: Storage) -> None:
    wanted = sorted(f"many/{number:04}" for number in range(1100))
    for key in wanted:
        await storage.put(key, chunks(b""), max_bytes=0)
    assert await keys(storage, "many") == wanted


HOSTILE_KEYS = [
    "", "/", "/etc/passwd", "..", "../x", "a/../b", "a/..", "./a", "a/./b", "a//b", "a/", ".hidden", "a/.hidden",
    "-rf", "a b", "a\\b", "a\0b", "é", "a:b", "a%2e%2e/b", "~", "a#1", "a?b", "a\n", "\na", "a*",
    "x" * 129, "a/" * 300 + "a",
]  # fmt: skip


@pytest.mark.parametrize("key", HOSTILE_KEYS, ids=range(len(HOSTILE_KEYS)))
async def test_a_key_is_never_a_path(storage: Storage, key: str) -> None:
    async def listed() -> list[str]:
        return await keys(storage, key)

    calls: list[Callable[[], object]] = [
        lambda: storage.put(key, chunks(b"x"), max_bytes=10),
        lambda: storage.get(key),
        lambda: storage.delete(key),
        lambda: storage.exists(key),
        lambda: storage.size(key),
        lambda: storage.local_path(key).__aenter__(),
        *([listed] if key else []),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="is not a storage key"):
            await call()  # type: ignore[misc]


async def test_a_local_path_reads_like_the_file_and_leaves_nothing(storage: Storage) -> None:
    content = b"abc" * MEGABYTE
    await storage.put("file.csv", chunks(content), max_bytes=10**9)
    async with storage.local_path("file.csv") as path:
        assert path.read_bytes() == content
    assert drafts(storage) == []
    assert await read(storage, "file.csv") == content


async def test_many_at_once_do_not_mix(storage: Storage) -> None:
    async def one(number: int) -> None:
        content = bytes([number]) * (200_000 + number)
        await storage.put(f"n/{number}", chunks(content[:100], content[100:]), max_bytes=10**6)
        assert await read(storage, f"n/{number}") == content

    await asyncio.gather(*(one(number) for number in range(40)))


async def test_old_drafts_are_removed_young_ones_stay(storage: Storage) -> None:
    left_behind = storage._drafts / "killed"
    left_behind.write_bytes(b"half")
    os.utime(left_behind, (0, 0))
    (storage._drafts / "in-work").write_bytes(b"half")
    assert await storage.remove_drafts(timedelta(hours=1)) == 1
    assert [path.name for path in drafts(storage)] == ["in-work"]


async def test_the_folder_is_ours_alone(local: Storage, folder: Path) -> None:
    await local.put("a/b/c", chunks(b"x"), max_bytes=10)
    assert modes(folder) == {
        ".": 0o700,
        "drafts": 0o700,
        "objects": 0o700,
        "objects/a": 0o700,
        "objects/a/b": 0o700,
        "objects/a/b/c": 0o600,
    }


def modes(folder: Path) -> dict[str, int]:
    """Permissions of `folder` and of all it holds."""
    paths = [folder, *folder.rglob("*")]
    return {path.relative_to(folder).as_posix(): path.stat().st_mode & 0o777 for path in paths}


async def test_a_file_is_on_the_disk_before_it_is_visible(
    local: Storage, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The content is flushed, then renamed, then the rename is flushed."""
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink()
        steps.append("file" if name.parent.name == "drafts" else f"folder {name.relative_to(folder.parent)}")
        fsync(descriptor)

    def watched_replace(source: str, target: str) -> None:
        steps.append("rename")
        replace(source, target)

    monkeypatch.setattr("os.fsync", watched_fsync)
    monkeypatch.setattr("os.replace", watched_replace)
    await local.put("new/x", chunks(b"content"), max_bytes=10)
    await local.put("new/y", chunks(b"content"), max_bytes=10)
    assert steps == [
        *("file", "folder storage/objects", "rename", "folder storage/objects/new"),
        *("file", "rename", "folder storage/objects/new"),
    ]


IN_A_SMALL_DISK = """
import asyncio, sys
from shared.storage import Storage, StorageFull

async def content(megabytes):
    for _ in range(megabytes):
        yield b"x" * 1024 * 1024

async def main():
    storage = Storage.from_url("file:///mnt/storage")
    await storage.put("small", content(1), max_bytes=10**9)
    for key in ("large", "small"):
        try:
            await storage.put(key, content(30), max_bytes=10**9)
        except StorageFull as problem:
            left = [key async for key in storage.list()], list(storage._drafts.iterdir())
            print(problem.status, problem.slug, left)
    await storage.put("after", content(2), max_bytes=10**9)
    print(await storage.size("small"), await storage.size("after"))
    storage.close()

asyncio.run(main())
"""


def test_a_full_disk_is_507_and_leaves_nothing() -> None:
    mounted = 'mount -t tmpfs -o size=8m tmpfs /mnt && exec "$0" -c "$1"'
    unshare = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    if subprocess.run(
        [*unshare, "mount -t tmpfs -o size=8m tmpfs /mnt"], capture_output=True, check=False
    ).returncode:
        pytest.skip("no small disk can be mounted here: a full disk was NOT tested")
    run = subprocess.run(
        [*unshare, mounted, sys.executable, textwrap.dedent(IN_A_SMALL_DISK)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.splitlines() == ["507 storage-full (['small'], [])"] * 2 + [
        f"{MEGABYTE} {2 * MEGABYTE}"
    ], run.stderr


@pytest.mark.parametrize("gone", ["nothing-listens", "no-bucket"])
async def test_a_storage_that_is_away_is_503(
    gone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", os.environ.get("AWS_ACCESS_KEY_ID", "x"))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", os.environ.get("AWS_SECRET_ACCESS_KEY", "x"))
    if gone == "nothing-listens":
        url = "s3://bucket/prefix?region=eu&endpoint=http://127.0.0.1:1"
    elif S3_URL is None:
        pytest.skip("SOCLE_TEST_S3_URL is not set: a missing bucket was NOT tested")
    else:
        url = f"s3://no-such-bucket-{uuid4().hex[:8]}?{S3_URL.partition('?')[2]}"
    storage = Storage.from_url(url)
    with pytest.raises(StorageUnavailable) as caught:
        await storage.put("x", chunks(b"x"), max_bytes=10)
    assert (caught.value.status, caught.value.headers["Retry-After"]) == (503, "60")
    assert drafts(storage) == []
    storage.close()


@pytest.mark.parametrize(
    "url", ["", "/var/storage", "http://x/", "s3:", "s3:///prefix", "ftp://x", "s3://b?region=eu&secret=1"]
)
def test_a_wrong_address_is_refused_at_start(url: str) -> None:
    with pytest.raises(ValueError, match="storage_url"):
        Storage.from_url(url)


def test_a_relative_folder_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Storage.from_url("file://./var/my%20storage").close()
    assert (tmp_path / "var" / "my storage" / "objects").is_dir()


def test_a_short_process_ends_well(tmp_path: Path) -> None:
    """Native threads must not bring the interpreter down when it stops."""
    program = textwrap.dedent("""
        import asyncio, sys
        from shared.storage import Storage

        async def content():
            for _ in range(20):
                yield b"x" * 500_000

        async def main():
            storage = Storage.from_url(sys.argv[1])
            await storage.put("x", content(), max_bytes=10**9)
            async for _ in await storage.get("x"):
                break
            putting = asyncio.create_task(storage.put("y", content(), max_bytes=10**9))
            await asyncio.sleep(0.002)
            putting.cancel()

        asyncio.run(main())
    """)
    for url in (f"file://{tmp_path}/storage", "memory:", *([S3_URL] if S3_URL else [])):
        for _ in range(3):
            run = subprocess.run(
                [sys.executable, "-c", program, url], cwd=ROOT, capture_output=True, check=False
            )
            assert (run.returncode, run.stderr) == (0, b"")
