"""Records and finds which collectivité uses which application for which local data."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.domain.claims import Claim, Statement, Status, says_again
from services.directory.domain.domaines import DOMAINES
from services.directory.domain.problems import AlreadyListed
from services.directory.operations import claims, history
from services.directory.operations.addresses import EDITEURS, PROGICIELS, USAGES
from services.directory.operations.claims import Said
from services.directory.operations.collectivites import PATH as COLLECTIVITES
from services.directory.operations.context import DirectoryContext, DirectoryProcess
from services.directory.operations.rights import may_wish
from services.directory.schemas.usages import UsageInput
from services.directory.store import progiciels as software_store
from services.directory.store import usages as store
from services.directory.store.rows import Brought, bring_all
from services.directory.tables import Usage
from shared import idempotency
from shared.auth import Caller
from shared.clock import now
from shared.ids import new_id
from shared.problems import InvalidRequest

UNIQUE = ("siren", "progiciel_id", "version", "domaine")


@dataclass(frozen=True)
class Stated:
    """A usage that was said: its id, and whether saying it brought anything new."""

    id: UUID
    changed: bool


async def add_usage(
    context: DirectoryProcess, session: AsyncSession, body: UsageInput, *, caller: Caller, key: str | None
) -> UUID:
    """Record a usage with its first claim, and return its id.

    Raises `InvalidRequest` for a collectivité or application that is not listed, `AlreadyListed` for a usage that
    is (say more of it by a claim), `IdempotencyKeyReused`.
    """
    usage_id = new_id()
    replayed = await idempotency.claim(
        session,
        caller=caller.name,
        key=key,
        request_fingerprint=idempotency.fingerprint(body.model_dump_json()),
        resource_id=usage_id,
    )
    if replayed is not None:
        return replayed
    await require_parts(session, body.siren, body.progiciel_id)
    vendors = await software_store.vendors_of(session, [body.progiciel_id])
    [brought] = await bring_all(session, Usage, [_row(body, caller, vendors, usage_id)], UNIQUE)
    if not brought.new:
        raise AlreadyListed.at(context.link(f"{USAGES}/{brought.id}"))
    await _record(session, [body], [brought], vendors, caller=caller)
    return brought.id


async def state_usages(
    session: AsyncSession, bodies: Sequence[UsageInput], *, caller: Caller
) -> list[Stated]:
    """Say what some bodies say, of which every part is listed (see `missing_parts`), in their order.

    A usage that is not listed yet is recorded; of one that is, it is said again. What the same speaker has said
    already, as lately, changes nothing.
    """
    vendors = await software_store.vendors_of(session, {body.progiciel_id for body in bodies})
    rows = [_row(body, caller, vendors, new_id()) for body in bodies]
    brought = await bring_all(session, Usage, rows, UNIQUE)
    return await _record(session, bodies, brought, vendors, caller=caller)


async def _record(
    session: AsyncSession,
    bodies: Sequence[UsageInput],
    brought: Sequence[Brought],
    vendors: Mapping[UUID, str],
    *,
    caller: Caller,
) -> list[Stated]:
    """Write the history of usages that were brought in, what is said of them and which exports are wanted."""
    known = await store.claims_on(session, "usage", {one.id for one in brought})
    wanted: dict[UUID, bool] = {}
    created, said, told, stated = [], [], [], []
    for body, one in zip(bodies, brought, strict=True):
        stated_on = body.stated_on or now().date()
        if one.new:
            shown = body.model_dump(mode="json", exclude={"source", "stated_on"})
            shown["export_wanted"] = one.row["export_wanted"]
            created.append(history.Entry("usage", one.id, "created", body.siren, after=shown))
        news = one.new or not says_again(known[one.id], caller.name, stated_on)
        if news:
            said.append(Said(one.id, Statement.DECLARE, body.source.model_dump(), body.stated_on))
            known[one.id].append(Claim(Statement.DECLARE, caller.name, caller.owner_siren, stated_on, now()))
        before = wanted.get(one.id, one.row["export_wanted"])
        allowed = may_wish(caller, body.siren, vendors.get(body.progiciel_id), before)
        if body.export_wanted is not None and body.export_wanted != before and allowed:
            wanted[one.id] = body.export_wanted
            told.append(
                history.Entry(
                    "usage",
                    one.id,
                    "updated",
                    body.siren,
                    before={"export_wanted": before},
                    after={"export_wanted": body.export_wanted},
                )
            )
            news = True
        stated.append(Stated(one.id, news))
    await history.record_all(session, created, caller=caller)
    if said:
        await claims.add(session, "usage", said, caller=caller)
    if wanted:
        await store.set_export_wanted(session, wanted)
        await history.record_all(session, told, caller=caller)
    return stated


def _row(body: UsageInput, caller: Caller, vendors: Mapping[UUID, str], usage_id: UUID) -> dict[str, Any]:
    moment = now()
    allowed = may_wish(caller, body.siren, vendors.get(body.progiciel_id), None)
    return {
        "id": usage_id,
        "siren": body.siren,
        "progiciel_id": body.progiciel_id,
        "version": body.version,
        "domaine": body.domaine,
        "status": Status.DECLARED.value,
        "valid_until": moment.date(),
        "created_at": moment,
        "export_wanted": body.export_wanted if allowed else None,
    }


async def require_parts(session: AsyncSession, siren: str, progiciel_id: UUID | None) -> None:
    """Raise `InvalidRequest` for a collectivité or an application that is not listed."""
    [missing] = await missing_parts(session, [(siren, progiciel_id)])
    if missing is not None:
        raise missing


async def missing_parts(
    session: AsyncSession, parts: Sequence[tuple[str, UUID | None]]
) -> list[InvalidRequest | None]:
    """Return, for each collectivité with an application, what is wrong when one of them is not listed."""
    sirens = await store.listed(session, {siren for siren, _ in parts})
    sold = await software_store.vendors_of(session, {one for _, one in parts if one is not None})
    return [_missing(siren, one, sirens, sold) for siren, one in parts]


def _missing(
    siren: str, progiciel_id: UUID | None, sirens: Collection[str], sold: Collection[UUID]
) -> InvalidRequest | None:
    if siren not in sirens:
        return InvalidRequest.at(
            "/body/siren",
            fr=f"Le SIREN {siren} n'est celui d'aucune collectivité du référentiel : choisissez-la dans "
            f"{COLLECTIVITES}?q=.",
            en=f"The SIREN {siren} is that of no collectivité of the reference: pick it from {COLLECTIVITES}?q=.",
        )
    if progiciel_id is not None and progiciel_id not in sold:
        return InvalidRequest.at(
            "/body/progiciel_id",
            fr=f"Aucun progiciel n'a cet identifiant : choisissez-le dans {PROGICIELS}?q=, ou ajoutez-le.",
            en=f"No application has this id: pick it from {PROGICIELS}?q=, or add it.",
        )
    return None


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
