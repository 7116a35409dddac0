"""Answers that several resources give: a created resource, a page of a list."""

from typing import Any

import orjson
from fastapi import Request
from fastapi.responses import Response

from shared.caching import json_response
from shared.pagination import next_link

SCOPE = "directory:write"


def created(document: dict[str, Any]) -> Response:
    """Return a resource just created, or found again by its idempotency key."""
    return Response(
        orjson.dumps(document), 201, media_type="application/json", headers={"location": document["self"]}
    )


def page(request: Request, document: dict[str, Any]) -> Response:
    """Return a page of a list; its `Link` header names the next one, every parameter kept."""
    response = json_response(request, document)
    if document["next"] is not None:
        response.headers["link"] = next_link(
            request.url.path, request.query_params.multi_items(), document["next"]
        )
    return response
