"""What becomes of a label: suspended, resumed, revoked, withdrawn; put on notice, ended, confirmed.

What time does is done by the worker, each label in its own transaction; doing it twice is doing it once.
"""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.domain.labels.criteria import CONFIRMING_BODIES
from services.validation.domain.labels.facts import Assurance, LabelState
from services.validation.domain.labels.life import NOTICE, last_day_of_grace, major_of, state_at
from services.validation.domain.labels.problems import LabelNotFound
from services.validation.domain.labels.refusals import LabelEnded
from services.validation.operations import label_changes
from services.validation.operations.context import ValidationContext
from services.validation.operations.labels import SCOPE
from services.validation.schemas.labels import ReasonInput
from services.validation.store import label_subjects as subjects
from services.validation.store import labels as store
from services.validation.store.label_subjects import PublishedFile
from services.validation.tables import Label
from shared.auth import Caller
from shared.clock import now

MODERATE = "label:moderate"


async def suspend(
    context: ValidationContext, session: AsyncSession, label_id: UUID, body: ReasonInput, caller: Caller
) -> None:
    """Suspend a label in force, as a moderator; suspended already, it stays as it is.

    Raises `Unauthenticated`, `Forbidden`, `LabelNotFound`, `LabelEnded`.
    """
    caller.require(MODERATE)
    label = await _hold(session, label_id)
    if label.state == LabelState.SUSPENDU:
        return
    _require(label, LabelState.VALIDE, LabelState.A_RENOUVELER)
    await _end(context, session, label, LabelState.SUSPENDU, "suspended", body, caller)


async def resume(context: ValidationContext, session: AsyncSession, label_id: UUID, caller: Caller) -> None:
    """Put a suspended label in force again, as a moderator; raises as `suspend`."""
    caller.require(MODERATE)
    label = await _hold(session, label_id)
    _require(label, LabelState.SUSPENDU)
    moment = now()
    label.state = state_at(LabelState.VALIDE, label.valid_until, moment.date()).value
    label.reason_fr = label.reason_en = ""
    label.sequence += 1
    await label_changes.tell(
        context, session, label, "resumed", moment, role="moderation", author=caller.name
    )


async def revoke(
    context: ValidationContext, session: AsyncSession, label_id: UUID, body: ReasonInput, caller: Caller
) -> None:
    """End a label for good: a moderator any, a vendor its own in force. Revoked already, it stays as it is.

    Raises `Unauthenticated`, `Forbidden`, `LabelNotFound` (another's, too), `LabelEnded`.
    """
    moderates = bool(caller.scopes & {MODERATE, "admin"})
    if not moderates:
        caller.require(SCOPE)
    label = await _hold(session, label_id)
    if not moderates and label.editeur_siren != caller.owner_siren:
        raise LabelNotFound.of(label_id)
    if label.state == LabelState.REVOQUE:
        return
    # A vendor that withdrew a suspended label could ask for another at once, and be rid of the suspension.
    also = (LabelState.SUSPENDU,) if moderates else ()
    _require(label, LabelState.VALIDE, LabelState.A_RENOUVELER, *also)
    own = label.editeur_siren == caller.owner_siren
    await _end(context, session, label, LabelState.REVOQUE, "withdrawn" if own else "revoked", body, caller)


async def _hold(session: AsyncSession, label_id: UUID) -> Label:
    label = await store.hold(session, label_id)
    if label is None:
        raise LabelNotFound.of(label_id)
    return label


def _require(label: Label, *states: LabelState) -> None:
    state = state_at(LabelState(label.state), label.valid_until, now().date())
    if state not in states:
        raise LabelEnded.as_(state)


async def _end(
    context: ValidationContext,
    session: AsyncSession,
    label: Label,
    state: LabelState,
    action: str,
    body: ReasonInput,
    caller: Caller,
) -> None:
    label.state, label.reason_fr, label.reason_en = state.value, body.reason, body.reason_en
    label.sequence += 1
    own = action == "withdrawn"
    role: label_changes.Role = "editeur" if own else "moderation"
    await label_changes.tell(context, session, label, action, now(), role=role, author=caller.name)


# Changes a label held in the session, and returns what became of it, if anything did.
Step = Callable[[AsyncSession, Label], Awaitable[str | None]]
# What comes with a new credential.
ATTESTING = frozenset({"superseded", "reissued", "confirmed", "unconfirmed"})


async def tick(context: ValidationContext) -> None:
    """Do what is due now."""
    await pass_time(context, now())
    await reissue(context, now())
    await confirm(context, now())


async def pass_time(context: ValidationContext, moment: datetime) -> None:
    """Begin the grace of labels whose schema has a newer version, put on notice those near their end, and end them."""
    await _begin_grace(context, moment)

    async def by_date(_: AsyncSession, label: Label) -> str | None:
        state = state_at(LabelState(label.state), label.valid_until, moment.date())
        if state == label.state:
            return None
        label.state = state.value
        return {LabelState.EXPIRE: "expired", LabelState.A_RENOUVELER: "renewal-due"}.get(state, "resumed")

    due = moment.date() + NOTICE
    ids = {
        *await store.ending_by(context.db, due, LabelState.VALIDE.value),
        *await store.ending_by(context.db, moment.date()),
    }
    for label_id in sorted(ids):
        await _step(context, label_id, by_date, moment)


async def _begin_grace(context: ValidationContext, moment: datetime) -> None:
    if not context.signer.signs:
        return
    known = set(context.registry.names())
    for name, version in await store.live_schemas(context.db):
        if name not in known or version not in (versions := context.registry.versions(name)):
            continue
        latest = context.registry.latest(name).version
        if latest is None or versions.index(latest) <= versions.index(version):
            continue

        async def supersede(session: AsyncSession, label: Label, latest: str = latest) -> str | None:
            if label.superseded_by is not None or label.schema_version == latest:
                return None
            label.superseded_by = latest
            ends = last_day_of_grace(label.valid_until, moment.date())
            if ends < label.valid_until:
                label.valid_until = ends
                await label_changes.attest_anew(context, session, label, moment)
            return "superseded"

        for label_id in await store.of_schema(context.db, name, version):
            await _step(context, label_id, supersede, moment)


async def reissue(context: ValidationContext, moment: datetime) -> None:
    """Sign anew the labels whose credential was signed by a key that has leaked since."""

    async def sign_anew(session: AsyncSession, label: Label) -> str | None:
        if label.key_id not in leaked:
            return None
        await label_changes.attest_anew(context, session, label, moment)
        return "reissued"

    if not context.signer.signs:
        return
    leaked = {key.id for key in context.signer.ring.keys if key.revoked is not None}
    if leaked:
        for label_id in await store.signed_by(context.db, sorted(leaked)):
            await _step(context, label_id, sign_anew, moment)


async def confirm(context: ValidationContext, moment: datetime) -> None:
    """Confirm the labels that published files of enough bodies confirm, and no longer those that they do not."""

    async def weigh(session: AsyncSession, label: Label) -> str | None:
        domaine = await subjects.domaine_of(session, label.module_id)
        published = await subjects.published_files(session, label, domaine or "", moment.date())
        enough = confirming_bodies(published, label.major) >= CONFIRMING_BODIES
        assurance = Assurance.CONFIRME if enough else Assurance.VERIFIE
        if label.assurance == assurance:
            return None
        label.assurance = assurance.value
        if enough:
            # What the credential of before says stays true.
            label_changes.attest(context, label, moment)
            return "confirmed"
        await label_changes.attest_anew(context, session, label, moment)
        return "unconfirmed"

    if context.signer.signs:
        for label_id in await store.live(context.db):
            await _step(context, label_id, weigh, moment)


def confirming_bodies(published: Iterable[PublishedFile], major: str) -> int:
    """Return how many bodies, each with a file of its own, use this major version, or one that is not known."""
    mine = [one for one in published if not one.version or major_of(one.version) == major]
    return min(len({one.siren for one in mine}), len({one.sha256 for one in mine}))


async def _step(context: ValidationContext, label_id: UUID, step: Step, moment: datetime) -> None:
    async with context.db.transaction() as session:
        # Whoever holds it meanwhile changes it: it is looked at again the next time.
        label = await store.hold(session, label_id, wait=False)
        if label is None or LabelState(label.state) in (LabelState.REVOQUE, LabelState.EXPIRE):
            return
        action = await step(session, label)
        if action is None:
            return
        label.sequence += 1
        await label_changes.tell(context, session, label, action, moment, attests=action in ATTESTING)
