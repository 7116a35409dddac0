"""The HTTP edge of every service: the outermost layer, which each request enters and each answer leaves by."""

import asyncio
import time
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import problems
from shared.answers import http_problem, respond
from shared.db import is_away
from shared.observability.logging import get_logger, logging_context, request_id_or_new
from shared.observability.metrics import REQUESTS
from shared.problems import MalformedRequest, Problem
from shared.requests import Carried
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
    "Upload-Limit",
    "X-Request-Id",
]
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "cross-origin",
}
# Where a dependency puts headers for the answer, whoever makes it (`scope["state"]`).
ADDED_HEADERS = "added_headers"
# Set there when nobody reads the body: an answer that goes on need not begin.
BODILESS = "bodiless"
# Where the server puts the event that is set when it stops, for answers that go on (`scope["state"]`).
STOPPING = "stopping"
# Where this layer puts the problem with which it answers.
PROBLEM = "problem"
# Pages of ours say their own policy; anything else is data and may load nothing.
CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'"


def cors_options(settings: Settings) -> dict[str, Any]:
    """Return what pages of other sites may do, as the arguments of Starlette's `CORSMiddleware`."""
    return {
        "allow_origins": list(settings.cors_origins),
        "allow_methods": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        "allow_headers": ["*"],
        "expose_headers": EXPOSED_HEADERS,
        "max_age": 3600,
    }


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
        self._shown_elsewhere = CORSMiddleware(_answer, **cors_options(settings))
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
            scope["state"][BODILESS] = True

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
            scope["state"][PROBLEM] = problem
            # A page of another site reads why it was refused; a preflight that was refused is answered as it is.
            answer = _answer if scope["method"] == "OPTIONS" else self._shown_elsewhere
            await answer(scope, receive, send)

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
                raise Carried(self._slow_body()) from None
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


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(scope["state"][PROBLEM], scope)(scope, receive, send)


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
