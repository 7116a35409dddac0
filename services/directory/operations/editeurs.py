"""Lists vendors: at once for those who may publish, else by a page proposed to the moderators."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid5

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.domain.moderation import Kind
from services.directory.domain.names import name_key
from services.directory.domain.problems import AlreadyListed, NotListed
from services.directory.operations import history
from services.directory.operations.addresses import EDITEURS, PROGICIELS, USAGES
from services.directory.operations.context import DirectoryContext, DirectoryProcess
from services.directory.operations.rights import may_write, trusted
from services.directory.operations.submissions import DECLARATIONS, submit
from services.directory.operations.summaries import editeur_summary
from services.directory.schemas.progiciels import EditeurInput
from services.directory.store import moderation as submissions_store
from services.directory.store import progiciels as store
from services.directory.store.rows import add_unless_there
from services.directory.tables import Editeur
from shared import idempotency
from shared.auth import Caller
from shared.clock import now
from shared.ids import new_id

# Vendors are keyed by SIREN; an idempotency key remembers a UUID.
_SIREN_SPACE = UUID("8d1f6f0e-7a0c-5c39-9b0e-0d1a3c0f5e11")


async def add_editeur(
    context: DirectoryProcess, session: AsyncSession, body: EditeurInput, *, caller: Caller, key: str | None
) -> UUID | None:
    """List a vendor and return None, or the id of the submission in which its page waits for a moderator.

    A key bound to a SIREN may only propose the page of that vendor, which waits. Raises `AlreadyListed`,
    `NotListed` for another vendor's, `IdempotencyKeyReused`.
    """
    if not may_write(caller, body.siren):
        raise NotListed.for_writing("éditeur", "vendor", body.siren)
    resource_id = uuid5(_SIREN_SPACE, body.siren) if trusted(caller) else new_id()
    replayed = await idempotency.claim(
        session,
        caller=caller.name,
        key=key,
        request_fingerprint=idempotency.fingerprint(body.model_dump_json()),
        resource_id=resource_id,
    )
    if replayed is not None:
        return None if trusted(caller) else replayed
    if trusted(caller):
        await publish_editeur(context, session, body, caller=caller)
        return None
    if await store.listed_editeurs(session, [body.siren]):
        raise AlreadyListed.at(context.link(f"{EDITEURS}/{body.siren}"))
    waiting = await submissions_store.waiting_vendor(session, body.siren)
    if waiting is not None:
        raise AlreadyListed.at(context.link(f"{DECLARATIONS}/{waiting}"))
    return await submit(
        session, Kind.VENDOR, body.model_dump(mode="json"), caller=caller, submission_id=resource_id
    )


async def publish_editeur(
    context: DirectoryProcess, session: AsyncSession, body: EditeurInput, *, caller: Caller
) -> None:
    """Put a vendor in the directory; raises `AlreadyListed`."""
    moment = now()
    own = caller.owner_siren == body.siren
    row = Editeur(
        siren=body.siren,
        nom=body.nom,
        nom_key=name_key(body.nom),
        url=body.url,
        created_by=caller.name,
        created_at=moment,
        claimed_at=moment if own else None,
    )
    if not await add_unless_there(session, row):
        raise AlreadyListed.at(context.link(f"{EDITEURS}/{body.siren}"))
    await history.record(
        session,
        "editeur",
        body.siren,
        "created",
        caller=caller,
        owner=body.siren,
        after=body.model_dump(mode="json"),
    )


async def find_editeur(context: DirectoryContext, siren: str) -> dict[str, Any]:
    """Return a vendor (see `schemas.progiciels.EditeurView`); raises `NotListed`."""
    row = await store.get_editeur(context.db, siren)
    if row is None:
        raise NotListed.of("éditeur", "vendor", siren)
    links = {
        "progiciels": context.link(f"{PROGICIELS}?{urlencode({'editeur': siren})}"),
        "usages": context.link(f"{USAGES}?{urlencode({'editeur': siren})}"),
    }
    return {**editeur_summary(context, row), "links": links}
