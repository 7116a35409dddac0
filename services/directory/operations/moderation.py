"""Takes declarations from anybody, and carries out what the moderators decide of what was submitted."""

from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.directory.domain.moderation import STATE_LABELS, Kind, State
from services.directory.domain.problems import AlreadyDecided, AlreadyListed, CannotBePublished, NotListed
from services.directory.operations import claims, contacts, history, usages
from services.directory.operations.addresses import EDITEURS, MODULES, USAGES
from services.directory.operations.context import DirectoryContext
from services.directory.operations.editeurs import publish_editeur
from services.directory.operations.rights import FORM, MODERATE, trusted
from services.directory.operations.submissions import submit
from services.directory.schemas.moderation import DecisionInput, DeclarationInput
from services.directory.schemas.progiciels import EditeurInput
from services.directory.schemas.usages import SourceInput, UsageInput
from services.directory.store import contacts as contacts_store
from services.directory.store import moderation as store
from services.directory.store.usages import Subject
from shared import idempotency
from shared.auth import Caller
from shared.clock import now
from shared.ids import new_id


async def declare(
    context: DirectoryContext,
    session: AsyncSession,
    body: DeclarationInput,
    *,
    caller: Caller,
    key: str | None,
) -> UUID:
    """Take a declaration and return its id; it waits for a moderator unless its author needs none.

    The collectivité's own key, and those who may publish, are believed at once. Raises `InvalidRequest`,
    `IdempotencyKeyReused`.
    """
    submission_id = new_id()
    replayed = await idempotency.claim(
        session,
        caller=caller.name,
        key=key,
        request_fingerprint=idempotency.fingerprint("declaration", body.model_dump_json()),
        resource_id=submission_id,
    )
    if replayed is not None:
        return replayed
    await usages.require_parts(session, body.siren, body.progiciel_id)
    # An address is personal data: what comes from the form is kept in the form's name.
    speaker = caller if caller.key_id is not None else FORM
    proposal = body.model_dump(mode="json", exclude={"contact"})
    await submit(session, Kind.DECLARATION, proposal, caller=speaker, submission_id=submission_id)
    if body.contact is not None:
        await contacts.add(
            session, body.siren, body.contact, purpose="usage", caller=speaker, submission_id=submission_id
        )
    own = speaker.key_id is not None and speaker.owner_siren == body.siren
    if body.progiciel_id is not None and (own or trusted(speaker)):
        published = await _publish_declaration(context, session, submission_id, proposal, None, speaker)
        await _settle(session, submission_id, State.PUBLISHED, "", published, caller=speaker)
    return submission_id


async def decide(
    context: DirectoryContext,
    session: AsyncSession,
    submission_id: UUID,
    body: DecisionInput,
    *,
    caller: Caller,
) -> None:
    """Publish or refuse a submission, once.

    Raises `Unauthenticated`, `Forbidden`, `NotListed`, `AlreadyDecided`, `CannotBePublished`.
    """
    caller.require(MODERATE)
    row = await store.hold(session, submission_id)
    if row is None:
        raise NotListed.of("soumission", "submission", submission_id)
    if row["state"] != State.WAITING:
        raise AlreadyDecided.as_(*STATE_LABELS[State(row["state"])])
    published = None
    state = State(body.decision)
    kind = Kind(row["kind"])
    if state is State.PUBLISHED:
        published = await _publish(context, session, row, body, kind)
    elif kind is Kind.DECLARATION:
        # What was left with a declaration that is refused serves no purpose any more.
        left = await contacts_store.of_submission(session, submission_id)
        await contacts.erase(session, left, caller=caller, reason="declaration refused")
    await _settle(session, submission_id, state, body.motif, published, caller=caller)
    if kind is Kind.CONTEST and state is State.REFUSED:
        await _weigh_again(session, row, body.motif, caller)


async def _publish(
    context: DirectoryContext, session: AsyncSession, row: dict[str, Any], body: DecisionInput, kind: Kind
) -> str:
    author = _author(row)
    if kind is Kind.CONTEST:
        subject, subject_id = await _contested(session, row)
        return f"{USAGES if subject == 'usage' else MODULES}/{subject_id}"
    if kind is Kind.VENDOR:
        vendor = EditeurInput.model_validate(row["proposal"])
        try:
            await publish_editeur(context, session, vendor, caller=author)
        except AlreadyListed as there:
            raise CannotBePublished(fr=there.fr, en=there.en, existing=there.extra["existing"]) from there
        return f"{EDITEURS}/{vendor.siren}"
    return await _publish_declaration(context, session, row["id"], row["proposal"], body.progiciel_id, author)


async def _publish_declaration(
    context: DirectoryContext,
    session: AsyncSession,
    submission_id: UUID,
    proposal: dict[str, Any],
    progiciel_id: UUID | None,
    author: Caller,
) -> str:
    chosen = progiciel_id or proposal["progiciel_id"]
    if chosen is None:
        raise CannotBePublished(
            fr="La déclaration ne donne que le nom du progiciel : trouvez-le ou ajoutez-le, puis donnez son "
            "identifiant dans « progiciel_id ».",
            en="The declaration only names the application: find or add it, then give its id in `progiciel_id`.",
        )
    usage = UsageInput(
        siren=proposal["siren"],
        progiciel_id=chosen,
        version=proposal["version"],
        domaine=proposal["domaine"],
        export_wanted=proposal["export_wanted"],
        source=SourceInput(kind="formulaire", note=proposal["note"]),
    )
    await usages.require_parts(session, usage.siren, usage.progiciel_id)
    [stated] = await usages.state_usages(session, [usage], caller=author)
    await contacts_store.attach(session, submission_id, stated.id)
    return f"{USAGES}/{stated.id}"


async def _settle(
    session: AsyncSession,
    submission_id: UUID,
    state: State,
    motif: str,
    published: str | None,
    *,
    caller: Caller,
) -> None:
    await store.settle(
        session,
        submission_id,
        state=state.value,
        decided_by=caller.name,
        decided_at=now(),
        motif=motif,
        published=published,
    )
    await history.record(
        session,
        "submission",
        submission_id,
        state.value,
        caller=caller,
        owner=caller.owner_siren,
        before={"state": State.WAITING.value},
        after={"state": state.value, "published": published},
        reason=motif,
    )


async def _contested(session: AsyncSession, row: dict[str, Any]) -> tuple[Subject, UUID]:
    about = await store.contested(session, row["claim_id"])
    if about["usage_id"] is not None:
        return "usage", about["usage_id"]
    return "export_module", about["module_id"]


async def _weigh_again(session: AsyncSession, row: dict[str, Any], motif: str, caller: Caller) -> None:
    """Give the subject of a contest that was refused the status that it has without it."""
    subject, subject_id = await _contested(session, row)
    before, weighed, owner = await claims.weigh(session, subject, subject_id)
    await history.record(
        session,
        subject,
        subject_id,
        "contest-dismissed",
        caller=caller,
        owner=owner,
        before={"status": before},
        after={"status": weighed.status.value, "claim_id": row["claim_id"]},
        reason=motif,
    )


def _author(row: dict[str, Any]) -> Caller:
    """Return in whose name what was submitted is published: its author's, never the moderator's."""
    kind, _, name = row["submitted_by"].partition(":")
    if kind != "key":
        return FORM
    return Caller(name, frozenset(), row["submitted_siren"], "")
