"""Keeps contacts, shows them to those whom they are for, records who read them, erases them."""

from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.domain.contacts import CONSENT_TEXTS, PURPOSES
from services.directory.domain.problems import NotAvailableToKey, NotListed
from services.directory.operations import history
from services.directory.operations.addresses import USAGES
from services.directory.operations.context import DirectoryContext
from services.directory.operations.editing import Match
from services.directory.operations.rights import MODERATE, moderates, require_writer
from services.directory.schemas.contacts import ContactFields, ContactInput
from services.directory.store import contacts as store
from services.directory.tables import Contact, ContactAccess
from shared import idempotency
from shared.auth import Caller
from shared.clock import now
from shared.ids import new_id

PATH = "/directory/v1/contacts"
_PERSONAL = ("nom", "fonction", "email", "telephone")


async def create(session: AsyncSession, body: ContactInput, *, caller: Caller, key: str | None) -> UUID:
    """Keep a contact of the caller's organisation, or of any one for a moderator, and return its id."""
    require_writer(caller)
    _require_own(caller, body.siren, body.siren)
    contact_id = new_id()
    replayed = await idempotency.claim(
        session,
        caller=caller.name,
        key=key,
        request_fingerprint=idempotency.fingerprint(body.model_dump_json()),
        resource_id=contact_id,
    )
    if replayed is not None:
        return replayed
    await add(session, body.siren, body, purpose="organisation", caller=caller, contact_id=contact_id)
    return contact_id


async def add(
    session: AsyncSession,
    siren: str,
    fields: ContactFields,
    *,
    purpose: str,
    caller: Caller,
    contact_id: UUID | None = None,
    submission_id: UUID | None = None,
) -> UUID:
    """Keep a contact and return its id; the history tells that it is there, and nothing of it."""
    moment = now()
    row = Contact(
        id=contact_id or new_id(),
        siren=siren,
        submission_id=submission_id,
        purpose=purpose,
        created_at=moment,
        modified_at=moment,
        **_columns(fields),
    )
    await store.add(session, row)
    told = {"kind": row.kind, "purpose": purpose, "audience": row.audience}
    await history.record(session, "contact", row.id, "created", caller=caller, owner=siren, after=told)
    return row.id


async def read(
    context: DirectoryContext, session: AsyncSession, contact_id: UUID, *, caller: Caller
) -> dict[str, Any]:
    """Return a contact to one whom it is for, and record the reading; raises `NotListed` for anybody else."""
    row = await _held(session, contact_id, caller, vendor_too=True)
    await _note(session, contact_id, "read", caller)
    return shown(context, row)


async def rectify(
    context: DirectoryContext,
    session: AsyncSession,
    contact_id: UUID,
    body: ContactFields,
    *,
    caller: Caller,
    match: Match,
) -> None:
    """Replace a contact; raises `NotListed` for another's or an erased one, and what `match` raises."""
    row = await _held(session, contact_id, caller)
    if row["erased_at"] is not None:
        raise NotListed.for_writing("contact", "contact", contact_id)
    match(shown(context, row))
    values = _columns(body)
    changed = sorted(name for name, value in values.items() if row[name] != value)
    await store.replace(session, contact_id, {**values, "modified_at": now()})
    await _note(session, contact_id, "changed", caller)
    # The names of what changed, never the values.
    await history.record(
        session,
        "contact",
        contact_id,
        "updated",
        caller=caller,
        owner=row["siren"],
        after={"fields": changed},
    )


async def forget(session: AsyncSession, contact_id: UUID, *, caller: Caller) -> None:
    """Erase a contact; raises `NotListed` for another's. Again, it changes nothing."""
    await _held(session, contact_id, caller)
    await erase(session, [contact_id], caller=caller)


async def erase(session: AsyncSession, ids: list[UUID], *, caller: Caller, reason: str = "") -> int:
    """Empty all that is personal of some contacts, keep that it was done, and return how many were not empty."""
    emptied = await store.erase(session, ids, now())
    for row in emptied:
        await _note(session, row["id"], "erased", caller)
        await history.record(
            session, "contact", row["id"], "erased", caller=caller, owner=row["siren"], reason=reason
        )
    return len(emptied)


async def export_person(
    context: DirectoryContext, session: AsyncSession, email: str, *, caller: Caller
) -> dict[str, Any]:
    """Return all that is kept of a person, by her address, for a moderator who answers her request."""
    caller.require(MODERATE)
    entries = []
    for row in await store.of_person(session, email.strip().lower()):
        await _note(session, row["id"], "exported", caller)
        accesses = await store.accesses(session, row["id"], after=None, limit=10_000)
        entries.append({"contact": shown(context, row), "accesses": accesses})
    return {"exported_at": now(), "contacts": entries}


async def erase_person(session: AsyncSession, email: str, *, caller: Caller) -> int:
    """Erase all that is kept of a person, by her address, and return how many contacts that was."""
    caller.require(MODERATE)
    found = await store.of_person(session, email.strip().lower())
    return await erase(session, [row["id"] for row in found], caller=caller, reason="request of the person")


async def accesses(
    session: AsyncSession, contact_id: UUID, *, caller: Caller, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Return who did what with a contact, to its organisation or a moderator; raises `NotListed`."""
    await _held(session, contact_id, caller)
    return await store.accesses(session, contact_id, after=after, limit=limit)


async def page(
    context: DirectoryContext, *, siren: str | None, caller: Caller, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Return contacts without anything personal: any to a moderator; its own and those left for it to an organisation.

    Raises `Unauthenticated`, `Forbidden`, `NotAvailableToKey`, `NotListed` for another organisation's.
    """
    require_writer(caller)
    if not moderates(caller):
        if caller.owner_siren is None:
            raise NotAvailableToKey.needs_siren()
        siren = siren or caller.owner_siren
        _require_own(caller, siren, siren)
    rows = await store.page(context.db, siren=siren, after=after, limit=limit)
    return [summary(context, row) for row in rows]


def summary(context: DirectoryContext, row: dict[str, Any]) -> dict[str, Any]:
    """Return a contact without anything personal."""
    names = ("id", "siren", "kind", "purpose", "audience", "created_at", "modified_at", "erased_at")
    return {
        **{name: row[name] for name in names},
        "purpose_label": PURPOSES[row["purpose"]][0],
        "usage": context.link(f"{USAGES}/{row['usage_id']}") if row["usage_id"] else None,
        "self": context.link(f"{PATH}/{row['id']}"),
    }


def shown(context: DirectoryContext, row: dict[str, Any]) -> dict[str, Any]:
    """Return a contact whole."""
    consent = None
    if row["consent_on"] is not None:
        consent = {
            "given_on": row["consent_on"],
            "how": row["consent_how"],
            "text_version": row["consent_text"],
            "text": CONSENT_TEXTS[row["consent_text"]][0],
        }
    return {**summary(context, row), **{name: row[name] for name in _PERSONAL}, "consent": consent}


def _columns(fields: ContactFields) -> dict[str, Any]:
    consent = fields.consent
    return {
        "kind": fields.kind,
        "audience": fields.audience,
        **{name: getattr(fields, name) for name in _PERSONAL},
        "email_key": fields.email.lower(),
        "consent_on": consent.given_on if consent else None,
        "consent_how": consent.how if consent else None,
        "consent_text": consent.text_version if consent else None,
    }


async def _held(
    session: AsyncSession, contact_id: UUID, caller: Caller, *, vendor_too: bool = False
) -> dict[str, Any]:
    require_writer(caller)
    row = await store.hold(session, contact_id)
    if row is None:
        raise NotListed.for_writing("contact", "contact", contact_id)
    if vendor_too and row["audience"] == "editeur" and row["editeur_siren"] == (caller.owner_siren or ""):
        return row
    _require_own(caller, row["siren"], contact_id)
    return row


def _require_own(caller: Caller, siren: str | None, key: object) -> None:
    # A key bound to no organisation brings data in; it is nobody for whom a contact was left.
    if not moderates(caller) and (siren is None or caller.owner_siren != siren):
        raise NotListed.for_writing("contact", "contact", key)


async def _note(session: AsyncSession, contact_id: UUID, action: str, caller: Caller) -> None:
    await store.add(
        session,
        ContactAccess(
            id=new_id(),
            contact_id=contact_id,
            action=action,
            author=caller.name,
            author_siren=caller.owner_siren,
            recorded_at=now(),
        ),
    )
