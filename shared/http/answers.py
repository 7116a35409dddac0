"""What a fetch gives: an answer still to be read, and an answer read to its end."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass

from shared.http.errors import FetchFailed


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, whole and within its limits. `url` is the last one after redirects; `body` is None when it went to
    a sink; `size` (bytes) and `sha256` (hexadecimal) are those of the decoded body."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    size: int
    sha256: str
    etag: str | None
    last_modified: str | None
    not_modified: bool


class Incoming:
    """An answer whose body is still to come: iterate over it once, to its end, for the decoded bytes.

    `size` and `sha256` are complete after that. Iterating raises FetchFailed when a limit is passed.
    """

    def __init__(
        self, status: int, url: str, headers: Mapping[str, str], pieces: AsyncGenerator[bytes], max_bytes: int
    ) -> None:
        self.status = status
        self.url = url
        self.headers = headers
        self.size = 0
        self._pieces = pieces
        self._max_bytes = max_bytes
        self._hash = hashlib.sha256()

    @property
    def not_modified(self) -> bool:
        """Whether the server says that what we have is still right (304)."""
        return self.status == 304

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes given so far, in hexadecimal."""
        return self._hash.hexdigest()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._pieces:
            self.size += len(piece)
            if self.size > self._max_bytes:
                raise FetchFailed("too-large", limit=self._max_bytes)
            self._hash.update(piece)
            yield piece

    async def aclose(self) -> None:
        """Stop reading."""
        await self._pieces.aclose()

    def fetched(self, body: bytes | None) -> Fetched:
        """Return the finished answer."""
        return Fetched(
            status=self.status,
            url=self.url,
            headers=self.headers,
            body=body,
            size=self.size,
            sha256=self.sha256,
            etag=self.headers.get("etag"),
            last_modified=self.headers.get("last-modified"),
            not_modified=self.not_modified,
        )
