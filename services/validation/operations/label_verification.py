"""Reads labels as anybody may, and says what a credential that somebody presents is worth."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.validation.domain.labels.addresses import SERVICE_PATH, Purpose
from services.validation.domain.labels.credential import label_of
from services.validation.domain.labels.facts import GrantedLabel, state_on
from services.validation.domain.labels.presented import REASONS as UNREADABLE
from services.validation.domain.labels.presented import Presented, Unreadable, read_presented
from services.validation.domain.labels.problems import LabelNotFound, LabelUnreadable, StatusListNotFound
from services.validation.domain.labels.verification import (
    REASONS,
    Outcome,
    Verdict,
    check_dates,
    check_place,
    check_signature,
    check_state,
)
from services.validation.domain.labels.views import label_view
from services.validation.operations.context import ValidationContext
from services.validation.store import label_status, labels, withdrawals
from shared.clock import now


async def find(context: ValidationContext, label_id: UUID) -> GrantedLabel:
    """Return a label as it stands at this moment; raises LabelNotFound."""
    label = await labels.get(context.db, label_id)
    if label is None:
        raise LabelNotFound.of(label_id)
    return _as_of(label, now())


async def report_is_public(context: ValidationContext, label: GrantedLabel) -> bool:
    """Tell whether everybody may read the report that a label attests."""
    found = await withdrawals.rights(context.db, label.facts.validation_id)
    return found is not None and not found["private"]


async def status_list(context: ValidationContext, purpose: Purpose, number: int) -> dict[str, Any]:
    """Return a status list, signed; raises StatusListNotFound, LabelSigningUnavailable."""
    bits = await label_status.set_bits(context.db, purpose, number)
    if bits is None:
        raise StatusListNotFound.of(number)
    return context.signer.sign_list(bits, purpose, number, now())


async def verify(context: ValidationContext, content: bytes) -> dict[str, Any]:
    """Return what a credential, or the address of a label, is worth at this moment.

    Raises LabelUnreadable on what is none of them, LabelSigningUnavailable when our keys cannot be read.
    """
    try:
        # In a thread, as is the signature: a hostile content costs up to some 0.3 s.
        presented = await asyncio.to_thread(read_presented, content)
    except Unreadable as error:
        raise LabelUnreadable.because(*UNREADABLE[error.reason]) from error
    issuer = context.signer.issuer
    label_id = presented.label_id or label_of(presented.document.get("id"), issuer)
    found = await labels.get(context.db, label_id) if label_id is not None else None
    label = None if found is None else _as_of(found, now())
    verdict = await _verdict(context, presented, label, now())
    authentic = verdict.outcome not in (Outcome.ALTERED, Outcome.UNKNOWN)
    title_fr, title_en = verdict.title
    reason_fr, reason_en = REASONS[verdict.code]
    if label is not None and verdict.outcome in (Outcome.REVOKED, Outcome.SUSPENDED):
        reason_fr, reason_en = (
            f"{reason_fr} {label.reason_fr}".strip(),
            f"{reason_en} {label.reason_en}".strip(),
        )
    return {
        "outcome": verdict.outcome.value,
        "title": title_fr,
        "title_en": title_en,
        "code": verdict.code,
        "reason": reason_fr,
        "reason_en": reason_en,
        "form": presented.form,
        "status_checked": verdict.status_checked,
        "label": label_view(label, issuer) if label is not None and authentic else None,
    }


async def _verdict(
    context: ValidationContext, presented: Presented, label: GrantedLabel | None, moment: datetime
) -> Verdict:
    signer = context.signer
    if presented.form == "address":
        written_short = presented.address.startswith(SERVICE_PATH) or "/" not in presented.address
        ours = written_short or label_of(presented.address, signer.issuer) is not None
        if not ours:
            return Verdict(Outcome.UNKNOWN, "other-issuer")
    else:
        against = await asyncio.to_thread(check_signature, presented, signer.issuer.did, signer.ring)
        if against is not None:
            return against
    if label is None:
        return Verdict(Outcome.UNKNOWN, "no-such-label")
    state = check_state(label, moment)
    if state.outcome is not Outcome.VALID or presented.form == "address":
        return state
    # A label that was renewed is in force; the credential of before has ended.
    document = presented.document
    return check_dates(document, moment) or check_place(document, label, signer.issuer) or state


def _as_of(label: GrantedLabel, moment: datetime) -> GrantedLabel:
    return replace(label, state=state_on(label.state, label.facts, moment))
