"""Small real HTTP servers that answer as badly as a test wants, and a network that leads every name to them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpcore

from shared.http import HostUnknown


@dataclass
class Asked:
    """A request as the server saw it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Answer = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """A listening server: its port, and what it was asked so far."""

    port: int
    asked: list[Asked] = field(default_factory=list)

    def url(self, path: str = "/") -> str:
        """Return the address of `path` on this server."""
        return f"http://127.0.0.1:{self.port}{path}"


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[Server]:
    """Run a server that reads each request whole and lets `answer` write to the socket what it likes."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            asked = await _request(reader)
            server.asked.append(asked)
            await answer(asked, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            tasks.discard(task)

    listener = await asyncio.start_server(handle, "127.0.0.1", 0)
    server = Server(listener.sockets[0].getsockname()[1])
    try:
        yield server
    finally:
        listener.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def reply(body: bytes = b"", status: int = 200, **headers: str) -> Answer:
    """Return an honest answer; `content_type=` becomes Content-Type, and so on."""

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        named = {"content_length": str(len(body)), **headers}
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in named.items()]
        head = "\r\n".join([f"HTTP/1.1 {status} x", *lines, "", ""])
        writer.write(head.encode("latin-1") + (b"" if asked.method == "HEAD" else body))
        await writer.drain()

    return answer


def raw(*parts: bytes, pause: float = 0) -> Answer:
    """Return an answer made of exactly these bytes, with `pause` seconds before each part but the first."""

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        for number, part in enumerate(parts):
            if number:
                await asyncio.sleep(pause)
            writer.write(part)
            await writer.drain()

    return answer


def endless(head: bytes, parts: Iterable[bytes], pause: float = 0) -> Answer:
    """Return an answer that sends `parts`, an infinite iterable, until the client goes away."""

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return answer


def by_path(**answers: Answer) -> Answer:
    """Return a site: `start=` answers `/start`; anything else is 404."""

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        path = asked.target.partition("?")[0].strip("/")
        await answers.get(path, reply(status=404))(asked, writer)

    return answer


class Names:
    """A resolver with fixed answers. A name given several answers returns them one lookup after the other."""

    def __init__(self, **answers: list[str] | list[list[str]]) -> None:
        self._answers = {name.replace("_", "."): _turns(answer) for name, answer in answers.items()}
        self.lookups: list[str] = []

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.lookups.append(host)
        if host not in self._answers:
            raise HostUnknown(host)
        turns = self._answers[host]
        return turns.pop(0) if len(turns) > 1 else turns[0]


def _turns(answer: list[str] | list[list[str]]) -> list[list[str]]:
    turns = [turn for turn in answer if isinstance(turn, list)]
    return turns or [[address for address in answer if isinstance(address, str)]]


class Detour(httpcore.AsyncNetworkBackend):
    """Records which address would be connected to, and connects to a local port instead.

    Addresses in `dead` refuse the connection.
    """

    def __init__(self, port: int = 0, dead: Sequence[str] = ()) -> None:
        self.opened: list[tuple[str, int]] = []
        self._port = port
        self._dead = dead
        self._real = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.opened.append((host, port))
        if host in self._dead:
            raise httpcore.ConnectError(host)
        return await self._real.connect_tcp("127.0.0.1", self._port, timeout=timeout)


async def _request(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, target, headers, body)
