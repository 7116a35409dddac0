"""How an error is answered: every one as a problem document, in French and in English."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from shared import problems
from shared.problems import InvalidRequest, MalformedRequest, Problem, json_pointer
from shared.requests import Carried
from shared.uploads import UploadAborted


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


def english_message(context: Mapping[str, Any], english: str) -> str:
    """Return the English words for one of pydantic's errors: those that our own error brings (`en`), else its."""
    return str(getattr(context.get("error"), "en", None) or english)


def validation_problem(error: RequestValidationError) -> InvalidRequest:
    """Return the problem for what pydantic found; the rejected values themselves are not repeated."""
    listed = [
        {
            "pointer": json_pointer(item["loc"]),
            "message": french_message(item["type"], item.get("ctx") or {}, item["msg"]),
            "message_en": english_message(item.get("ctx") or {}, item["msg"]),
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
    if isinstance(error, Carried):
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
