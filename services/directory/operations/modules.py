"""Lists export modules, which are known by claims, and shows them with what is said of their terms."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.domain.claims import Claim, Statement, Status, Terms, says_again
from services.directory.domain.problems import AlreadyListed, NotListed
from services.directory.operations import claims, history, labels
from services.directory.operations.addresses import MODULES
from services.directory.operations.claims import Said
from services.directory.operations.context import DirectoryContext, DirectoryProcess
from services.directory.operations.rights import may_write, require_writer
from services.directory.operations.summaries import module_summary, progiciel_summary
from services.directory.schemas.progiciels import ModuleInput
from services.directory.store import progiciels as store
from services.directory.store import usages as claims_store
from services.directory.store.rows import Brought, bring_all
from services.directory.tables import ExportModule
from shared import idempotency
from shared.auth import Caller
from shared.clock import now
from shared.ids import new_id

UNIQUE = ("progiciel_id", "domaine", "schema_name", "schema_version")

# An export module of an application, as it is said.
Proposed = tuple[UUID, ModuleInput]


async def add_module(
    context: DirectoryProcess,
    session: AsyncSession,
    progiciel_id: UUID,
    body: ModuleInput,
    *,
    caller: Caller,
    key: str | None,
) -> UUID:
    """List an export module with its first claim, and return its id.

    Raises `NotListed`, `AlreadyListed` (say more of it by a claim, with other terms if need be),
    `IdempotencyKeyReused`.
    """
    require_writer(caller)
    [refused] = await refusals(session, [progiciel_id], caller=caller)
    if refused is not None:
        raise refused
    row = _row(progiciel_id, body)
    replayed = await idempotency.claim(
        session,
        caller=caller.name,
        key=key,
        request_fingerprint=idempotency.fingerprint(progiciel_id, body.model_dump_json(by_alias=True)),
        resource_id=row["id"],
    )
    if replayed is not None:
        return replayed
    [brought] = await bring_all(session, ExportModule, [row], UNIQUE)
    if not brought.new:
        raise AlreadyListed.at(context.link(f"{MODULES}/{brought.id}"))
    await _record(session, [(progiciel_id, body)], [brought], caller)
    return brought.id


async def state_modules(
    session: AsyncSession, proposed: Sequence[Proposed], *, caller: Caller
) -> list[tuple[UUID, bool | None]]:
    """Say what some bodies say, none of them refused (see `refusals`); return each module and whether it is news.

    None instead of that: it is said to be available since another day than the one known, which an edit settles.

    Other terms than those known are one more claim, beside the others. What the same speaker has said already, as
    lately, changes nothing.
    """
    brought = await bring_all(session, ExportModule, [_row(*one) for one in proposed], UNIQUE)
    return await _record(session, proposed, brought, caller)


async def refusals(
    session: AsyncSession, progiciel_ids: Sequence[UUID], *, caller: Caller
) -> list[NotListed | None]:
    """Return, for each application, why the caller may not say what it exports: unknown, or another's."""
    vendors = await store.vendors_of(session, set(progiciel_ids))
    return [
        None
        if one in vendors and may_write(caller, vendors[one])
        else NotListed.for_writing("progiciel", "application", one)
        for one in progiciel_ids
    ]


async def _record(
    session: AsyncSession, proposed: Sequence[Proposed], brought: Sequence[Brought], caller: Caller
) -> list[tuple[UUID, bool | None]]:
    known = await claims_store.claims_on(session, "export_module", {one.id for one in brought})
    vendors = await store.vendors_of(session, {progiciel_id for progiciel_id, _ in proposed})
    created, said = [], []
    stated: list[tuple[UUID, bool | None]] = []
    for (progiciel_id, body), one in zip(proposed, brought, strict=True):
        stated_on = body.stated_on or now().date()
        if one.new:
            shown = body.model_dump(mode="json", by_alias=True, exclude={"source"})
            created.append(
                history.Entry(
                    "export_module",
                    one.id,
                    "created",
                    vendors[progiciel_id],
                    after={"progiciel_id": progiciel_id, **shown},
                )
            )
        since = one.row["available_since"]
        if not one.new and body.available_since not in (None, since):
            stated.append((one.id, None))
            continue
        terms = Terms(body.policy, body.price_note)
        news = one.new or not says_again(known[one.id], caller.name, stated_on, terms)
        if news:
            said.append(Said(one.id, Statement.DECLARE, body.source.model_dump(), body.stated_on, terms))
            known[one.id].append(
                Claim(Statement.DECLARE, caller.name, caller.owner_siren, stated_on, now(), terms)
            )
        stated.append((one.id, news))
    await history.record_all(session, created, caller=caller)
    if said:
        await claims.add(session, "export_module", said, caller=caller)
    return stated


def _row(progiciel_id: UUID, body: ModuleInput) -> dict[str, Any]:
    moment = now()
    return {
        "id": new_id(),
        "progiciel_id": progiciel_id,
        "domaine": body.domaine,
        "schema_name": body.schema_.name,
        "schema_version": body.schema_.version,
        "policy": body.policy,
        "price_note": body.price_note,
        "available_since": body.available_since,
        "status": Status.DECLARED.value,
        "valid_until": moment.date(),
        "created_at": moment,
    }


async def find_module(context: DirectoryContext, module_id: UUID) -> dict[str, Any]:
    """Return an export module with all that was said of it (see `ModuleDetail`); raises `NotListed`."""
    row = await store.get_module(context.db, module_id, now().date())
    if row is None:
        raise claims.not_listed("export_module", module_id)
    progiciel = await store.get_progiciel(context.db, row["progiciel_id"])
    assert progiciel is not None, "a module has its application by foreign key"
    said = await claims.shown(context.db, "export_module", module_id)
    borne = await labels.of_progiciel(context.db, row["progiciel_id"])
    return {
        **module_summary(context, row, borne),
        "progiciel": progiciel_summary(context, progiciel),
        "policies": _policies(row, said),
        "claims": said,
    }


def _policies(row: dict[str, Any], said: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each commercial policy that is claimed, the newest said first; those who say so are with it."""
    # Its vendor may have edited the terms that the module shows, which nobody has claimed then.
    found: dict[str, list[dict[str, Any]]] = {row["policy"]: []}
    for claim in said:
        if claim["policy"] is not None and claim["dismissed"] is None:
            found.setdefault(claim["policy"], []).append(claim)
    edited = (row["modified_at"] or row["created_at"]).date()
    shown = [
        {
            "policy": policy,
            "price_note": claimed[-1]["price_note"] or "" if claimed else row["price_note"],
            "current": policy == row["policy"],
            "sources": sorted({claim["source"]["kind"] for claim in claimed}),
            "authors": sorted({claim["author_siren"] for claim in claimed if claim["author_siren"]}),
            "stated_on": max((claim["stated_on"] for claim in claimed), default=edited),
            "claims": [claim["id"] for claim in claimed],
        }
        for policy, claimed in found.items()
    ]
    return sorted(shown, key=lambda one: one["stated_on"], reverse=True)
