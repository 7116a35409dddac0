"""Keyset pagination: `{items, next}` and a `Link` header; a cursor is opaque and cannot be forged by accident."""

import base64
import hashlib
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import Query

from shared.problems import InvalidRequest

MAX_LIMIT = 200
DEFAULT_LIMIT = 50

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items at most in one page.")]
Cursor = Annotated[
    str | None, Query(max_length=1000, description="The `next` of the page before; omit it for the first.")
]


def _seal(listing: str, data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=8, person=listing.encode()[:16]).digest()


def encode_cursor(listing: str, values: Sequence[Any]) -> str:
    """Return the cursor after the item whose ordering values are given (JSON scalars)."""
    data = orjson.dumps(list(values), default=str)
    return base64.urlsafe_b64encode(_seal(listing, data) + data).rstrip(b"=").decode()


def decode_cursor(listing: str, cursor: str, kinds: Sequence[type], *, place: str = "cursor") -> list[Any]:
    """Return the ordering values held by a cursor; raises `InvalidRequest` when it was not made for this list."""
    try:
        # The seal has no secret: what it lets through may still be anything.
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        seal, data = raw[:8], raw[8:]
        if seal != _seal(listing, data):
            raise ValueError("the seal does not match")
        values: list[Any] = orjson.loads(data)
        return [_storable(kind(value)) for kind, value in zip(kinds, values, strict=True)]
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InvalidRequest.at(
            f"/query/{place}",
            fr="Ce curseur n'est pas le « next » d'une page de cette liste : reprenez sans curseur.",
            en="This cursor is not the `next` of a page of this list: start again without it.",
        ) from error


def _storable(value: Any) -> Any:
    """Return a value that some row may hold; a NUL in a text and a number below zero are forged."""
    if (isinstance(value, str) and "\x00" in value) or (isinstance(value, int) and value < 0):
        raise ValueError("no row holds this")
    return value


def next_link(path: str, query: Sequence[tuple[str, str]], cursor: str) -> str:
    """Return the `Link` header value of the next page, every other query parameter kept."""
    kept = [(name, value) for name, value in query if name != "cursor"]
    return f'<{path}?{urlencode([*kept, ("cursor", cursor)])}>; rel="next"'
