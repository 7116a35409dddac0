"""`/directory/v1/contacts`: whom to write to; personal data, shown to those whom they are for."""

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.directory.api.writing import Seen, after_id, page_by_id
from services.directory.domain.contacts import CONSENT_TEXTS, PRESENT_TEXT, PURPOSES
from services.directory.operations import contacts as operations
from services.directory.operations.context import DirectoryContext
from services.directory.schemas.contacts import (
    AccessPage,
    ConsentText,
    ContactFields,
    ContactInput,
    ContactPage,
    ContactQuery,
    ContactView,
    Erased,
    PersonExport,
    PersonInput,
)
from services.directory.schemas.history import PageQuery
from shared import idempotency
from shared.app import CallerDep, context_of
from shared.caching import created_response, json_response, strong_etag
from shared.idempotency import IdempotencyKey
from shared.requests import StrictRoute

router = APIRouter(prefix="/v1/contacts", tags=["contacts"], route_class=StrictRoute)

LISTING = "contacts"


def _private(document: object) -> Response:
    """Return personal data: no cache may keep them."""
    body = orjson.dumps(document)
    headers = {"etag": strong_etag(body), "cache-control": "no-store"}
    return Response(body, media_type="application/json", headers=headers)


@router.get("/consent", response_model=ConsentText, summary="Read the text of consent")
async def read_consent(request: Request) -> Response:
    """Return the text to show to a person before her consent is asked, and what contacts are kept for."""
    text, text_en = CONSENT_TEXTS[PRESENT_TEXT]
    purposes = {code: labels[0] for code, labels in PURPOSES.items()}
    return json_response(
        request, {"version": PRESENT_TEXT, "text": text, "text_en": text_en, "purposes": purposes}
    )


@router.post("", status_code=201, response_model=ContactView, summary="Leave a contact")
async def create_contact(
    request: Request, body: ContactInput, caller: CallerDep, key: IdempotencyKey = None
) -> Response:
    """Keep a mailbox, or a person who agreed, for one's own organisation (or any, for a moderator)."""
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        contact_id = await operations.create(session, body, caller=caller, key=idempotency.check(key))
        document = await operations.read(context, session, contact_id, caller=caller)
    response = created_response(document)
    response.headers["cache-control"] = "no-store"
    return response


@router.get("", response_model=ContactPage, summary="List contacts, without anything personal")
async def list_contacts(
    request: Request, query: Annotated[ContactQuery, Query()], caller: CallerDep
) -> Response:
    """List the contacts of one's organisation and those left for it as a vendor, without a name nor an address."""
    context: DirectoryContext = context_of(request)
    items = await operations.page(
        context,
        siren=query.siren,
        caller=caller,
        after=after_id(LISTING, query.cursor),
        limit=query.limit + 1,
    )
    return page_by_id(request, LISTING, items, query.limit)


@router.get("/{contact_id}", response_model=ContactView, summary="Read a contact")
async def read_contact(request: Request, contact_id: UUID, caller: CallerDep) -> Response:
    """Return a contact to those whom it is for; that it was read, by whom and when, is recorded."""
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        document = await operations.read(context, session, contact_id, caller=caller)
    return _private(document)


@router.put("/{contact_id}", response_model=ContactView, summary="Correct a contact")
async def edit_contact(
    request: Request, contact_id: UUID, body: ContactFields, caller: CallerDep, seen: Seen
) -> Response:
    """Replace a contact; `If-Match` is needed."""
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        await operations.rectify(context, session, contact_id, body, caller=caller, match=seen)
        document = await operations.read(context, session, contact_id, caller=caller)
    return _private(document)


@router.delete("/{contact_id}", status_code=204, summary="Erase a contact")
async def delete_contact(request: Request, contact_id: UUID, caller: CallerDep) -> Response:
    """Erase all that is personal, at once and everywhere; only the fact of the erasure is kept."""
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        await operations.forget(session, contact_id, caller=caller)
    return Response(status_code=204)


@router.get("/{contact_id}/accesses", response_model=AccessPage, summary="Read who read a contact")
async def list_accesses(
    request: Request, contact_id: UUID, query: Annotated[PageQuery, Query()], caller: CallerDep
) -> Response:
    """List who read, changed, exported or erased a contact, oldest first."""
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        items = await operations.accesses(
            session,
            contact_id,
            caller=caller,
            after=after_id("accesses", query.cursor),
            limit=query.limit + 1,
        )
    return page_by_id(request, "accesses", items, query.limit)


@router.post("/export", response_model=PersonExport, summary="Export what is kept of a person")
async def export_person(request: Request, body: PersonInput, caller: CallerDep) -> Response:
    """Return all that is kept of a person, by her address, and who read it; for moderators, who answer her."""
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        document = await operations.export_person(context, session, body.email, caller=caller)
    return _private(document)


@router.post("/erasure", response_model=Erased, summary="Erase what is kept of a person")
async def erase_person(request: Request, body: PersonInput, caller: CallerDep) -> Response:
    """Erase all that is kept of a person, by her address; for moderators, who answer her."""
    context: DirectoryContext = context_of(request)
    async with context.db.transaction() as session:
        erased = await operations.erase_person(session, body.email, caller=caller)
    return _private({"erased": erased})
