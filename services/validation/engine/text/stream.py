"""A byte stream handed to the CSV readers: UTF-8, without BOM, counted, never cut between CR and LF."""

from __future__ import annotations

import codecs
import io
import threading
from collections import deque
from collections.abc import Callable
from typing import BinaryIO

import pyarrow as pa

CHUNK = 1 << 20
_MARGIN = 16  # so that what was held back still fits


class NotUtf8(Exception):
    """The bytes at `offset` of the file are not UTF-8: the file must be read again in another encoding."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"byte {offset} is not UTF-8")
        self.offset = offset


class Cancelled(Exception):
    """The caller asked to stop."""


class Utf8Stream:
    """Reads `raw` in `encoding` and gives UTF-8 by chunks; the file-like `read` is for pyarrow.

    `bytes_read` counts the bytes of the file consumed; `nul_lines` the lines on which a NUL stands (the first
    thousand); `damaged` the bytes replaced because they were not of the encoding, `damaged_line` the first one's.
    Raises NotUtf8 from `chunk` when `strict` and a byte is not UTF-8, Cancelled when `cancelled()` is true.
    """

    def __init__(
        self,
        raw: BinaryIO,
        encoding: str,
        skip: int = 0,
        *,
        strict: bool = True,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self.bytes_read = 0
        self.damaged = 0
        self.nuls = 0
        self._raw = raw
        self._strict = strict
        self._cancelled = cancelled
        self._utf8 = encoding == "utf-8" and strict
        self._decoder = None if self._utf8 else codecs.getincrementaldecoder(encoding)("replace")
        self._held = b""
        self._ready = b""
        self._ended = False
        self._lock = threading.Lock()
        self._last: deque[bytes] = deque(maxlen=3)
        self.closed = False
        self.bytes_read += len(raw.read(skip)) if skip else 0

    def chunk(self) -> bytes:
        """The next piece of text in UTF-8, of about CHUNK bytes; empty at the end."""
        with self._lock:
            return self._next_chunk()

    def fill(self, room: bytearray, start: int) -> int:
        """Write what follows into `room`, from `start` to its end at most; give where it stops, `start` at the end.

        What is said to be UTF-8 is not verified here, and may be cut anywhere: the caller sees to both.
        """
        with self._lock:
            if self._decoder is not None or self._ready:
                data = self._next_chunk()
                taken = min(len(data), len(room) - start)
                self._ready = data[taken:]
                room[start : start + taken] = data[:taken]
                return start + taken
            if self._cancelled():
                raise Cancelled
            held, self._held = self._held, b""
            room[start : start + len(held)] = held
            return self._read_into(room, start + len(held))

    def _read_into(self, room: bytearray, start: int) -> int:
        if self._ended:
            return start
        with memoryview(room)[start:] as left:
            taken = self._readinto(left)
        self._ended = not taken
        self.bytes_read += taken
        # Finding none is much faster than counting none.
        if room.find(b"\0", start, start + taken) >= 0:
            self.nuls += room.count(b"\0", start, start + taken)
        return start + taken

    def _readinto(self, room: memoryview) -> int:
        if isinstance(self._raw, io.BufferedIOBase | io.RawIOBase):
            return self._raw.readinto(room) or 0
        data = self._raw.read(len(room))
        room[: len(data)] = data
        return len(data)

    def stop(self) -> None:
        """End here: once this returns, no reading ahead touches the source any more."""
        with self._lock:
            self._ended, self._ready, self._held = True, b"", b""

    def _next_chunk(self) -> bytes:
        if self._ready:
            ready, self._ready = self._ready, b""
            return ready
        while not self._ended:
            if self._cancelled():
                raise Cancelled
            data = self._raw.read(CHUNK - _MARGIN)
            self._ended = not data
            self.bytes_read += len(data)
            text = self._verified(data) if self._decoder is None else self._transcoded(data)
            if text.endswith(b"\r") and not self._ended:
                self._held = b"\r" + self._held
                text = text[:-1]
            if text:
                self.nuls += text.count(b"\0") if b"\0" in text else 0
                return text
        return b""

    @property
    def given_back(self) -> int:
        """Bytes read that are still to be given."""
        with self._lock:
            return len(self._ready) + len(self._held)

    def unread(self, data: bytes) -> None:
        """Give back text already taken: it will be the next chunk."""
        self._ready = data + self._ready

    def read(self, size: int = -1) -> bytes:
        """File-like, for pyarrow: at most `size` bytes, never ending in a CR that a LF may follow."""
        data = self.chunk()
        while 0 < len(data) < size // 2:
            # pyarrow takes a short read for a block, and a record may not span three of them.
            more = self.chunk()
            if not more:
                break
            data += more
        if 0 <= size < len(data):
            cut = size - 1 if data[size - 1 : size] == b"\r" and size > 1 else size
            self.unread(data[cut:])
            data = data[:cut]
        if data:
            self._last.append(data)
        return data

    def tail(self) -> str:
        """The last pieces of text given by `read`."""
        return b"".join(self._last).decode("utf-8", "replace")

    def close(self) -> None:
        self.closed = True

    def readable(self) -> bool:
        return True

    def _verified(self, data: bytes) -> bytes:
        data = self._held + data
        cut = len(data) if self._ended else _whole_characters(data)
        self._held, data = data[cut:], data[:cut]
        if not data.isascii():
            try:
                pa.array([data], pa.binary()).cast(pa.string())
            except pa.ArrowInvalid as error:
                start = _first_bad_byte(data)
                offset = self.bytes_read - len(self._held) - len(data) + start
                raise NotUtf8(offset) from error
        return data

    def _transcoded(self, data: bytes) -> bytes:
        assert self._decoder is not None
        text = self._decoder.decode(data, final=self._ended)
        self.damaged += text.count("\ufffd")
        held, self._held = self._held, b""
        return held + text.encode("utf-8", "replace")


def _whole_characters(data: bytes) -> int:
    """Where to cut so that no UTF-8 character is split at the end."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            width = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) if back >= width else len(data) - back
    return len(data)


def _first_bad_byte(data: bytes) -> int:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return 0
