"""Writes what becomes of a label: its history, the event for other services, the change that feeds tell."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.domain.labels.facts import Assurance, LabelState
from services.validation.domain.labels.life import state_at
from services.validation.operations.context import ValidationContext
from services.validation.store import labels as store
from services.validation.tables import Label, LabelHistory
from shared.changes.log import record_change
from shared.contracts.validation import (
    LabelEvent,
    LabelExpired,
    LabelGranted,
    LabelRenewed,
    LabelRevoked,
    LabelSuspended,
)
from shared.messaging.outbox import emit

Role = Literal["editeur", "moderation", "systeme"]

# What became of it -> the event that other services hear, and the change that feeds and webhooks tell.
_TOLD: dict[str, tuple[type[LabelEvent], str]] = {
    "granted": (LabelGranted, "label.granted"),
    "renewed": (LabelRenewed, "label.renewed"),
    "resumed": (LabelRenewed, "label.renewed"),
    "renewal-due": (LabelRenewed, "label.updated"),
    "superseded": (LabelRenewed, "label.updated"),
    "reissued": (LabelRenewed, "label.updated"),
    "confirmed": (LabelRenewed, "label.updated"),
    "unconfirmed": (LabelRenewed, "label.updated"),
    "suspended": (LabelSuspended, "label.suspended"),
    "revoked": (LabelRevoked, "label.revoked"),
    "withdrawn": (LabelRevoked, "label.revoked"),
    "expired": (LabelExpired, "label.expired"),
}


async def tell(
    context: ValidationContext,
    session: AsyncSession,
    label: Label,
    action: str,
    moment: datetime,
    *,
    role: Role = "systeme",
    author: str = "systeme",
    attests: bool = False,
) -> None:
    """Write, with the label held in the session as it is now, what became of it; `attests` keeps its facts too."""
    label.changed_at = moment
    session.add(label)
    await store.add_history(
        session,
        LabelHistory(
            label_id=label.id,
            sequence=label.sequence,
            action=action,
            state=label.state,
            assurance=label.assurance,
            valid_until=label.valid_until,
            reason_fr=label.reason_fr,
            reason_en=label.reason_en,
            role=role,
            author=author,
            attested=_attested(label) if attests else None,
            recorded_at=moment,
        ),
    )
    event, change = _TOLD[action]
    await emit(session, _event(context, label, event, moment))
    data = {
        "progiciel": str(label.progiciel_id),
        "name": label.progiciel_name,
        "version": label.progiciel_version,
        "siren": label.editeur_siren,
        "schema": f"{label.schema_name}@{label.schema_version}",
        "action": action,
        "state": label.state,
        "assurance": label.assurance,
        "valid_until": label.valid_until.isoformat(),
    }
    await record_change(session, change, label.id, data)


async def end_if_past(
    context: ValidationContext, session: AsyncSession, label: Label, moment: datetime
) -> bool:
    """Tell whether a label held in the session has ended; past its last day, end it here if nobody has yet."""
    state = state_at(LabelState(label.state), label.valid_until, moment.date())
    if state is LabelState.EXPIRE and label.state != state:
        label.state = state.value
        label.sequence += 1
        await tell(context, session, label, "expired", moment)
    return state in (LabelState.REVOQUE, LabelState.EXPIRE)


def attest(context: ValidationContext, label: Label, moment: datetime) -> None:
    """Give a label the credential of its facts as they are now; raises `LabelSigningUnavailable`."""
    label.issued_at = moment
    credential = context.signer.sign(store.facts_of(label.model_dump()))
    label.document, label.jwt, label.key_id = credential.document, credential.jwt, credential.key_id


async def attest_anew(
    context: ValidationContext, session: AsyncSession, label: Label, moment: datetime
) -> None:
    """Replace a credential that is no longer true: copies of it are revoked by the place that they had in the lists.

    Raises `LabelSigningUnavailable`.
    """
    await store.withdraw_place(session, label, moment)
    label.status_list, label.status_index = await store.draw_place(session)
    attest(context, label, moment)


def _attested(label: Label) -> dict[str, Any]:
    facts: dict[str, Any] = orjson.loads(
        # The driver has its own kind of UUID.
        orjson.dumps(asdict(store.facts_of(label.model_dump())), default=str)
    )
    return facts


def _event(context: ValidationContext, label: Label, kind: type[LabelEvent], moment: datetime) -> LabelEvent:
    return kind(
        label_id=label.id,
        sequence=label.sequence,
        occurred_at=moment,
        progiciel_id=label.progiciel_id,
        version_id=label.version_id,
        module_id=label.module_id,
        schema_name=label.schema_name,
        schema_version=label.schema_version,
        assurance=Assurance(label.assurance).value,
        state=LabelState(label.state).value,
        valid_from=label.valid_from,
        valid_until=label.valid_until,
        verify_url=context.signer.issuer.label(label.id, "page"),
        reason=label.reason_fr,
    )
