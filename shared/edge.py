"""The HTTP edge of every service: what a request may look like, and how each error is answered."""

import asyncio
import re
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import problems
from shared.observability.logging import get_logger, logging_context, request_id_or_new
from shared.observability.metrics import REQUESTS
from shared.problems import InvalidRequest, MalformedRequest, Problem
from shared.settings import Settings

logger = get_logger(__name__)

EXPOSED_HEADERS = [
    "ETag",
    "Link",
    "Location",
    "Preference-Applied",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-Id",
]
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "cross-origin",
}
# Where a dependency puts headers for the answer, whoever makes it (`scope["state"]`).
ADDED_HEADERS = "added_headers"
# Pages of ours say their own policy; anything else is data and may load nothing.
CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'"
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
            raise _JsonUnreadable(_json_problem(error)) from error
        return value


class _JsonUnreadable(HTTPException):
    """Carries a problem through FastAPI's body parsing, which lets only HTTPException pass."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(status_code=problem.status)
        self.problem = problem


class StrictRoute(APIRoute):
    """A route that reads its body through `StrictRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, given strict requests."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return strict


def respond(problem: Problem, scope: Mapping[str, Any]) -> Response:
    """Return a problem as a response."""
    state = scope.get("state") or {}
    return Response(
        problem.body(instance=scope.get("path"), request_id=state.get("request_id")),
        status_code=problem.status,
        media_type=problems.MEDIA_TYPE,
        headers={**problem.headers, "cache-control": "no-store"},
    )


# pydantic's error types -> French words; `{…}` are members of the error's context.
_FRENCH = {
    "missing": "cette valeur est obligatoire",
    "extra_forbidden": "ce nom n'est pas connu ici",
    "string_type": "un texte est attendu",
    "string_too_long": "{max_length} caractères au plus sont acceptés",
    "string_too_short": "{min_length} caractères au moins sont attendus",
    "string_pattern_mismatch": "la valeur ne suit pas le motif « {pattern} »",
    "int_parsing": "un nombre entier est attendu",
    "int_type": "un nombre entier est attendu",
    "int_parsing_size": "ce nombre entier est démesuré",
    "int_from_float": "un nombre entier est attendu",
    "float_parsing": "un nombre est attendu",
    "bool_parsing": "« true » ou « false » est attendu",
    "greater_than_equal": "la valeur doit être supérieure ou égale à {ge}",
    "greater_than": "la valeur doit être supérieure à {gt}",
    "less_than_equal": "la valeur doit être inférieure ou égale à {le}",
    "less_than": "la valeur doit être inférieure à {lt}",
    "literal_error": "la valeur doit être l'une de : {expected}",
    "enum": "la valeur doit être l'une de : {expected}",
    "uuid_parsing": "un identifiant UUID est attendu",
    "uuid_type": "un identifiant UUID est attendu",
    "url_parsing": "une adresse (URL) est attendue",
    "url_scheme": "l'adresse doit commencer par : {expected_schemes}",
    "url_too_long": "l'adresse est trop longue",
    "datetime_parsing": "une date et une heure ISO 8601 sont attendues",
    "datetime_from_date_parsing": "une date et une heure ISO 8601 sont attendues",
    "date_parsing": "une date AAAA-MM-JJ est attendue",
    "date_from_datetime_parsing": "une date AAAA-MM-JJ est attendue",
    "list_type": "une liste est attendue",
    "dict_type": "un objet est attendu",
    "model_type": "un objet est attendu",
    "model_attributes_type": "un objet est attendu",
    "too_long": "{max_length} éléments au plus sont acceptés",
    "too_short": "{min_length} éléments au moins sont attendus",
    "json_invalid": "le JSON est illisible",
    "none_required": "cette valeur doit être absente",
}


def french_message(kind: str, context: Mapping[str, Any], english: str) -> str:
    """Return the French words for one of pydantic's errors."""
    template = _FRENCH.get(kind)
    if kind == "value_error" and (said := getattr(context.get("error"), "fr", None)):
        return str(said)
    if template is None:
        return f"valeur refusée ({english})"
    try:
        return template.format(**context)
    except (KeyError, IndexError):
        return template


def _pointer(location: tuple[Any, ...]) -> str:
    return "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in location)


def validation_problem(error: RequestValidationError) -> InvalidRequest:
    """Return the problem for what pydantic found; the rejected values themselves are not repeated."""
    listed = [
        {
            "pointer": _pointer(item["loc"]),
            "message": french_message(item["type"], item.get("ctx") or {}, item["msg"]),
            "message_en": item["msg"],
        }
        for item in error.errors()[:50]
    ]
    return InvalidRequest.listing(listed)


_BY_STATUS: dict[int, tuple[type[Problem], str, str]] = {
    400: (
        MalformedRequest,
        "La requête ne peut pas être lue : vérifiez son format.",
        "The request cannot be read: check its format.",
    ),
    404: (
        problems.NotFound,
        "Rien ne répond à cette adresse : la liste des adresses est dans la documentation (/docs).",
        "Nothing answers at this address: the addresses are listed in the documentation (/docs).",
    ),
    405: (
        problems.MethodNotAllowed,
        "Cette adresse n'accepte pas cette méthode : voyez l'en-tête « Allow ».",
        "This address does not accept this method: see the `Allow` header.",
    ),
    413: (
        problems.PayloadTooLarge,
        "Le corps de la requête dépasse la taille acceptée : réduisez-le ou découpez-le.",
        "The request body exceeds the accepted size: reduce or split it.",
    ),
    415: (
        problems.UnsupportedMediaType,
        "Ce type de contenu n'est pas accepté ici.",
        "This content type is not accepted here.",
    ),
}


def http_problem(error: HTTPException) -> Problem:
    """Return the problem for an error raised by the framework."""
    if isinstance(error, _JsonUnreadable):
        return error.problem
    kind, fr, en = _BY_STATUS.get(error.status_code, _BY_STATUS[400])
    return kind(fr=fr, en=en, headers=dict(error.headers or {}))


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error of an application a problem document."""

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return respond(error, request.scope)

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return respond(validation_problem(error), request.scope)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return respond(http_problem(error), request.scope)

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)


_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def target_problem(scope: Scope) -> Problem | None:
    """Return what is wrong with the path and query of a request: NUL, or bytes that are not UTF-8."""
    decoded = unquote_to_bytes(scope.get("query_string", b"").replace(b"+", b" "))
    path = unquote_to_bytes(scope.get("raw_path") or scope["path"].encode())
    for data in (decoded, path):
        if b"\x00" in data:
            return MalformedRequest(
                fr="L'adresse contient le caractère NUL (%00), que rien ne peut enregistrer : retirez-le.",
                en="The address holds the character NUL (%00), which cannot be stored: remove it.",
            )
        try:
            data.decode()
        except UnicodeDecodeError:
            return MalformedRequest(
                fr="L'adresse contient des octets qui ne sont pas de l'UTF-8 : encodez-la en UTF-8.",
                en="The address holds bytes that are not UTF-8: encode it in UTF-8.",
            )
    return None


class _SlowBody(Exception):
    """The next part of the body did not come in time."""


class EdgeMiddleware:
    """The outermost layer (pure ASGI): request id, log line, metrics, slow bodies, crashes, safe headers."""

    def __init__(self, app: ASGIApp, service: str, settings: Settings) -> None:
        self._app = app
        self._service = service
        self._body_timeout = settings.body_timeout_seconds
        self._max_body = settings.max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_or_new(Headers(scope=scope).get("x-request-id"))
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 500

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                for name, value in (SECURITY_HEADERS | scope["state"].get(ADDED_HEADERS, {})).items():
                    headers[name] = value
                headers.setdefault("content-security-policy", CONTENT_SECURITY_POLICY)
            await send(message)

        with logging_context(request_id=request_id, service=self._service):
            await self._serve(scope, self._timely(receive), send_marked)
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "unmatched")
            REQUESTS.labels(self._service, scope["method"], route, str(status)).observe(seconds)
            logger.info(
                "request",
                method=scope["method"],
                path=scope["path"][:500],
                status=status,
                ms=round(seconds * 1000, 1),
            )

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def send_watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            problem = target_problem(scope)
            if problem is None:
                await self._app(scope, receive, send_watched)
                return
        except _SlowBody:
            problem = problems.RequestTimeout(
                fr=f"Aucun octet n'est arrivé pendant {self._body_timeout:g} secondes : reprenez l'envoi.",
                en=f"No byte came for {self._body_timeout:g} seconds: send again.",
                headers={"connection": "close"},
            )
        except Exception:
            logger.exception("request crashed", method=scope["method"], path=scope["path"][:500])
            problem = problems.InternalError.unexpected()
        if not begun:
            await respond(problem, scope)(scope, receive, send_watched)

    def _timely(self, receive: Receive) -> Receive:
        complete = False

        async def receive_in_time() -> Message:
            nonlocal complete
            if complete:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), self._body_timeout)
            except TimeoutError:
                raise _SlowBody from None
            complete = not message.get("more_body", False)
            return message

        return receive_in_time
