"""Reading an answer's body within its limits: decoded size, speed, encoding, and what it must not be."""

import re
import time
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from typing import Protocol

import httpcore

from shared.http.errors import FetchFailed

PIECE_BYTES = 65536
SNIFF_BYTES = 1024

_HTML = re.compile(rb"<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class Decoder(Protocol):
    """Turns received bytes into pieces of content of at most PIECE_BYTES."""

    def feed(self, received: bytes) -> Iterator[bytes]: ...

    def finish(self) -> None:
        """Raise FetchFailed if the content is not complete."""


class Identity:
    """Content sent as it is."""

    def feed(self, received: bytes) -> Iterator[bytes]:
        """Return what was received."""
        for start in range(0, len(received), PIECE_BYTES):
            yield received[start : start + PIECE_BYTES]

    def finish(self) -> None:
        """HTTP itself says whether the content is complete."""


class Inflate:
    """gzip (RFC 1952, several members allowed) and deflate (RFC 1950, or bare RFC 1951 as some servers send).

    At most PIECE_BYTES exist at a time, whatever the compression ratio.
    """

    def __init__(self, window_bits: int) -> None:
        self._window_bits = window_bits
        self._stream = zlib.decompressobj(window_bits)
        self._started = False

    def feed(self, received: bytes) -> Iterator[bytes]:
        """Yield the decompressed pieces. Raises FetchFailed (`encoding`)."""
        while received:
            if self._stream.eof:
                received = received.lstrip(b"\0")  # padding after the last member
                if not received:
                    return
                self._stream = zlib.decompressobj(self._window_bits)
            try:
                piece = self._decompress(received)
            except zlib.error as error:
                raise FetchFailed("encoding") from error
            received = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
            if piece:
                yield piece

    def finish(self) -> None:
        """Raise FetchFailed (`truncated`) when the last member is not complete."""
        if self._started and not self._stream.eof:
            raise FetchFailed("truncated")

    def _decompress(self, received: bytes) -> bytes:
        try:
            piece = self._stream.decompress(received, PIECE_BYTES)
        except zlib.error:
            if self._started or self._window_bits != zlib.MAX_WBITS:
                raise
            self._window_bits = -zlib.MAX_WBITS
            self._stream = zlib.decompressobj(self._window_bits)
            piece = self._stream.decompress(received, PIECE_BYTES)
        self._started = True
        return piece


def decoder_for(content_encoding: str) -> Decoder:
    """Return the decoder for a Content-Encoding header. Raises FetchFailed (`encoding`) for one we did not ask for
    and cannot read, and for stacked ones, which only bombs use."""
    match content_encoding.strip().lower():
        case "" | "identity":
            return Identity()
        case "gzip" | "x-gzip":
            return Inflate(zlib.MAX_WBITS | 16)
        case "deflate":
            return Inflate(zlib.MAX_WBITS)
        case _:
            raise FetchFailed("encoding")


class SpeedGauge:
    """Measures the speed of the other side: only the time spent waiting for it counts, not our own."""

    def __init__(self, min_speed: int, window: float) -> None:
        self._min_speed = min_speed
        self._window = window
        self._waited = 0.0
        self._received = 0

    def add(self, received: int, waited: float) -> None:
        """Count `received` bytes that took `waited` seconds. Raises FetchFailed (`too-slow`)."""
        self._received += received
        self._waited += waited
        if self._waited >= self._window:
            if self._received < self._min_speed * self._waited:
                raise FetchFailed("too-slow", limit=self._min_speed)
            self._received, self._waited = 0, 0.0


async def received_bytes(raw: AsyncIterator[bytes], gauge: SpeedGauge) -> AsyncGenerator[bytes]:
    """Yield the bytes of the wire, timed. Raises FetchFailed (`truncated`, `too-slow`)."""
    while True:
        before = time.monotonic()
        try:
            chunk = await anext(raw)
        except StopAsyncIteration:
            return
        except (httpcore.RemoteProtocolError, httpcore.ReadError) as error:
            raise FetchFailed("truncated") from error
        gauge.add(len(chunk), time.monotonic() - before)
        yield chunk


async def without_html(pieces: AsyncGenerator[bytes], content_type: str) -> AsyncGenerator[bytes]:
    """Yield `pieces` unless they begin like a web page. Raises FetchFailed (`html-page`) before the first one."""
    held: list[bytes] = []
    size = 0
    async with aclosing(pieces):
        async for piece in pieces:
            if size >= SNIFF_BYTES:
                yield piece
                continue
            held.append(piece)
            size += len(piece)
            if size >= SNIFF_BYTES:
                yield _checked(held, content_type)
    if size < SNIFF_BYTES and held:
        yield _checked(held, content_type)


def _checked(held: list[bytes], content_type: str) -> bytes:
    start = b"".join(held)
    if looks_like_html(start, content_type):
        raise FetchFailed("html-page")
    return start


def looks_like_html(start: bytes, content_type: str) -> bool:
    """Tell whether content that begins with `start` is a web page.

    The Content-Type alone proves nothing: many servers label CSV files `text/html`, and label login pages `text/csv`.
    """
    head = start[:SNIFF_BYTES]
    for mark in _BYTE_ORDER_MARKS:
        head = head.removeprefix(mark)
    head = head.replace(b"\0", b"").lstrip()
    if not head.startswith(b"<"):
        return False
    declared = content_type.partition(";")[0].strip().lower() in ("text/html", "application/xhtml+xml")
    return declared or _HTML.search(head) is not None


def declared_length(headers: Mapping[str, str]) -> int | None:
    """Return the Content-Length, None when there is none."""
    value = headers.get("content-length", "")
    return int(value) if value.isdecimal() else None
