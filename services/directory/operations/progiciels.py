"""Lists applications and their versions, and shows them."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.domain.names import name_key
from services.directory.domain.problems import AlreadyListed, NotListed
from services.directory.operations import history, labels
from services.directory.operations.addresses import EDITEURS, PROGICIELS, USAGES
from services.directory.operations.context import DirectoryContext, DirectoryProcess
from services.directory.operations.rights import may_write, require_writer
from services.directory.operations.summaries import module_summary, progiciel_summary
from services.directory.schemas.progiciels import ProgicielInput, VersionInput
from services.directory.store import progiciels as store
from services.directory.store.rows import Brought, Row, add_unless_there, bring_all
from services.directory.tables import Progiciel, Version
from shared import idempotency
from shared.auth import Caller
from shared.clock import now
from shared.ids import new_id
from shared.problems import InvalidRequest, Problem

UNIQUE = ("editeur_siren", "nom_key")


async def add_progiciel(
    context: DirectoryProcess, session: AsyncSession, body: ProgicielInput, *, caller: Caller, key: str | None
) -> UUID:
    """List an application and return its id.

    Raises `AlreadyListed`, `NotListed` for another vendor's, `InvalidRequest`, `IdempotencyKeyReused`.
    """
    row = _row(body, caller)
    replayed = await idempotency.claim(
        session,
        caller=caller.name,
        key=key,
        request_fingerprint=idempotency.fingerprint(body.model_dump_json()),
        resource_id=row["id"],
    )
    if replayed is not None:
        return replayed
    [refused] = await refusals(session, [body], caller=caller)
    if refused is not None:
        raise refused
    [brought] = await _bring(session, [body], [row], caller)
    if not brought.new:
        raise AlreadyListed.at(context.link(f"{PROGICIELS}/{brought.id}"))
    return brought.id


async def bring_progiciels(
    session: AsyncSession, bodies: Sequence[ProgicielInput], *, caller: Caller
) -> list[Brought]:
    """List those applications that are not; return what is listed for each. None is refused (see `refusals`)."""
    return await _bring(session, bodies, [_row(body, caller) for body in bodies], caller)


async def _bring(
    session: AsyncSession, bodies: Sequence[ProgicielInput], rows: Sequence[Row], caller: Caller
) -> list[Brought]:
    brought = await bring_all(session, Progiciel, rows, UNIQUE)
    entries = [
        history.Entry("progiciel", one.id, "created", body.editeur, after=body.model_dump(mode="json"))
        for body, one in zip(bodies, brought, strict=True)
        if one.new
    ]
    await history.record_all(session, entries, caller=caller)
    return brought


async def refusals(
    session: AsyncSession, bodies: Sequence[ProgicielInput], *, caller: Caller
) -> list[Problem | None]:
    """Return, for each application to list, why the caller may not: another vendor's, or one not listed."""
    listed = await store.listed_editeurs(session, {body.editeur for body in bodies})
    return [_refusal(body.editeur, listed, caller) for body in bodies]


def _refusal(editeur: str, listed: set[str], caller: Caller) -> Problem | None:
    if not may_write(caller, editeur):
        return NotListed.for_writing("éditeur", "vendor", editeur)
    if editeur not in listed:
        return InvalidRequest.at(
            "/body/editeur",
            fr=f"L'éditeur {editeur} n'est pas dans l'annuaire : ajoutez-le d'abord (POST {EDITEURS}).",
            en=f"The vendor {editeur} is not in the directory: add it first (POST {EDITEURS}).",
        )
    return None


def _row(body: ProgicielInput, caller: Caller) -> dict[str, Any]:
    return {
        "id": new_id(),
        "editeur_siren": body.editeur,
        "nom": body.nom,
        "nom_key": name_key(body.nom),
        "description": body.description,
        "url": body.url,
        "created_by": caller.name,
        "created_at": now(),
    }


async def add_version(
    context: DirectoryProcess,
    session: AsyncSession,
    progiciel_id: UUID,
    body: VersionInput,
    *,
    caller: Caller,
    key: str | None,
) -> None:
    """List a version of an application; raises `NotListed`, `AlreadyListed`, `IdempotencyKeyReused`."""
    require_writer(caller)
    vendor = (await store.vendors_of(session, [progiciel_id])).get(progiciel_id)
    if vendor is None or not may_write(caller, vendor):
        raise NotListed.for_writing("progiciel", "application", progiciel_id)
    row = Version(
        id=new_id(),
        progiciel_id=progiciel_id,
        number=body.number,
        released_on=body.released_on,
        created_by=caller.name,
        created_at=now(),
    )
    replayed = await idempotency.claim(
        session,
        caller=caller.name,
        key=key,
        request_fingerprint=idempotency.fingerprint(progiciel_id, body.model_dump_json()),
        resource_id=row.id,
    )
    if replayed is not None:
        return
    if not await add_unless_there(session, row):
        raise AlreadyListed.at(context.link(f"{PROGICIELS}/{progiciel_id}"))
    await history.record(
        session,
        "progiciel",
        progiciel_id,
        "version-added",
        caller=caller,
        owner=vendor,
        after={"version_id": row.id, **body.model_dump(mode="json")},
    )


async def find_progiciel(context: DirectoryContext, progiciel_id: UUID) -> dict[str, Any]:
    """Return an application with all that is known of it (see `ProgicielView`); raises `NotListed`."""
    row = await store.get_progiciel(context.db, progiciel_id)
    if row is None:
        raise NotListed.of("progiciel", "application", progiciel_id)
    today = now().date()
    borne = await labels.of_progiciel(context.db, progiciel_id)
    return {
        **progiciel_summary(context, row),
        "versions": await store.versions(context.db, progiciel_id),
        "modules": [
            module_summary(context, found, borne)
            for found in await store.modules(context.db, progiciel_id, today)
        ],
        "usages": await store.usage_counts(context.db, progiciel_id, today),
        "labels": borne,
        "links": {"usages": context.link(f"{USAGES}?{urlencode({'progiciel': str(progiciel_id)})}")},
    }
