"""How a request is read: JSON strictly, and no parameter that is not known."""

from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import Request, Response, params
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from shared.problems import (
    InvalidRequest,
    MalformedRequest,
    PayloadTooLarge,
    Problem,
    UnsupportedMediaType,
    json_pointer,
)
from shared.uploads import declared_length

DEEPEST_JSON = 100


class JsonRefused(ValueError):
    """A JSON text that no client needs to send: NUL, too deep."""


def check_json(value: Any, depth: int = 0) -> None:
    """Raise `JsonRefused` when a decoded JSON value is nested too deep or holds a NUL character."""
    if depth > DEEPEST_JSON:
        raise JsonRefused("depth")
    if isinstance(value, str):
        if "\x00" in value:
            raise JsonRefused("nul")
    elif isinstance(value, dict):
        for key, member in value.items():
            check_json(key, depth + 1)
            check_json(member, depth + 1)
    elif isinstance(value, list):
        for item in value:
            check_json(item, depth + 1)


def _json_problem(error: Exception) -> MalformedRequest:
    reason = str(error)
    if reason == "nul":
        return MalformedRequest(
            fr="Le corps JSON contient le caractère NUL (U+0000), que rien ne peut enregistrer : retirez-le.",
            en="The JSON body holds the character NUL (U+0000), which cannot be stored: remove it.",
        )
    if reason == "depth" or "depth limit" in reason:
        return MalformedRequest(
            fr=f"Le corps JSON est imbriqué sur plus de {DEEPEST_JSON} niveaux : aplatissez-le.",
            en=f"The JSON body is nested more than {DEEPEST_JSON} levels deep: flatten it.",
        )
    return MalformedRequest(
        fr=f"Le corps n'est pas du JSON valide en UTF-8 ({reason}) : corrigez-le à cet endroit.",
        en=f"The body is not valid UTF-8 JSON ({reason}): correct it at this place.",
    )


class StrictRequest(Request):
    """A request whose JSON is read strictly: no NaN, no lone surrogate, no NUL, bounded depth."""

    async def json(self) -> Any:
        """Return the decoded body; raises `MalformedRequest`."""
        body = await self.body()
        try:
            value = orjson.loads(body)
            check_json(value)
        except (ValueError, RecursionError) as error:
            raise Carried(_json_problem(error)) from error
        return value


async def bounded_json(request: Request, max_bytes: int) -> Any:
    """Return the JSON body of a request whose route has no limit of its own.

    Raises `PayloadTooLarge` beyond `max_bytes`, `MalformedRequest`.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if max(len(body), declared_length(request)) > max_bytes:
            raise PayloadTooLarge(
                fr=f"Le corps JSON dépasse {max_bytes} octets : réduisez-le.",
                en=f"The JSON body exceeds {max_bytes} bytes: reduce it.",
            )
    whole = StrictRequest(request.scope)
    whole._body = bytes(body)
    return await whole.json()


class Carried(HTTPException):
    """Carries a problem through FastAPI's body parsing, which lets only HTTPException pass."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(status_code=problem.status)
        self.problem = problem


class StrictRoute(APIRoute):
    """A route that refuses query parameters it does not know, and reads JSON, and only JSON, strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, given strict requests."""
        handle = super().get_route_handler()
        known = [
            field.alias
            for field in get_flat_params(self.dependant)
            # The members of a parameter model (`Annotated[Model, Query()]`) are plain fields.
            if isinstance(field.field_info, params.Query) or not isinstance(field.field_info, params.Param)
        ]
        takes_json = self.body_field is not None

        async def strict(request: Request) -> Response:
            _refuse_unknown_parameters(request, known)
            if takes_json:
                _require_json(request)
            return await handle(StrictRequest(request.scope, request.receive))

        return strict


def _refuse_unknown_parameters(request: Request, known: list[str]) -> None:
    unknown = [name for name in request.query_params if name not in known]
    if not unknown:
        return
    listed = ", ".join(known)
    fr = f"ce paramètre n'est pas connu ici ({listed or 'aucun ne l’est'})"
    en = f"this parameter is not known here ({listed or 'none is'})"
    raise InvalidRequest.listing(
        [
            {"pointer": json_pointer(("query", name[:100])), "message": fr, "message_en": en}
            for name in unknown[:50]
        ]
    )


def _require_json(request: Request) -> None:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    bodiless = "transfer-encoding" not in request.headers and declared_length(request) == 0
    if bodiless or content_type == "application/json" or content_type.endswith("+json"):
        return
    raise UnsupportedMediaType(
        fr="Envoyez le corps en JSON, avec l'en-tête « Content-Type: application/json ».",
        en="Send the body as JSON, with the header `Content-Type: application/json`.",
    )
