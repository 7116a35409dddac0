"""Records and finds which collectivité uses which application for which local data."""

from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.domain.claims import Statement, Status
from services.directory.domain.domaines import DOMAINES
from services.directory.domain.problems import AlreadyListed
from services.directory.operations import claims, history
from services.directory.operations.collectivites import PATH as COLLECTIVITES
from services.directory.operations.context import DirectoryContext, DirectoryProcess
from services.directory.operations.progiciels import EDITEURS, PROGICIELS, USAGES
from services.directory.schemas.usages import UsageInput
from services.directory.store import progiciels as software_store
from services.directory.store import usages as store
from services.directory.store.rows import add_unless_there
from services.directory.tables import Usage
from shared import idempotency
from shared.auth import Caller
from shared.clock import now
from shared.ids import new_id
from shared.problems import InvalidRequest


async def add_usage(
    context: DirectoryProcess, session: AsyncSession, body: UsageInput, *, caller: Caller, key: str | None
) -> UUID:
    """Record a usage with its first claim, and return its id.

    Raises `InvalidRequest` for a collectivité or application that is not listed, `AlreadyListed` for a usage that
    is (say more of it by a claim), `IdempotencyKeyReused`.
    """
    moment = now()
    row = Usage(
        id=new_id(),
        siren=body.siren,
        progiciel_id=body.progiciel_id,
        version=body.version,
        domaine=body.domaine,
        status=Status.DECLARED.value,
        valid_until=moment.date(),
        created_at=moment,
        export_wanted=body.export_wanted,
    )
    replayed = await idempotency.claim(
        session,
        caller=caller.name,
        key=key,
        request_fingerprint=idempotency.fingerprint(body.model_dump_json()),
        resource_id=row.id,
    )
    if replayed is not None:
        return replayed
    await require_parts(session, body.siren, body.progiciel_id)
    if not await add_unless_there(session, row):
        columns = ("siren", "progiciel_id", "version", "domaine")
        twin = await software_store.find_id(session, "usage", {name: getattr(row, name) for name in columns})
        raise AlreadyListed.at(context.link(f"{USAGES}/{twin}"))
    await history.record(
        session,
        "usage",
        row.id,
        "created",
        caller=caller,
        owner=body.siren,
        after=body.model_dump(mode="json", exclude={"source", "stated_on"}),
    )
    await claims.add(
        session,
        "usage",
        row.id,
        statement=Statement.DECLARE,
        source=body.source.model_dump(),
        stated_on=body.stated_on,
        caller=caller,
    )
    return row.id


async def repeat_usage(
    session: AsyncSession, body: UsageInput, *, caller: Caller
) -> tuple[UUID, bool] | None:
    """Say again of a usage that is listed already what a body says; return its id and whether that is new.

    None when it is not listed.

    What the same speaker has said already, as lately, changes nothing.
    """
    columns = {name: getattr(body, name) for name in ("siren", "progiciel_id", "version", "domaine")}
    usage_id = await store.find_usage_id(session, columns)
    if usage_id is None:
        return None
    said = await store.claims_on(session, "usage", usage_id)
    stated_on = body.stated_on or now().date()
    new = not any(
        claim.statement in (Statement.DECLARE, Statement.CONFIRM)
        and claim.author == caller.name
        and claim.stated_on >= stated_on
        for claim in said
    )
    if new:
        await claims.add(
            session,
            "usage",
            usage_id,
            statement=Statement.DECLARE,
            source=body.source.model_dump(),
            stated_on=body.stated_on,
            caller=caller,
        )
    wanted = await want_export(session, usage_id, body.siren, body.export_wanted, caller=caller)
    return usage_id, new or wanted


async def want_export(
    session: AsyncSession, usage_id: UUID, siren: str, wanted: bool | None, *, caller: Caller
) -> bool:
    """Keep whether a collectivité wants a standard export, when it is told; return whether that is new."""
    if wanted is None:
        return False
    before = await store.set_export_wanted(session, usage_id, wanted)
    if before == wanted:
        return False
    await history.record(
        session,
        "usage",
        usage_id,
        "updated",
        caller=caller,
        owner=siren,
        before={"export_wanted": before},
        after={"export_wanted": wanted},
    )
    return True


async def require_parts(session: AsyncSession, siren: str, progiciel_id: UUID | None) -> None:
    """Raise `InvalidRequest` for a collectivité or an application that is not listed."""
    if not await store.has_collectivite(session, siren):
        raise InvalidRequest.at(
            "/body/siren",
            fr=f"Le SIREN {siren} n'est celui d'aucune collectivité du référentiel : choisissez-la dans "
            f"{COLLECTIVITES}?q=.",
            en=f"The SIREN {siren} is that of no collectivité of the reference: pick it from {COLLECTIVITES}?q=.",
        )
    if progiciel_id is not None and await software_store.vendor_of(session, progiciel_id) is None:
        raise InvalidRequest.at(
            "/body/progiciel_id",
            fr=f"Aucun progiciel n'a cet identifiant : choisissez-le dans {PROGICIELS}?q=, ou ajoutez-le.",
            en=f"No application has this id: pick it from {PROGICIELS}?q=, or add it.",
        )


async def find_usage(context: DirectoryContext, usage_id: UUID) -> dict[str, Any]:
    """Return a usage with all that was said of it (see `schemas.usages.UsageView`); raises `NotListed`."""
    row = await store.get_usage(context.db, usage_id, now().date())
    if row is None:
        raise claims.not_listed("usage", usage_id)
    return {**usage_summary(context, row), "claims": await claims.shown(context.db, "usage", usage_id)}


def usage_summary(context: DirectoryContext, row: dict[str, Any]) -> dict[str, Any]:
    """Return a usage as lists show it (see `schemas.usages.UsageSummary`)."""
    return {
        "id": row["id"],
        "collectivite": {
            "siren": row["siren"],
            "nom": row["collectivite_nom"],
            "type": row["collectivite_type"],
            "code_departement": row["code_departement"] or None,
            "self": context.link(f"{COLLECTIVITES}/{row['siren']}"),
        },
        "progiciel": {
            "id": row["progiciel_id"],
            "nom": row["progiciel_nom"],
            "self": context.link(f"{PROGICIELS}/{row['progiciel_id']}"),
        },
        "editeur": {
            "siren": row["editeur_siren"],
            "nom": row["editeur_nom"],
            "self": context.link(f"{EDITEURS}/{row['editeur_siren']}"),
        },
        "version": row["version"] or None,
        "domaine": row["domaine"],
        "domaine_label": DOMAINES[row["domaine"]][0],
        **claims.shown_status(row["status"]),
        "valid_until": row["valid_until"],
        "export_wanted": row["export_wanted"],
        "created_at": row["created_at"],
        "self": context.link(f"{USAGES}/{row['id']}"),
    }
