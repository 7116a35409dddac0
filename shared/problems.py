"""Errors that a client can cause, rendered in one place as RFC 9457 `application/problem+json`.

Problem                      root: status, slug and title by class, detail by instance
├── InvalidRequest           422  the body, a parameter or a header does not fit (with JSON pointers)
├── MalformedRequest         400  the bytes cannot be read as HTTP, JSON or multipart
├── Unauthenticated          401  the API key is absent, unknown, revoked or expired
├── Forbidden                403  the API key lacks a scope
├── NotFound                 404  no such resource, or not for this caller
├── MethodNotAllowed         405
├── RequestTimeout           408  the body comes too slowly
├── Conflict                 409
├── PreconditionFailed       412  If-Match names another version
├── PreconditionRequired     428  a write that replaces needs If-Match
├── PayloadTooLarge          413
├── UnsupportedMediaType     415
├── TooManyRequests          429
├── InternalError            500  a bug, never expected
└── Unavailable              503  a part we depend on is away; try again

Services add their own subclasses. Every slug is documented in `docs/reference/problems.md` (a test checks it).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import orjson

PROBLEM_TYPE_PREFIX = "urn:socle:problem:"
MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """An error to be shown to the client.

    `fr` and `en` are the two details: the cause and the way out. `headers` are sent with the answer; any
    other keyword is an extension member of the problem document (RFC 9457, section 3.2).
    """

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal-error"
    title_fr: ClassVar[str] = "Erreur interne"
    title_en: ClassVar[str] = "Internal error"

    def __init__(
        self, *, fr: str, en: str, headers: Mapping[str, str] | None = None, **extra: object
    ) -> None:
        super().__init__(en)
        self.fr = fr
        self.en = en
        self.headers = dict(headers or {})
        self.extra = extra

    def document(self, *, instance: str | None = None, request_id: str | None = None) -> dict[str, object]:
        """Return the members of the problem document, ready for JSON."""
        members: dict[str, object] = {
            "type": PROBLEM_TYPE_PREFIX + self.slug,
            "status": self.status,
            "title": self.title_fr,
            "detail": self.fr,
            "title_en": self.title_en,
            "detail_en": self.en,
        }
        if instance is not None:
            members["instance"] = instance
        if request_id is not None:
            members["request_id"] = request_id
        members.update(self.extra)
        return members

    def body(self, *, instance: str | None = None, request_id: str | None = None) -> bytes:
        """Return the problem document as JSON bytes; a value that JSON cannot hold is written as text."""
        return orjson.dumps(self.document(instance=instance, request_id=request_id), default=str)


class InvalidRequest(Problem):
    """One or several members of the request do not fit; `errors` holds `{pointer, message, message_en}`."""

    status = 422
    slug = "invalid-request"
    title_fr = "Requête invalide"
    title_en = "Invalid request"

    @classmethod
    def at(cls, pointer: str, *, fr: str, en: str) -> "InvalidRequest":
        """Return the problem for a single place, named by a JSON pointer (`/body/title`, `/query/limit`)."""
        return cls.listing([{"pointer": pointer, "message": fr, "message_en": en}])

    @classmethod
    def listing(cls, errors: Sequence[Mapping[str, str]]) -> "InvalidRequest":
        """Return the problem for several places, each `{pointer, message, message_en}`."""
        places = ", ".join(error["pointer"] for error in errors[:5])
        first = errors[0]
        return cls(
            fr=f"La requête est refusée ({places}) : {first['message']}",
            en=f"The request is refused ({places}): {first['message_en']}",
            errors=list(errors),
        )


class MalformedRequest(Problem):
    status = 400
    slug = "malformed-request"
    title_fr = "Requête illisible"
    title_en = "Malformed request"


class Unauthenticated(Problem):
    status = 401
    slug = "unauthenticated"
    title_fr = "Clé d'API refusée"
    title_en = "API key refused"


class Forbidden(Problem):
    status = 403
    slug = "forbidden"
    title_fr = "Droit insuffisant"
    title_en = "Insufficient rights"


class NotFound(Problem):
    status = 404
    slug = "not-found"
    title_fr = "Ressource inconnue"
    title_en = "Unknown resource"


class MethodNotAllowed(Problem):
    status = 405
    slug = "method-not-allowed"
    title_fr = "Méthode non acceptée ici"
    title_en = "Method not allowed here"


class RequestTimeout(Problem):
    status = 408
    slug = "request-timeout"
    title_fr = "Envoi trop lent"
    title_en = "Request too slow"


class Conflict(Problem):
    status = 409
    slug = "conflict"
    title_fr = "Conflit avec l'état présent"
    title_en = "Conflict with the present state"


class PreconditionFailed(Problem):
    status = 412
    slug = "precondition-failed"
    title_fr = "La ressource a changé entre-temps"
    title_en = "The resource has changed meanwhile"


class PreconditionRequired(Problem):
    status = 428
    slug = "precondition-required"
    title_fr = "If-Match attendu"
    title_en = "If-Match needed"


class PayloadTooLarge(Problem):
    status = 413
    slug = "payload-too-large"
    title_fr = "Envoi trop volumineux"
    title_en = "Payload too large"


class UnsupportedMediaType(Problem):
    status = 415
    slug = "unsupported-media-type"
    title_fr = "Type de contenu non accepté"
    title_en = "Unsupported media type"


class TooManyRequests(Problem):
    status = 429
    slug = "too-many-requests"
    title_fr = "Trop de requêtes"
    title_en = "Too many requests"


class InternalError(Problem):
    """A bug: the cause is in the logs under the request id, never in the answer."""

    @classmethod
    def unexpected(cls) -> "InternalError":
        """Return the one document shown for any crash."""
        return cls(
            fr="Une erreur imprévue s'est produite de notre côté. Réessayez (avec la même Idempotency-Key, rien "
            "n'est créé deux fois), et transmettez « request_id » si l'erreur persiste.",
            en="Something unexpected failed on our side. Try again (with the same Idempotency-Key, nothing is "
            "created twice), and send us `request_id` if it persists.",
        )


class Unavailable(Problem):
    status = 503
    slug = "unavailable"
    title_fr = "Service momentanément indisponible"
    title_en = "Service temporarily unavailable"


class DatabaseAway(Unavailable):
    """PostgreSQL does not answer; a transaction that was going on may or may not have been committed."""

    slug = "database-away"

    def __init__(self) -> None:
        super().__init__(
            fr="La base de données ne répond pas. Réessayez dans quelques secondes, avec la même Idempotency-Key si "
            "vous en aviez mis une : rien n'est alors créé deux fois.",
            en="The database does not answer. Try again in a few seconds, with the same Idempotency-Key if you gave "
            "one: nothing is then created twice.",
            headers={"Retry-After": "5"},
        )


def json_pointer(location: tuple[object, ...]) -> str:
    """Return a place in a request as a JSON pointer (RFC 6901)."""
    return "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in location)


def every_problem(root: type[Problem] = Problem) -> Iterator[type[Problem]]:
    """Yield every problem class loaded so far, the root's descendants in no particular order."""
    for child in root.__subclasses__():
        yield child
        yield from every_problem(child)
