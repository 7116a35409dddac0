"""`/validation/v1/labels/{id}` and its forms: what anybody reads and verifies of a label, without a key."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from services.validation.domain.labels import badge, views
from services.validation.domain.labels.addresses import Purpose
from services.validation.domain.labels.did import did_document
from services.validation.domain.labels.facts import GrantedLabel
from services.validation.domain.labels.page import write_page
from services.validation.domain.labels.presented import MOST_BYTES
from services.validation.domain.labels.terms import context as terms_context
from services.validation.engine.render.page import CONTENT_SECURITY_POLICY
from services.validation.operations import label_verification as operations
from services.validation.operations.context import ValidationContext
from services.validation.operations.validations import rate_of
from services.validation.schemas.labels_public import EmbedView, PublicLabel, ShieldView, VerificationView
from shared.app import CallerDep, context_of, count_hit
from shared.caching import bytes_response
from shared.language import Lang, Language, language_of
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1", tags=["labels"], route_class=StrictRoute)
labels = APIRouter(prefix="/labels", tags=["labels"], route_class=StrictRoute)

CREDENTIAL = "application/vc"
TOKEN = "application/vc+jwt"  # noqa: S105
JSON_LD = "application/ld+json"
DID = "application/did+json"
SVG = "image/svg+xml"
HTML = "text/html; charset=utf-8"
JSON = "application/json"
# A label may be suspended from one moment to the next; the context and the keys change far less.
SHORT = f"public, max-age={views.FRESH_SECONDS}"
DAY = "public, max-age=86400"

_PRESENTED = {
    "requestBody": {
        "required": True,
        "content": {
            CREDENTIAL: {"schema": {"type": "object", "description": "The credential as JSON."}},
            "text/plain": {
                "schema": {"type": "string", "description": "A JWT, or the address or the id of a label."}
            },
            SVG: {"schema": {"type": "string", "description": "A badge with the credential in it."}},
        },
    }
}


def _served(
    request: Request, body: bytes | str, media_type: str, freshness: str = SHORT, **headers: str
) -> Response:
    content = body.encode() if isinstance(body, str) else body
    response = bytes_response(
        request, content, media_type, {name.replace("_", "-"): value for name, value in headers.items()}
    )
    response.headers["cache-control"] = freshness
    return response


@router.get("/did.json", summary="DID document: the keys that sign labels", response_class=Response)
async def read_did_document(request: Request) -> Response:
    """Return the keys under which credentials and status lists verify; those that are retired too.

    Keys that cannot be read for the moment are an error (503), never a document without them.
    """
    signer = context_of(request).signer
    return _served(request, orjson.dumps(did_document(signer.issuer, signer.ring)), DID)


@labels.get("/context/v1", summary="JSON-LD context of the credentials", response_class=Response)
async def read_context(request: Request) -> Response:
    """Return what the terms of our own mean to JSON-LD tools; a version never changes."""
    document = terms_context(context_of(request).signer.issuer)
    return _served(request, orjson.dumps(document), JSON_LD, DAY)


@labels.get("/status/{purpose}/{number}", summary="Status list", response_class=Response)
async def read_status_list(
    request: Request, purpose: Purpose, number: Annotated[int, Path(ge=0, le=1_000_000)]
) -> Response:
    """Return a signed Bitstring status list: a bit that is set means revoked, or suspended."""
    document = await operations.status_list(context_of(request), purpose, number)
    return _served(request, orjson.dumps(document), CREDENTIAL)


@labels.post(
    "/verify",
    response_model=VerificationView,
    openapi_extra=_PRESENTED,
    max_body_size=MOST_BYTES,
    summary="Verify a credential",
)
async def verify_label(request: Request, caller: CallerDep) -> Response:
    """Say what a credential is worth at this moment: send it as it was downloaded (JSON, JWT or SVG), or its address.

    Its form is told from its bytes, whatever `Content-Type` says. Nothing is kept.
    """
    context: ValidationContext = context_of(request)
    await count_hit(request, "verifications", rate_of(context, caller), caller.name)
    document = await operations.verify(context, await request.body())
    return Response(orjson.dumps(document), media_type=JSON, headers={"cache-control": "no-store"})


@labels.get("/{label_id}", response_model=PublicLabel, summary="Read a label")
async def read_label(request: Request, label_id: UUID) -> Response:
    """Return a label, its state at this moment, and the addresses of its other forms."""
    context: ValidationContext = context_of(request)
    label = await operations.find(context, label_id)
    return _served(request, orjson.dumps(views.label_view(label, context.signer.issuer)), JSON)


@labels.get("/{label_id}/page", summary="Page that verifies a label", response_class=Response)
async def read_page(request: Request, label_id: UUID, lang: Lang = None) -> Response:
    """Return a page for people, in French or English, that needs nothing else."""
    context: ValidationContext = context_of(request)
    label = await operations.find(context, label_id)
    language = language_of(request, lang)
    report_public = await operations.report_is_public(context, label)
    return _served(
        request,
        write_page(label, context.signer.issuer, language, report_public=report_public),
        HTML,
        content_security_policy=CONTENT_SECURITY_POLICY + "; frame-ancestors 'none'",
        content_language=language,
        vary="Accept-Language",
    )


Write = Callable[[GrantedLabel, ValidationContext], bytes | str | Any]


def _add_form(
    form: str, media_type: str, summary: str, description: str, write: Write, **options: Any
) -> None:
    extension = form.rpartition(".")[2]

    async def read_form(request: Request, label_id: UUID) -> Response:
        context: ValidationContext = context_of(request)
        written = write(await operations.find(context, label_id), context)
        body = written if isinstance(written, bytes | str) else orjson.dumps(written)
        name = f'inline; filename="label-{label_id}.{extension}"'
        return _served(request, body, media_type, content_disposition=name)

    labels.add_api_route(
        f"/{{label_id}}/{form}",
        read_form,
        name=f"read_label_{form.replace('.', '_')}",
        summary=summary,
        description=description,
        response_class=Response,
        **(options or {"responses": {200: {"content": {media_type: {"schema": {"type": "string"}}}}}}),
    )


def _badge(language: Language, label: GrantedLabel, _: ValidationContext) -> str:
    return badge.draw(label, language)


def _shield(language: Language, label: GrantedLabel, _: ValidationContext) -> Any:
    return views.shield(label, language)


_add_form(
    "credential.json",
    CREDENTIAL,
    "Signed credential (JSON)",
    "Verifiable Credential 2.0 and Open Badges 3.0, with its `eddsa-jcs-2022` proof, as it was issued.",
    lambda label, _: label.credential.document,
    responses={200: {"content": {CREDENTIAL: {"schema": {"type": "object"}}}}},
)
_add_form(
    "credential.jwt",
    TOKEN,
    "Signed credential (JWT)",
    "The same credential as `vc+jwt`, for Open Badges tools.",
    lambda label, _: label.credential.jwt,
)
_add_form(
    "badge.baked.svg",
    SVG,
    "Badge with the credential in it",
    "An SVG image to keep (Open Badges baking); it does not say the state, which changes.",
    lambda label, _: badge.draw_baked(label),
)
_add_form(
    "embed.json",
    JSON,
    "Snippets for a page",
    "What to paste in a page to show the badge, in HTML and in Markdown.",
    lambda label, context: {
        language: views.embed(label, context.signer.issuer, language) for language in ("fr", "en")
    },
    response_model=EmbedView,
)
_LANGUAGES: tuple[tuple[Language, str], ...] = (("fr", "French"), ("en", "English"))
for _language, _named in _LANGUAGES:
    _add_form(
        f"badge.{_language}.svg",
        SVG,
        f"Badge in {_named}",
        "An SVG image that says the state of the label at this moment, with a text alternative.",
        partial(_badge, _language),
    )
    _add_form(
        f"shield.{_language}.json",
        JSON,
        f"Badge for shields.io, in {_named}",
        "What the endpoint badge of shields.io reads.",
        partial(_shield, _language),
        response_model=ShieldView,
    )

router.include_router(labels)
