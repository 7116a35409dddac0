"""The guarded HTTP client: every address is checked, every redirect re-checked, every answer bounded."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from types import TracebackType
from typing import Self

import httpcore
import httpx

from shared.http.answers import Fetched, Incoming
from shared.http.body import (
    PIECE_BYTES,
    SpeedGauge,
    declared_length,
    decoder_for,
    received_bytes,
    without_html,
)
from shared.http.errors import FetchFailed, UrlNotAllowed
from shared.http.network import GuardedNetwork, Resolver, SystemResolver
from shared.http.policy import FetchPolicy, port_of

Sink = Callable[[bytes], Awaitable[None]]

MAX_REPLY_BYTES = 65536
REDIRECTS = frozenset({301, 302, 303, 307, 308})

# What may follow a redirect to another origin; anything else could be a secret meant for the first one.
_HARMLESS = frozenset({"accept", "accept-language", "if-modified-since", "if-none-match"})
# Ours to set: a caller's value would break the connection's or the decoder's rules.
_RESERVED = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "host",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


class GuardedClient:
    """Fetches what others point at. Raises UrlNotAllowed or FetchFailed, nothing else of its own.

    Neither proxies nor credentials are taken from the environment, and no connection is kept: each request
    resolves, checks and connects anew. `sockets` opens them, to addresses already checked.
    """

    def __init__(
        self,
        policy: FetchPolicy,
        resolver: Resolver | None = None,
        *,
        sockets: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._policy = policy
        network = GuardedNetwork(policy, resolver or SystemResolver(), sockets or httpcore.AnyIOBackend())
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_ssl_context(policy.ca_file),
            max_connections=policy.max_connections,
            max_keepalive_connections=0,
            network_backend=network,
        )

    async def __aenter__(self) -> Self:
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.__aexit__(kind, error, trace)

    def check(self, url: str) -> None:
        """Raise UrlNotAllowed for an address that is refused as it is written, whatever its name resolves to."""
        self._policy.check_url(url)

    async def get(
        self,
        url: str,
        *,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
        etag: str | None = None,
        last_modified: str | None = None,
        sink: Sink | None = None,
        refuse_html: bool = False,
    ) -> Fetched:
        """Fetch `url`, following redirects, and return the answer; its body goes to `sink` as it comes, if given.

        `etag` and `last_modified`, from a former answer, make the request conditional. `max_bytes` limits the
        decoded body. What the sink got before an error must be thrown away.
        """
        conditions = _conditions(etag, last_modified)
        async with self.stream(
            url, max_bytes=max_bytes, headers={**(headers or {}), **conditions}, refuse_html=refuse_html
        ) as incoming:
            if sink is None:
                return incoming.fetched(b"".join([piece async for piece in incoming]))
            async for piece in incoming:
                await sink(piece)
            return incoming.fetched(None)

    async def head(self, url: str, *, headers: Mapping[str, str] | None = None) -> Fetched:
        """Ask for the headers of `url`, following redirects. The declared size is in `headers`; `size` is 0."""
        async with self._exchange("HEAD", url, headers or {}, max_bytes=0) as incoming:
            return incoming.fetched(None)

    @asynccontextmanager
    async def stream(
        self,
        url: str,
        *,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
        refuse_html: bool = False,
    ) -> AsyncIterator[Incoming]:
        """Open `url`, following redirects, and give the answer whose body is read by iterating over it.

        Everything done inside the block counts towards the total time.
        """
        async with self._exchange("GET", url, headers or {}, max_bytes, refuse_html=refuse_html) as incoming:
            yield incoming

    async def post(
        self,
        url: str,
        content: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        timeout: float = 10,
    ) -> Fetched:
        """Send `content` to `url` within `timeout` seconds and return the answer, its body cut at 64 KiB.

        Whatever its status is, the answer is returned: a refusal has its words and its `Retry-After`. Redirects are
        not followed.
        """
        async with self._exchange(
            "POST", url, headers or {}, MAX_REPLY_BYTES, content=content, total_timeout=timeout
        ) as incoming:
            body = bytearray()
            try:
                async for piece in incoming:
                    body += piece
            except FetchFailed as error:
                if error.reason != "too-large":
                    raise
            return incoming.fetched(bytes(body))

    @asynccontextmanager
    async def _exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        max_bytes: int,
        *,
        content: bytes | None = None,
        refuse_html: bool = False,
        total_timeout: float | None = None,
    ) -> AsyncIterator[Incoming]:
        limit = total_timeout if total_timeout is not None else self._policy.total_timeout
        clock = asyncio.timeout(limit)
        try:
            async with clock, self._final_response(method, url, headers, content) as (target, response):
                incoming = self._incoming(method, target, response, headers, max_bytes, refuse_html)
                async with aclosing(incoming):
                    yield incoming
        except TimeoutError as error:
            if not clock.expired():
                raise
            raise FetchFailed("timeout", limit=limit) from error
        except (httpcore.ReadTimeout, httpcore.WriteTimeout) as error:
            raise FetchFailed("timeout", limit=self._policy.read_timeout) from error

    @asynccontextmanager
    async def _final_response(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> AsyncIterator[tuple[httpx.URL, httpcore.Response]]:
        """Follow redirects to the answer that is none, and close it afterwards."""
        target = self._policy.check_url(url)
        sent = {name.lower(): value for name, value in headers.items() if name.lower() not in _RESERVED}
        for _ in range(self._policy.max_redirects + 1):
            response = await self._send(method, target, sent, content)
            try:
                location = _location(response)
                if method == "POST" or response.status not in REDIRECTS or location is None:
                    yield target, response
                    return
            finally:
                await response.aclose()
            following = self._redirected(target, location)
            if _origin(following) != _origin(target):
                sent = {name: value for name, value in sent.items() if name in _HARMLESS}
            target = following
        raise FetchFailed("redirects", limit=self._policy.max_redirects)

    async def _send(
        self, method: str, target: httpx.URL, headers: Mapping[str, str], content: bytes | None
    ) -> httpcore.Response:
        """Send one request and return its answer with the body unread."""
        policy = self._policy
        request = httpcore.Request(
            method,
            httpcore.URL(
                scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path
            ),
            headers=_request_headers(policy, target, headers, content),
            content=content,
            extensions={
                "timeout": {
                    "connect": policy.connect_timeout,
                    "read": policy.read_timeout,
                    "write": policy.read_timeout,
                }
            },
        )
        # The wait for a free connection is ours, not the server's: only the total time limits it. A server that
        # sends its headers one byte at a time never lets a read time out, hence the clock around them all.
        clock = asyncio.timeout(None)
        request.extensions["trace"] = _starts(clock, policy.headers_timeout)
        try:
            async with clock:
                return await self._pool.handle_async_request(request)
        except TimeoutError as error:
            if not clock.expired():
                raise
            raise FetchFailed("timeout", limit=policy.headers_timeout) from error
        except httpcore.ConnectTimeout as error:
            raise FetchFailed("timeout", limit=policy.connect_timeout) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise FetchFailed("connection") from error

    def _redirected(self, target: httpx.URL, location: str) -> httpx.URL:
        try:
            return self._policy.check_url(str(target.join(location)))
        except (ValueError, httpx.InvalidURL):
            raise UrlNotAllowed from None

    def _incoming(
        self,
        method: str,
        target: httpx.URL,
        response: httpcore.Response,
        request_headers: Mapping[str, str],
        max_bytes: int,
        refuse_html: bool,
    ) -> Incoming:
        headers = httpx.Headers(response.headers)
        conditional = any(name.lower() in ("if-none-match", "if-modified-since") for name in request_headers)
        accepted = 200 <= response.status < 300 and response.status != 206
        if method != "POST" and not accepted and not (response.status == 304 and conditional):
            raise FetchFailed(
                "http-status", http_status=response.status, retry_after=headers.get("retry-after")
            )
        # Incompressible content grows a little when compressed, so the wire has some more room than the content.
        wire_bytes = max_bytes + (PIECE_BYTES if "content-encoding" in headers else 0)
        if method == "GET" and (declared_length(headers) or 0) > wire_bytes:
            raise FetchFailed("too-large", limit=max_bytes)
        pieces = self._pieces(response, headers, wire_bytes)
        if refuse_html:
            pieces = without_html(pieces, headers.get("content-type", ""))
        return Incoming(response.status, str(target), headers, pieces, max_bytes)

    async def _pieces(
        self, response: httpcore.Response, headers: httpx.Headers, wire_bytes: int
    ) -> AsyncGenerator[bytes]:
        decoder = decoder_for(headers.get("content-encoding", ""))
        gauge = SpeedGauge(self._policy.min_speed, self._policy.speed_window)
        received = 0
        async with aclosing(received_bytes(response.aiter_stream(), gauge)) as chunks:
            async for chunk in chunks:
                received += len(chunk)
                if received > wire_bytes + PIECE_BYTES:  # compressed bytes that yield nothing
                    raise FetchFailed("too-large", limit=wire_bytes)
                for piece in decoder.feed(chunk):
                    yield piece
                    await asyncio.sleep(0)  # a bomb inflates for seconds without waiting for anything
        decoder.finish()


def _starts(clock: asyncio.Timeout, seconds: float) -> Callable[[str, object], Awaitable[None]]:
    """Return an httpcore trace that starts `clock` once the request begins to be sent."""

    async def trace(event: str, info: object) -> None:
        if event.endswith("send_request_headers.started"):
            clock.reschedule(asyncio.get_running_loop().time() + seconds)
        elif event.endswith("receive_response_headers.complete"):
            clock.reschedule(None)

    return trace


def _request_headers(
    policy: FetchPolicy, target: httpx.URL, headers: Mapping[str, str], content: bytes | None
) -> list[tuple[bytes, bytes]]:
    own = [
        ("Host", target.netloc.decode("ascii")),
        ("User-Agent", policy.user_agent),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ]
    if content is not None:
        own.append(("Content-Length", str(len(content))))
    own.extend((name, value) for name, value in headers.items() if name.lower() != "user-agent")
    return [(name.encode("ascii"), value.encode("utf-8")) for name, value in own]


def _conditions(etag: str | None, last_modified: str | None) -> dict[str, str]:
    conditions = {"if-none-match": etag, "if-modified-since": last_modified}
    # They are a stranger's words: one that does not fit a header only costs a download.
    return {
        name: value for name, value in conditions.items() if value and value.isascii() and value.isprintable()
    }


def _location(response: httpcore.Response) -> str | None:
    for name, value in response.headers:
        if name.lower() == b"location":
            return value.decode("utf-8", "replace").strip()
    return None


def _origin(url: httpx.URL) -> tuple[str, bytes, int]:
    return url.scheme, url.raw_host, port_of(url)


def _ssl_context(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context
