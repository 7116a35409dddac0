"""What is answered when all is well: JSON with strong ETags, conditional requests (RFC 9110, section 13)."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from shared.pagination import next_link
from shared.problems import PreconditionFailed, PreconditionRequired


def strong_etag(body: bytes) -> str:
    """Return the strong ETag of a representation."""
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def _listed(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def not_modified(request: Request, etag: str) -> bool:
    """Tell whether the client already holds this representation (`If-None-Match`)."""
    header = request.headers.get("if-none-match")
    return header is not None and (header.strip() == "*" or etag in _listed(header))


def require_match(request: Request, etag: str) -> None:
    """Raise `PreconditionFailed` when `If-Match` names another version than the present one."""
    header = request.headers.get("if-match")
    if header is not None and header.strip() != "*" and etag not in _listed(header):
        raise PreconditionFailed(
            fr="La ressource a changé depuis que vous l'avez lue : relisez-la, puis refaites votre modification.",
            en="The resource has changed since you read it: read it again, then make your change anew.",
        )


def require_present(request: Request, document: Any) -> None:
    """Raise unless `If-Match` names the present version of a document: nothing is replaced unseen.

    Raises `PreconditionRequired` without the header, `PreconditionFailed` for another version.
    """
    if request.headers.get("if-match") is None:
        raise PreconditionRequired(
            fr="Ce remplacement demande l'en-tête « If-Match » : lisez la ressource et renvoyez son « ETag ».",
            en="This replacement needs the header `If-Match`: read the resource and send its `ETag` back.",
        )
    require_match(request, strong_etag(orjson.dumps(document)))


def bytes_response(
    request: Request, body: bytes, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a representation with its strong ETag, or 304 when the client holds it already."""
    etag = strong_etag(body)
    marked = {**(headers or {}), "etag": etag, "cache-control": "no-cache"}
    if not_modified(request, etag):
        return Response(status_code=304, headers=marked)
    return Response(body, media_type=media_type, headers=marked)


def json_response(request: Request, document: Any) -> Response:
    """Return a document as JSON with its strong ETag, or 304 when the client holds it already."""
    return bytes_response(request, orjson.dumps(document), "application/json")


def created_response(document: dict[str, Any]) -> Response:
    """Return a resource just created, or found again by its idempotency key; `Location` is its `self`."""
    headers = {"location": document["self"]}
    return Response(orjson.dumps(document), 201, media_type="application/json", headers=headers)


def page_response(request: Request, document: dict[str, Any]) -> Response:
    """Return a page `{items, next, …}`; its `Link` header names the next one, every parameter kept."""
    response = json_response(request, document)
    if document["next"] is not None:
        query = request.query_params.multi_items()
        response.headers["link"] = next_link(request.url.path, query, document["next"])
    return response
