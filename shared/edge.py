"""The HTTP edge of every service: what a request may look like, and how each error is answered."""

import asyncio
import re
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson
from fastapi import FastAPI, Request, Response, params
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import problems
from shared.db import is_away
from shared.observability.logging import get_logger, logging_context, request_id_or_new
from shared.observability.metrics import REQUESTS
from shared.problems import (
    InvalidRequest,
    MalformedRequest,
    PayloadTooLarge,
    Problem,
    UnsupportedMediaType,
)
from shared.settings import Settings
from shared.uploads import UploadAborted, declared_length

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
            raise _Carried(_json_problem(error)) from error
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


class _Carried(HTTPException):
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
            {"pointer": _pointer(("query", name[:100])), "message": fr, "message_en": en}
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
    """Return the French words for one of pydantic's errors: those it brings (`fr`), else those of the table."""
    template = _FRENCH.get(kind)
    if said := context.get("fr") or getattr(context.get("error"), "fr", None):
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
        "Rien ne répond à cette adresse : chaque service donne la liste des siennes (« /catalog/docs », par exemple).",
        "Nothing answers at this address: each service lists its own (`/catalog/docs`, for instance).",
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
    if isinstance(error, _Carried):
        return error.problem
    if error.status_code >= 500:
        return problems.InternalError.unexpected()
    kind, fr, en = _BY_STATUS.get(error.status_code, _BY_STATUS[400])
    return kind(fr=fr, en=en, headers=dict(error.headers or {}))


def allowed_methods(app: FastAPI, path: str) -> list[str]:
    """Return the methods that some route answers at a path; none for an unknown one."""

    def answers(method: str) -> bool:
        scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
        return any(route.matches(dict(scope))[0] is Match.FULL for route in app.router.routes)

    allowed = [method for method in ("GET", "POST", "PUT", "PATCH", "DELETE") if answers(method)]
    if "GET" in allowed:
        allowed.insert(1, "HEAD")
    return [*allowed, "OPTIONS"] if allowed else []


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
        problem = http_problem(error)
        if isinstance(problem, problems.MethodNotAllowed):
            # The framework names the methods of one route; others may answer at the same path.
            problem.headers = {"allow": ", ".join(allowed_methods(app, request.scope["path"]))}
            if request.method == "OPTIONS":
                return Response(status_code=204, headers=problem.headers)
        return respond(problem, request.scope)

    async def on_gone(request: Request, _error: Exception) -> Response:
        return respond(UploadAborted.gone(), request.scope)

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(ClientDisconnect, on_gone)


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


class EdgeMiddleware:
    """The outermost layer (pure ASGI): request id, log line, metrics, slow bodies, crashes, safe headers."""

    def __init__(self, app: ASGIApp, service: str, settings: Settings) -> None:
        self._app = app
        self._service = service
        self._body_timeout = settings.body_timeout_seconds
        self._body_pace = settings.body_min_bytes_per_second

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_or_new(Headers(scope=scope).get("x-request-id"))
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 500
        method = scope["method"]
        if bodiless := method == "HEAD":
            # Answered as GET is, without the body (RFC 9110, section 9.3.2).
            scope = {**scope, "method": "GET"}

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                for name, value in (SECURITY_HEADERS | scope["state"].get(ADDED_HEADERS, {})).items():
                    headers[name] = value
                headers.setdefault("content-security-policy", CONTENT_SECURITY_POLICY)
            elif bodiless and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        with logging_context(request_id=request_id, service=self._service):
            await self._serve(scope, self._timely(receive), send_marked)
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "unmatched")
            REQUESTS.labels(self._service, method, route, str(status)).observe(seconds)
            logger.info(
                "request",
                method=method,
                path=scope["path"][:500],
                status=status,
                ms=round(seconds * 1000, 1),
            )

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False
        refused: int | None = None
        said = b""

        async def send_watched(message: Message) -> None:
            nonlocal begun, refused, said
            if message["type"] == "http.response.start" and not begun:
                refused = message["status"] if _is_plain_error(message) else None
                begun = refused is None
            if begun:
                await send(message)
            else:
                said += message.get("body", b"")

        try:
            problem = target_problem(scope)
            if problem is None:
                await self._app(scope, receive, send_watched)
                if refused is None:
                    return
                problem = _framework_problem(refused, said.decode("utf-8", "replace"))
        except Exception as error:
            where = {"method": scope["method"], "path": scope["path"][:500]}
            if is_away(error):
                logger.error("database away", error=type(error).__name__, **where)
                problem = problems.DatabaseAway()
            else:
                logger.exception("request crashed", **where)
                problem = problems.InternalError.unexpected()
        if not begun:
            await respond(problem, scope)(scope, receive, send)

    def _timely(self, receive: Receive) -> Receive:
        """Wait for each part of the body within the timeout, and for the whole at the pace that is asked for."""
        complete = False
        waited = received = 0.0

        async def receive_in_time() -> Message:
            nonlocal complete, waited, received
            if complete:
                return await receive()
            started = time.perf_counter()
            left = self._body_timeout + received / self._body_pace - waited
            try:
                async with asyncio.timeout(min(left, self._body_timeout)):
                    message = await receive()
            except TimeoutError:
                raise _Carried(self._slow_body()) from None
            waited += time.perf_counter() - started
            received += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            return message

        return receive_in_time

    def _slow_body(self) -> Problem:
        return problems.RequestTimeout(
            fr=f"Le corps de la requête arrive trop lentement (rien pendant {self._body_timeout:g} secondes, ou moins "
            f"de {self._body_pace} octets par seconde) : reprenez l'envoi.",
            en=f"The request body comes too slowly (nothing for {self._body_timeout:g} seconds, or less than "
            f"{self._body_pace} bytes per second): send again.",
            headers={"connection": "close"},
        )


# What the framework's own middleware says in plain text -> the same in French.
_PLAIN_REFUSALS = {
    "Invalid host header": "l'en-tête « Host » ne nomme pas ce service, prenez l'adresse publiée",
    "Disallowed CORS origin": "cette origine web n'est pas acceptée, demandez-la à l'exploitant",
    "Disallowed CORS method": "cette méthode n'est pas acceptée d'une autre origine web",
    "Disallowed CORS headers": "ces en-têtes ne sont pas acceptés d'une autre origine web",
}


def _is_plain_error(start: Message) -> bool:
    """Tell whether the answer that starts is an error in plain text: none of ours."""
    content_type = Headers(raw=start["headers"]).get("content-type", "")
    return start["status"] >= 400 and content_type.startswith("text/plain")


def _framework_problem(status: int, said: str) -> Problem:
    if said not in _PLAIN_REFUSALS:
        return http_problem(HTTPException(status))
    return MalformedRequest(
        fr=f"La requête est refusée : {_PLAIN_REFUSALS[said]}.",
        en=f"The request is refused: {said}. Use the published address and methods.",
    )
