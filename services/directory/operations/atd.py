"""Lists and edits the territorial data facilitators, and counts what those they support publish."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.domain.atd import ECHELLES, METHOD, SECTIONS
from services.directory.domain.names import name_key
from services.directory.domain.problems import AlreadyListed, NotListed
from services.directory.operations import history
from services.directory.operations.collectivites import PATH as COLLECTIVITES
from services.directory.operations.context import DirectoryContext
from services.directory.operations.editing import Edit, Match, remove, replace
from services.directory.operations.rights import may_write, require_writer
from services.directory.schemas.atd import AtdEdit, AtdInput, TerritoriesFields
from services.directory.store import atd as store
from services.directory.store import editing as editing_store
from services.directory.store.progiciels import find_id
from services.directory.store.rows import add_unless_there
from services.directory.tables import Atd
from shared import idempotency
from shared.auth import Caller
from shared.clock import now
from shared.ids import new_id
from shared.problems import InvalidRequest

PATH = "/directory/v1/atd"
_KINDS = {"collectivite": "collectivites", "epci": "epci", "departement": "departements", "region": "regions"}


async def create(
    context: DirectoryContext, session: AsyncSession, body: AtdInput, *, caller: Caller, key: str | None
) -> UUID:
    """List a facilitator and return its id: by the key of the body that carries it, or a moderator.

    Raises `NotListed` for another's, `AlreadyListed`, `InvalidRequest`, `IdempotencyKeyReused`.
    """
    require_writer(caller)
    if not may_write(caller, body.siren):
        raise NotListed.for_writing("animateur", "facilitator", body.siren)
    row = Atd(id=new_id(), siren=body.siren, created_by=caller.name, created_at=now(), **_columns(body))
    replayed = await idempotency.claim(
        session,
        caller=caller.name,
        key=key,
        request_fingerprint=idempotency.fingerprint("atd", body.model_dump_json()),
        resource_id=row.id,
    )
    if replayed is not None:
        return replayed
    await _require_known(session, body.territoires)
    if not await add_unless_there(session, row):
        twin = await find_id(session, "atd", {"siren": body.siren})
        raise AlreadyListed.at(context.link(f"{PATH}/{twin}"))
    await store.set_territories(session, row.id, body.territoires.rows())
    await history.record(
        session,
        "atd",
        row.id,
        "created",
        caller=caller,
        owner=body.siren,
        after=body.model_dump(mode="json"),
    )
    return row.id


async def edit(
    context: DirectoryContext,
    session: AsyncSession,
    atd_id: UUID,
    body: AtdEdit,
    *,
    caller: Caller,
    match: Match,
) -> None:
    """Replace a facilitator; raises `NotListed` for another's, `InvalidRequest`, and what `match` raises."""
    about = Edit(editing_store.ATD, "atd", ("animateur", "facilitator"), atd_id)
    await replace(session, about, _columns(body), caller, match, lambda: find(context, atd_id))
    await _require_known(session, body.territoires)
    before, after = await store.held_territories(session, atd_id), body.territoires.rows()
    if before == after:
        return
    await store.set_territories(session, atd_id, after)
    held = await editing_store.hold(session, editing_store.ATD, atd_id)
    await history.record(
        session,
        "atd",
        atd_id,
        "territories-updated",
        caller=caller,
        owner=held["owner"] if held else None,
        before={"removed": sorted(before - after)},
        after={"added": sorted(after - before)},
    )


async def withdraw(
    context: DirectoryContext, session: AsyncSession, atd_id: UUID, *, caller: Caller, match: Match
) -> None:
    """Remove a facilitator; raises as `editing.remove`."""
    about = Edit(editing_store.ATD, "atd", ("animateur", "facilitator"), atd_id, action="deleted")
    await remove(session, about, caller, match, lambda: find(context, atd_id))


async def find(context: DirectoryContext, atd_id: UUID) -> dict[str, Any]:
    """Return a facilitator (see `schemas.atd.AtdView`); raises `NotListed`."""
    row = await store.get(context.db, atd_id)
    if row is None:
        raise NotListed.of("animateur", "facilitator", atd_id)
    listed: dict[str, list[str]] = {name: [] for name in _KINDS.values()}
    for kind, code in await store.territories(context.db, atd_id):
        listed[_KINDS[kind]].append(code)
    return {
        **summary(context, row),
        "email": row["email"],
        "offre": {section: row[section] for section in SECTIONS},
        "territoires": listed,
        "indicateurs": {
            **await store.indicators(context.db, atd_id),
            "methode": METHOD[0],
            "methode_en": METHOD[1],
        },
        "links": {
            "collectivites": context.link(f"{PATH}/{atd_id}/collectivites"),
            "history": context.link(f"{PATH}/{atd_id}/history"),
            "others": context.link(f"{PATH}?{urlencode({'echelle': row['echelle']})}"),
        },
    }


def summary(context: DirectoryContext, row: dict[str, Any]) -> dict[str, Any]:
    """Return a facilitator as lists show it."""
    names = ("id", "siren", "nom", "echelle", "url", "created_at", "modified_at")
    return {
        **{name: row[name] for name in names},
        "echelle_label": ECHELLES[row["echelle"]][0],
        "self": context.link(f"{PATH}/{row['id']}"),
    }


def supported(context: DirectoryContext, row: dict[str, Any]) -> dict[str, Any]:
    """Return a body that a facilitator supports as lists show it."""
    return {
        **row,
        "code_departement": row["code_departement"] or None,
        "self": context.link(f"{COLLECTIVITES}/{row['siren']}"),
    }


def _columns(body: AtdEdit) -> dict[str, Any]:
    return {
        "nom": body.nom,
        "nom_key": name_key(body.nom),
        "echelle": body.echelle,
        "url": body.url,
        "email": body.email,
        **body.offre.model_dump(),
    }


async def _require_known(session: AsyncSession, territories: TerritoriesFields) -> None:
    named = {"collectivites": territories.collectivites, "epci": territories.epci}
    for name, sirens in named.items():
        unknown = await store.unknown_sirens(session, sirens)
        if unknown:
            listed = ", ".join(unknown[:10])
            raise InvalidRequest.at(
                f"/body/territoires/{name}",
                fr=f"aucune collectivité du référentiel n'a ces SIREN : {listed}. Choisissez-les dans {COLLECTIVITES}.",
                en=f"no collectivité of the reference has these SIREN: {listed}. Pick them from {COLLECTIVITES}.",
            )
