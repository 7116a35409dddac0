"""Edits and removes what is in the directory: by its organisation or a moderator, seen before, kept in the history."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.domain.names import name_key
from services.directory.domain.problems import (
    AlreadyListed,
    NotAvailableToKey,
    NotListed,
    StillUsed,
    VersionLabelled,
)
from services.directory.operations import history
from services.directory.operations.addresses import EDITEURS, PROGICIELS
from services.directory.operations.context import DirectoryContext
from services.directory.operations.editeurs import find_editeur
from services.directory.operations.history import Subject
from services.directory.operations.modules import find_module
from services.directory.operations.progiciels import find_progiciel
from services.directory.operations.rights import may_write, require_writer
from services.directory.schemas.progiciels import EditeurEdit, ModuleEdit, ProgicielEdit, VersionInput
from services.directory.store import editing as store
from services.directory.store import labels as labels_store
from services.directory.store.editing import Editable
from shared.auth import Caller
from shared.clock import now

# Compares a document with the version that the client has seen; raises when it is another.
Match = Callable[[dict[str, Any]], None]
Document = Callable[[], Awaitable[dict[str, Any]]]
# What nobody is shown of a row.
_INTERNAL = frozenset({"owner", "nom_key", "created_by", "revision"})


@dataclass(frozen=True)
class Edit:
    """An entry to edit: what it is for SQL and for the history, and its name in both languages."""

    entry: Editable
    subject: Subject
    names: tuple[str, str]
    key: object
    # A part has no history of its own: what changes is told of the whole.
    whole: object = None
    action: str = "updated"


async def edit_editeur(
    context: DirectoryContext,
    session: AsyncSession,
    siren: str,
    body: EditeurEdit,
    *,
    caller: Caller,
    match: Match,
) -> None:
    """Replace what is said of a vendor; raises `NotListed`, and what `match` raises."""
    edit = Edit(store.EDITEUR, "editeur", ("éditeur", "vendor"), siren)
    values = {**body.model_dump(), "nom_key": name_key(body.nom)}
    await replace(session, edit, values, caller, match, lambda: find_editeur(context, siren))


async def edit_progiciel(
    context: DirectoryContext,
    session: AsyncSession,
    progiciel_id: UUID,
    body: ProgicielEdit,
    *,
    caller: Caller,
    match: Match,
) -> None:
    """Replace what is said of an application; raises `NotListed`, `AlreadyListed`, and what `match` raises."""
    edit = Edit(store.PROGICIEL, "progiciel", ("progiciel", "application"), progiciel_id)
    values = {**body.model_dump(), "nom_key": name_key(body.nom)}
    if not await replace(session, edit, values, caller, match, lambda: find_progiciel(context, progiciel_id)):
        raise AlreadyListed.at(context.link(f"{PROGICIELS}?q={body.nom}"))


async def edit_version(
    context: DirectoryContext,
    session: AsyncSession,
    progiciel_id: UUID,
    version_id: UUID,
    body: VersionInput,
    *,
    caller: Caller,
    match: Match,
) -> None:
    """Replace what is said of a version; the ETag is that of its application.

    Raises as `edit_progiciel`, and `VersionLabelled`: what a label attests cannot be given another number.
    """
    edit, held = await _of_version(session, progiciel_id, version_id, "version-updated")
    label = await labels_store.attesting(session, version_id)
    if label is not None and body.number != held["number"] and may_write(caller, held["owner"]):
        raise VersionLabelled.by(label)
    if not await replace(
        session, edit, body.model_dump(), caller, match, lambda: find_progiciel(context, progiciel_id)
    ):
        raise AlreadyListed.at(context.link(f"{PROGICIELS}/{progiciel_id}"))


async def edit_module(
    context: DirectoryContext,
    session: AsyncSession,
    module_id: UUID,
    body: ModuleEdit,
    *,
    caller: Caller,
    match: Match,
) -> None:
    """Replace the commercial terms of an export module; raises `NotListed`, and what `match` raises."""
    edit = Edit(store.MODULE, "export_module", ("module d'export", "export module"), module_id)
    await replace(session, edit, body.model_dump(), caller, match, lambda: find_module(context, module_id))


async def remove_editeur(
    context: DirectoryContext, session: AsyncSession, siren: str, *, caller: Caller, match: Match
) -> None:
    """Remove a vendor that sells nothing; raises as `remove`."""
    edit = Edit(store.EDITEUR, "editeur", ("éditeur", "vendor"), siren, action="deleted")
    await remove(session, edit, caller, match, lambda: find_editeur(context, siren))


async def remove_progiciel(
    context: DirectoryContext, session: AsyncSession, progiciel_id: UUID, *, caller: Caller, match: Match
) -> None:
    """Remove an application of which nothing is said; raises as `remove`."""
    edit = Edit(store.PROGICIEL, "progiciel", ("progiciel", "application"), progiciel_id, action="deleted")
    await remove(session, edit, caller, match, lambda: find_progiciel(context, progiciel_id))


async def remove_version(
    context: DirectoryContext,
    session: AsyncSession,
    progiciel_id: UUID,
    version_id: UUID,
    *,
    caller: Caller,
    match: Match,
) -> None:
    """Remove a version that no label names; the ETag is that of its application. Raises as `remove`."""
    edit, _ = await _of_version(session, progiciel_id, version_id, "version-removed")
    await remove(session, edit, caller, match, lambda: find_progiciel(context, progiciel_id))


async def _of_version(
    session: AsyncSession, progiciel_id: UUID, version_id: UUID, action: str
) -> tuple[Edit, Mapping[str, Any]]:
    edit = Edit(store.VERSION, "progiciel", ("version", "version"), version_id, progiciel_id, action)
    held = await store.hold(session, store.VERSION, version_id)
    if held is None or held["progiciel_id"] != progiciel_id:
        raise NotListed.for_writing(*edit.names, version_id)
    return edit, held


async def claim_page(session: AsyncSession, siren: str, *, caller: Caller) -> None:
    """Give a vendor its page, on the word of a key bound to its SIREN; again, it changes nothing.

    Raises `Unauthenticated`, `Forbidden`, `NotAvailableToKey`, `NotListed`.
    """
    require_writer(caller)
    if caller.owner_siren is None:
        raise NotAvailableToKey.needs_siren()
    held = await store.hold(session, store.EDITEUR, siren)
    if held is None or caller.owner_siren != siren:
        raise NotListed.for_writing("éditeur", "vendor", siren)
    if held["claimed_at"] is None:
        moment = now()
        await store.replace(session, store.EDITEUR, siren, {"claimed_at": moment})
        await history.record(
            session,
            "editeur",
            siren,
            "claimed",
            caller=caller,
            owner=siren,
            after={"claimed_at": moment, "self": f"{EDITEURS}/{siren}"},
        )


async def replace(
    session: AsyncSession,
    edit: Edit,
    values: Mapping[str, Any],
    caller: Caller,
    match: Match,
    document: Document,
) -> bool:
    """Write what differs, with its history; False when another entry has that name.

    Raises `Unauthenticated`, `Forbidden`, `NotListed` (unknown, or another's), and what `match` raises.
    """
    held = await _held(session, edit, caller)
    match(await document())
    changed = {name: value for name, value in values.items() if held[name] != value}
    if not changed:
        return True
    stamp = {"modified_at": now()} if "modified_at" in held else {}
    if not await store.replace(session, edit.entry, edit.key, {**changed, **stamp}):
        return False
    shown = [name for name in changed if name != "nom_key"]
    await history.record(
        session,
        edit.subject,
        edit.whole or edit.key,
        edit.action,
        caller=caller,
        owner=held["owner"],
        before={name: held[name] for name in shown},
        after={name: changed[name] for name in shown},
    )
    return True


async def remove(session: AsyncSession, edit: Edit, caller: Caller, match: Match, document: Document) -> None:
    """Remove an entry on which nothing rests; its history stays, with what it was.

    Raises `Unauthenticated`, `Forbidden`, `NotListed` (unknown, or another's), `StillUsed`, and what `match` raises.
    """
    held = await _held(session, edit, caller)
    match(await document())
    if not await store.remove(session, edit.entry, edit.key):
        raise StillUsed.by_others()
    await history.record(
        session,
        edit.subject,
        edit.whole or edit.key,
        edit.action,
        caller=caller,
        owner=held["owner"],
        before={name: value for name, value in held.items() if name not in _INTERNAL},
    )


async def _held(session: AsyncSession, edit: Edit, caller: Caller) -> dict[str, Any]:
    """Return an entry, locked, that the caller may write."""
    require_writer(caller)
    held = await store.hold(session, edit.entry, edit.key)
    if held is None or not may_write(caller, held["owner"]):
        raise NotListed.for_writing(*edit.names, edit.key)
    return held
