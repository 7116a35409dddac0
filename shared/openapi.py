"""What the OpenAPI document of a service says beside what FastAPI derives: how errors look, where a key goes."""

from typing import Any

from fastapi import FastAPI
from fastapi.security import APIKeyHeader, HTTPBearer

from shared.problems import MEDIA_TYPE

BEARER = HTTPBearer(auto_error=False, scheme_name="bearer", description="`Authorization: Bearer socle_…`")
HEADER = APIKeyHeader(
    name="X-API-Key", auto_error=False, scheme_name="x-api-key", description="The same key, by itself."
)

_TEXT = {"type": "string"}
_PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "Why a request was refused and the way out, in French and in English (RFC 9457). Other members "
    "depend on `type`; docs/reference/problems.md lists them all.",
    "type": "object",
    "required": ["type", "status", "title", "detail", "title_en", "detail_en"],
    "properties": {
        "type": {**_TEXT, "examples": ["urn:socle:problem:invalid-request"]},
        "status": {"type": "integer"},
        "title": _TEXT,
        "detail": _TEXT,
        "title_en": _TEXT,
        "detail_en": _TEXT,
        "instance": {**_TEXT, "description": "Path of the request."},
        "request_id": {**_TEXT, "description": "What to quote to the operator."},
        "errors": {
            "description": "Each place that does not fit, by its JSON pointer (`/body/title`, `/query/limit`).",
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "message", "message_en"],
                "properties": {"pointer": _TEXT, "message": _TEXT, "message_en": _TEXT},
            },
        },
    },
}
_REFUSED = {
    "description": "Refused: the request, the key, the state of the resource, or too many requests.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
# What FastAPI says of its own errors, which nobody is answered.
_NOT_OURS = ("HTTPValidationError", "ValidationError")


class DocumentedApp(FastAPI):
    """An application that describes its errors as it answers them, and a key as what an operation may need."""

    def openapi(self) -> dict[str, Any]:
        """Return the document, derived once."""
        derived = self.openapi_schema is not None
        document = super().openapi()
        if not derived:
            _complete(document)
        return document


def _complete(document: dict[str, Any]) -> None:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _NOT_OURS:
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["4XX"] = _REFUSED
            if "security" in operation:
                # Whether a key is needed depends on what is asked: 401 and 403 tell.
                operation["security"].append({})
