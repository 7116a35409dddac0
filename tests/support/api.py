"""What tests of the HTTP surface look at: problem documents, what a request left behind, raw connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import orjson

from shared.settings import Settings
from socle import serving
from socle.topology import SERVICES

# Tables in which a refused request must leave nothing.
TABLES = (
    "validation.validation",
    "validation.idempotency",
    "validation.outbox",
    "catalog.dataset",
    "catalog.resource",
    "catalog.idempotency",
    "catalog.outbox",
)


@dataclass(frozen=True)
class Answer:
    """An answer read from a raw connection."""

    status_code: int
    headers: httpx.Headers
    content: bytes

    def json(self) -> Any:
        """Return the body, decoded."""
        return orjson.loads(self.content)


def assert_problem(answer: Answer | httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """Check that an answer is this problem, told in full in both languages, and return its members."""
    assert answer.status_code == status, answer.content
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    body: dict[str, Any] = answer.json()
    assert (body["type"], body["status"]) == (f"urn:socle:problem:{slug}", status)
    for member in ("title", "title_en", "detail", "detail_en"):
        assert len(body[member]) > 8, member
    assert body["detail"] != body["detail_en"]
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


def storage_folder(settings: Settings) -> Path:
    """Return the folder of the storage."""
    return Path(urlsplit(settings.storage_url).path)


def kept_files(settings: Settings) -> list[str]:
    """Return every file of the storage, unfinished ones included."""
    folder = storage_folder(settings)
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def rows(settings: Settings, table: str) -> int:
    """Return how many rows a table has."""
    connection = await asyncpg.connect(settings.database_url)
    try:
        return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))
    finally:
        await connection.close()


async def assert_nothing_kept(settings: Settings) -> None:
    """Check that no row and no file is there."""
    assert kept_files(settings) == []
    assert {table: await rows(settings, table) for table in TABLES} == dict.fromkeys(TABLES, 0)


@asynccontextmanager
async def listening(service: str, settings: Settings) -> AsyncIterator[int]:
    """Serve one service as in production, on a free port of loopback."""
    app = SERVICES[service].create_app(settings)
    listener = serving.listen("127.0.0.1", 0)
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(serving.serve(app, settings, listener, stop, ready.set))
    try:
        async with asyncio.timeout(30):
            await ready.wait()
        yield listener.getsockname()[1]
    finally:
        stop.set()
        await task


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Give a raw connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """Read one answer with a Content-Length."""
    async with asyncio.timeout(30):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = httpx.Headers(
            [(name, value) for name, _, value in (line.partition(": ") for line in head[1:] if line)]
        )
        content = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answer(int(head[0].split(" ")[1]), headers, content)


def head(method: str, path: str, **headers: str | int) -> bytes:
    """Return the start of a request; `content_length=3` is sent as `content-length: 3`."""
    lines = [
        f"{name.replace('_', '-')}: {value}" for name, value in {"host": "socle.test", **headers}.items()
    ]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode("latin-1")


def chunked(data: bytes) -> bytes:
    """Return one chunk of a chunked body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def multipart(*parts: tuple[str, str | None, bytes], end: bool = True) -> bytes:
    """Return a form of boundary `limite`: (name, file name or None, content)."""
    body = b""
    for name, filename, content in parts:
        disposition = f'form-data; name="{name}"' + ("" if filename is None else f'; filename="{filename}"')
        body += f"--limite\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"
    return body + (b"--limite--\r\n" if end else b"")


FORM = "multipart/form-data; boundary=limite"
