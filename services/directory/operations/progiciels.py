"""Lists vendors, their applications, versions and export modules."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid5

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.domain.claims import Statement, Status
from services.directory.domain.domaines import DOMAINES
from services.directory.domain.folding import words
from services.directory.domain.moderation import Kind
from services.directory.domain.problems import AlreadyListed, NotListed
from services.directory.operations import claims, history, labels
from services.directory.operations.context import DirectoryContext, DirectoryProcess
from services.directory.operations.rights import may_write, require_writer, trusted
from services.directory.operations.submissions import DECLARATIONS, submit
from services.directory.schemas.progiciels import EditeurInput, ModuleInput, ProgicielInput, VersionInput
from services.directory.store import moderation as submissions_store
from services.directory.store import progiciels as store
from services.directory.store.rows import add_unless_there
from services.directory.tables import Editeur, ExportModule, Progiciel, Version
from shared import idempotency
from shared.auth import Caller
from shared.clock import now
from shared.ids import new_id
from shared.problems import InvalidRequest

EDITEURS = "/directory/v1/editeurs"
PROGICIELS = "/directory/v1/progiciels"
MODULES = "/directory/v1/modules"
USAGES = "/directory/v1/usages"
# Vendors are keyed by SIREN; an idempotency key remembers a UUID.
_SIREN_SPACE = UUID("8d1f6f0e-7a0c-5c39-9b0e-0d1a3c0f5e11")


def name_key(name: str) -> str:
    """Return the folded name, by which two spellings of one name are the same."""
    return "".join(words(name))


def search_key(query: str) -> str:
    """Return what to look for in folded names: empty finds all, and a query without a word finds nothing."""
    # A folded name holds no space.
    return name_key(query) or (" " if query.strip() else "")


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
    replayed = await _replayed(session, caller, key, resource_id, body.model_dump_json())
    if replayed is not None:
        return None if trusted(caller) else replayed
    if trusted(caller):
        await publish_editeur(context, session, body, caller=caller)
        return None
    if await store.has_editeur(session, body.siren):
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


async def add_progiciel(
    context: DirectoryProcess, session: AsyncSession, body: ProgicielInput, *, caller: Caller, key: str | None
) -> UUID:
    """List an application and return its id.

    Raises `AlreadyListed`, `NotListed` for another vendor's, `InvalidRequest`, `IdempotencyKeyReused`.
    """
    if not may_write(caller, body.editeur):
        raise NotListed.for_writing("éditeur", "vendor", body.editeur)
    row = Progiciel(
        id=new_id(),
        editeur_siren=body.editeur,
        nom=body.nom,
        nom_key=name_key(body.nom),
        description=body.description,
        url=body.url,
        created_by=caller.name,
        created_at=now(),
    )
    replayed = await _replayed(session, caller, key, row.id, body.model_dump_json())
    if replayed is not None:
        return replayed
    if not await store.has_editeur(session, body.editeur):
        raise InvalidRequest.at(
            "/body/editeur",
            fr=f"L'éditeur {body.editeur} n'est pas dans l'annuaire : ajoutez-le d'abord (POST {EDITEURS}).",
            en=f"The vendor {body.editeur} is not in the directory: add it first (POST {EDITEURS}).",
        )
    if not await add_unless_there(session, row):
        twin = {"editeur_siren": row.editeur_siren, "nom_key": row.nom_key}
        existing = await store.find_id(session, "progiciel", twin)
        raise AlreadyListed.at(context.link(f"{PROGICIELS}/{existing}"))
    await history.record(
        session,
        "progiciel",
        row.id,
        "created",
        caller=caller,
        owner=body.editeur,
        after=body.model_dump(mode="json"),
    )
    return row.id


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
    vendor = await _vendor(session, progiciel_id, caller)
    row = Version(
        id=new_id(),
        progiciel_id=progiciel_id,
        number=body.number,
        released_on=body.released_on,
        created_by=caller.name,
        created_at=now(),
    )
    replayed = await _replayed(session, caller, key, row.id, progiciel_id, body.model_dump_json())
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


async def add_module(
    context: DirectoryProcess,
    session: AsyncSession,
    progiciel_id: UUID,
    body: ModuleInput,
    *,
    caller: Caller,
    key: str | None,
) -> UUID:
    """List an export module with its first claim, and return its id; raises as `add_version` does."""
    vendor = await _vendor(session, progiciel_id, caller)
    moment = now()
    row = ExportModule(
        id=new_id(),
        progiciel_id=progiciel_id,
        domaine=body.domaine,
        schema_name=body.schema_.name,
        schema_version=body.schema_.version,
        policy=body.policy,
        price_note=body.price_note,
        available_since=body.available_since,
        status=Status.DECLARED.value,
        valid_until=moment.date(),
        created_at=moment,
    )
    fingerprint = body.model_dump_json(by_alias=True)
    replayed = await _replayed(session, caller, key, row.id, progiciel_id, fingerprint)
    if replayed is not None:
        return replayed
    if not await add_unless_there(session, row):
        columns = ("progiciel_id", "domaine", "schema_name", "schema_version")
        twin = await store.find_id(session, "export_module", {name: getattr(row, name) for name in columns})
        raise AlreadyListed.at(context.link(f"{MODULES}/{twin}"))
    await history.record(
        session,
        "export_module",
        row.id,
        "created",
        caller=caller,
        owner=vendor,
        after={
            "progiciel_id": progiciel_id,
            **body.model_dump(mode="json", by_alias=True, exclude={"source"}),
        },
    )
    await claims.add(
        session,
        "export_module",
        row.id,
        statement=Statement.DECLARE,
        source=body.source.model_dump(),
        stated_on=body.stated_on,
        caller=caller,
    )
    return row.id


async def _replayed(
    session: AsyncSession, caller: Caller, key: str | None, resource_id: UUID, *asked: object
) -> UUID | None:
    return await idempotency.claim(
        session,
        caller=caller.name,
        key=key,
        request_fingerprint=idempotency.fingerprint(*asked),
        resource_id=resource_id,
    )


async def _vendor(session: AsyncSession, progiciel_id: UUID, caller: Caller) -> str:
    """Return the SIREN of the vendor of an application that the caller may write."""
    require_writer(caller)
    siren = await store.vendor_of(session, progiciel_id)
    if siren is None or not may_write(caller, siren):
        raise NotListed.for_writing("progiciel", "application", progiciel_id)
    return siren


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
            _module(context, found, borne) for found in await store.modules(context.db, progiciel_id, today)
        ],
        "usages": await store.usage_counts(context.db, progiciel_id, today),
        "labels": borne,
        "links": {"usages": context.link(f"{USAGES}?{urlencode({'progiciel': str(progiciel_id)})}")},
    }


async def find_module(context: DirectoryContext, module_id: UUID) -> dict[str, Any]:
    """Return an export module with all that was said of it (see `ModuleDetail`); raises `NotListed`."""
    row = await store.get_module(context.db, module_id, now().date())
    if row is None:
        raise claims.not_listed("export_module", module_id)
    progiciel = await store.get_progiciel(context.db, row["progiciel_id"])
    assert progiciel is not None, "a module has its application by foreign key"
    borne = await labels.of_progiciel(context.db, row["progiciel_id"])
    return {
        **_module(context, row, borne),
        "progiciel": progiciel_summary(context, progiciel),
        "claims": await claims.shown(context.db, "export_module", module_id),
    }


def editeur_summary(context: DirectoryContext, row: dict[str, Any]) -> dict[str, Any]:
    """Return a vendor as lists show it."""
    shown = {name: row[name] for name in ("siren", "nom", "url", "progiciels", "created_at")}
    claimed = row["claimed_at"] is not None
    return {**shown, "claimed": claimed, "self": context.link(f"{EDITEURS}/{row['siren']}")}


def progiciel_summary(context: DirectoryContext, row: dict[str, Any]) -> dict[str, Any]:
    """Return an application as lists show it."""
    siren = row["editeur_siren"]
    return {
        "id": row["id"],
        "nom": row["nom"],
        "editeur": {"siren": siren, "nom": row["editeur_nom"], "self": context.link(f"{EDITEURS}/{siren}")},
        "description": row["description"],
        "url": row["url"],
        "created_at": row["created_at"],
        "self": context.link(f"{PROGICIELS}/{row['id']}"),
    }


def _module(context: DirectoryContext, row: dict[str, Any], borne: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "domaine": row["domaine"],
        "domaine_label": DOMAINES[row["domaine"]][0],
        "schema": {"name": row["schema_name"], "version": row["schema_version"]},
        "policy": row["policy"],
        "price_note": row["price_note"],
        "available_since": row["available_since"],
        **claims.shown_status(row["status_today"]),
        "valid_until": row["valid_until"],
        "labels": [label for label in borne if label["module_id"] == row["id"]],
        "self": context.link(f"{MODULES}/{row['id']}"),
    }
