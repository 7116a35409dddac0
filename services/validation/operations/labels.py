"""Labels: asked for, renewed, found. A label is only ever given by what stored runs prove. Operations never commit."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.validation.domain.labels import criteria
from services.validation.domain.labels.facts import Assurance, GrantedLabel, LabelState, state_on
from services.validation.domain.labels.life import last_day, major_of, state_at
from services.validation.domain.labels.problems import LabelNotFound
from services.validation.domain.labels.refusals import (
    LabelEnded,
    LabelExists,
    LabelNeedsSiren,
    LabelRefused,
    LabelSubjectNotFound,
)
from services.validation.domain.labels.views import label_view
from services.validation.domain.ownership import owner_name
from services.validation.operations import label_changes, label_evidence
from services.validation.operations.context import ValidationContext
from services.validation.operations.label_evidence import Run
from services.validation.schemas.labels import DeclarationInput, LabelInput, RenewalInput
from services.validation.store import label_subjects as subjects
from services.validation.store import labels as store
from services.validation.tables import Label, LabelRun
from shared import idempotency
from shared.auth import Caller
from shared.clock import now
from shared.ids import new_id
from shared.problems import InvalidRequest

PATH = "/validation/v1/labels"
SCOPE = "label:request"
VALIDATOR = "Socle"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a label is given to, of the vendor that asks: rows of the directory's projections."""

    progiciel: dict[str, Any]
    version_id: UUID
    number: str
    module: dict[str, Any]


def vendor_of(caller: Caller) -> str:
    """Return the SIREN in whose name a label is asked for; raises `Unauthenticated`, `Forbidden`."""
    caller.require(SCOPE)
    if caller.owner_siren is None:
        raise LabelNeedsSiren.asked()
    return caller.owner_siren


async def request(
    context: ValidationContext, body: LabelInput, *, caller: Caller, key: str | None, moment: datetime
) -> UUID:
    """Give a label for what the runs prove, and return its id; an equal request made before gives its id.

    Raises `LabelNeedsSiren`, `LabelSubjectNotFound`, `InvalidRequest`, `LabelRefused`, `LabelExists`,
    `LabelSigningUnavailable`, `IdempotencyKeyReused`.
    """
    siren = vendor_of(caller)
    label_id, fingerprint = new_id(), idempotency.fingerprint("label", body.model_dump_json())
    replayed = await _replayed(context, caller, key, fingerprint, label_id)
    if replayed is not None:
        return replayed
    subject = await _subject(context, siren, body.progiciel_id, body.version_id, body.module_id)
    schema = _schema(context, subject, body.schema_)
    if subject.module["schema_version"] not in ("", schema[1]):
        raise _other_schema(subject.module)
    context.signer.key()
    evidence = await label_evidence.gather(context, body.runs, schema, _owner(siren), moment)
    async with context.db.transaction() as session:
        replayed = await idempotency.claim(
            session, caller=caller.name, key=key, request_fingerprint=fingerprint, resource_id=label_id
        )
        if replayed is not None:
            return replayed
        await store.lock_vendor(session, siren)
        twin = await store.live_twin(session, body.module_id, schema[0], major_of(subject.number))
        if twin is not None and not await label_changes.end_if_past(context, session, twin, moment):
            raise LabelExists.at(context.link(f"{PATH}/{twin.id}"))
        await _require_unused(session, siren, evidence)
        label = await _new_label(session, label_id, subject, schema, evidence, moment)
        label_changes.attest(context, label, moment)
        await store.add(session, label)
        await _rest_on(session, label, evidence, body.declaration, moment)
        await label_changes.tell(
            context, session, label, "granted", moment, role="editeur", author=caller.name, attests=True
        )
    return label_id


async def renew(
    context: ValidationContext,
    label_id: UUID,
    body: RenewalInput,
    *,
    caller: Caller,
    key: str | None,
    moment: datetime,
) -> None:
    """Prolong a label by new runs, for the same schema and major version of the software.

    Raises what `request` does, `LabelNotFound`, and `LabelEnded` for one that is revoked, expired or suspended.
    """
    siren = vendor_of(caller)
    fingerprint = idempotency.fingerprint("renewal", label_id, body.model_dump_json())
    if await _replayed(context, caller, key, fingerprint, label_id) is not None:
        return
    row = await store.row(context.db, label_id)
    if row is None or row["editeur_siren"] != siren:
        raise LabelNotFound.of(label_id)
    version_id = body.version_id or row["version_id"]
    subject = await _subject(context, siren, row["progiciel_id"], version_id, row["module_id"])
    schema = _schema(context, subject, body.schema_ or row["schema_name"])
    _require_same_major(row, subject)
    context.signer.key()
    evidence = await label_evidence.gather(context, body.runs, schema, _owner(siren), moment)
    async with context.db.transaction() as session:
        replayed = await idempotency.claim(
            session, caller=caller.name, key=key, request_fingerprint=fingerprint, resource_id=label_id
        )
        if replayed is not None:
            return
        await store.lock_vendor(session, siren)
        label = await store.hold(session, label_id)
        assert label is not None, "labels are never deleted"
        state = state_at(LabelState(label.state), label.valid_until, moment.date())
        if not state.in_force:
            raise LabelEnded.as_(state)
        await _require_unused(session, siren, evidence)
        for name, value in _proved(subject, schema, evidence, moment).items():
            setattr(label, name, value)
        label.state, label.superseded_by = LabelState.VALIDE.value, None
        label.sequence += 1
        label_changes.attest(context, label, moment)
        await _rest_on(session, label, evidence, body.declaration, moment)
        await label_changes.tell(
            context, session, label, "renewed", moment, role="editeur", author=caller.name, attests=True
        )


async def find(context: ValidationContext, label_id: UUID) -> dict[str, Any]:
    """Return a label as the API shows it; raises `LabelNotFound`."""
    label = await store.get(context.db, label_id)
    if label is None:
        raise LabelNotFound.of(label_id)
    return view(context, label)


def view(context: ValidationContext, label: GrantedLabel) -> dict[str, Any]:
    """Return a label as the API shows it (see `schemas.labels_public.PublicLabel`)."""
    current = replace(label, state=state_on(label.state, label.facts, now()))
    return label_view(current, context.signer.issuer)


async def _replayed(
    context: ValidationContext, caller: Caller, key: str | None, fingerprint: str, resource_id: UUID
) -> UUID | None:
    """Return what an equal request made before, if it did: then nothing is to be looked at again."""
    async with context.db.transaction() as session:
        found = await idempotency.claim(
            session, caller=caller.name, key=key, request_fingerprint=fingerprint, resource_id=resource_id
        )
        # Claimed in earnest with what is made.
        await session.rollback()
    return found


async def _subject(
    context: ValidationContext, siren: str, progiciel_id: UUID, version_id: UUID, module_id: UUID
) -> Subject:
    progiciel = await subjects.progiciel(context.db, progiciel_id)
    if progiciel is None or progiciel["editeur_siren"] != siren:
        raise LabelSubjectNotFound.of("progiciel", "application", progiciel_id)
    numbers = {item["version_id"]: item["number"] for item in progiciel["versions"]}
    if str(version_id) not in numbers:
        raise LabelSubjectNotFound.of("version de ce progiciel", "version of this application", version_id)
    module = await subjects.module(context.db, module_id)
    if module is None or module["progiciel_id"] != progiciel_id:
        raise LabelSubjectNotFound.of(
            "module d'export de ce progiciel", "export module of this application", module_id
        )
    return Subject(progiciel, version_id, numbers[str(version_id)], module)


def _schema(context: ValidationContext, subject: Subject, reference: str) -> tuple[str, str]:
    """Return the schema asked for, in its exact version; raises `UnknownSchema`, `InvalidRequest`."""
    chosen = context.registry.choose(reference)
    if chosen.name != subject.module["schema_name"] or chosen.version is None:
        raise _other_schema(subject.module)
    return chosen.name, chosen.version


def _other_schema(module: dict[str, Any]) -> InvalidRequest:
    follows = "@".join(part for part in (module["schema_name"], module["schema_version"]) if part)
    return InvalidRequest.at(
        "/body/schema",
        fr=f"Ce module exporte selon {follows} : demandez le label de ce schéma, ou déclarez un autre module.",
        en=f"This module exports after {follows}: ask for the label of this schema, or declare another module.",
    )


def _require_same_major(row: dict[str, Any], subject: Subject) -> None:
    if major_of(subject.number) != row["major"]:
        raise InvalidRequest.at(
            "/body/version_id",
            fr=f"La version {subject.number} est une autre version majeure que {row['progiciel_version']} : demandez "
            "pour elle un nouveau label.",
            en=f"The version {subject.number} is another major version than {row['progiciel_version']}: ask for a new "
            "label for it.",
        )


def _owner(siren: str) -> str:
    owner = owner_name("", siren)
    assert owner is not None
    return owner


async def _require_unused(session: AsyncSession, siren: str, evidence: Sequence[Run]) -> None:
    ids, digests = [run.id for run in evidence], [run.sha256 for run in evidence]
    held = await store.hold_runs(session, ids)
    if gone := [criteria.unknown_run(run_id) for run_id in ids if run_id not in held]:
        raise LabelRefused.for_want_of(gone)
    taken = await store.used(session, siren, ids, digests)
    doubled = len(set(digests)) < len(digests)
    if taken or doubled:
        about = {"label": taken[0]} if taken else {}
        raise LabelRefused.for_want_of(
            [
                criteria.UNUSED.unmet(
                    "Cette validation ou ce fichier a déjà servi : produisez un nouvel export avec la version à "
                    "labelliser, et validez-le.",
                    "This run or this file has served already: make a new export with the version to be labelled, and "
                    "validate it.",
                    **about,
                )
            ]
        )


async def _new_label(
    session: AsyncSession,
    label_id: UUID,
    subject: Subject,
    schema: tuple[str, str],
    evidence: Sequence[Run],
    moment: datetime,
) -> Label:
    number, index = await store.draw_place(session)
    return Label(
        id=label_id,
        progiciel_id=subject.progiciel["id"],
        module_id=subject.module["id"],
        editeur_siren=subject.progiciel["editeur_siren"],
        major=major_of(subject.number),
        assurance=Assurance.VERIFIE.value,
        state=LabelState.VALIDE.value,
        status_list=number,
        status_index=index,
        issued_at=moment,
        changed_at=moment,
        # Until it is attested, in the same transaction.
        document=b"",
        jwt="",
        key_id="",
        **_proved(subject, schema, evidence, moment),
    )


def _proved(
    subject: Subject, schema: tuple[str, str], evidence: Sequence[Run], moment: datetime
) -> dict[str, Any]:
    """Return the columns of a label that the evidence proves: its first run is the one attested."""
    first, module = evidence[0], subject.module
    return {
        "progiciel_name": subject.progiciel["nom"],
        "editeur_name": subject.progiciel["editeur_nom"],
        "version_id": subject.version_id,
        "progiciel_version": subject.number,
        "module_name": f"{module['domaine']} ({module['schema_name']})",
        "schema_name": schema[0],
        "schema_version": schema[1],
        "validator_name": VALIDATOR,
        "validator_version": first.engine_version.rpartition(" ")[2],
        "validation_id": first.id,
        "input_sha256": first.sha256,
        "report_sha256": first.report_sha256,
        "rows": first.counted.rows,
        "coverage": [asdict(item) for item in first.counted.coverage],
        "criteria_version": criteria.VERSION,
        "valid_from": moment.date(),
        "valid_until": last_day(moment.date()),
    }


async def _rest_on(
    session: AsyncSession,
    label: Label,
    evidence: Sequence[Run],
    declaration: DeclarationInput,
    moment: datetime,
) -> None:
    declared = {**declaration.model_dump(), "version": label.progiciel_version, "siren": label.editeur_siren}
    for run in evidence:
        await store.add_run(
            session,
            LabelRun(
                validation_id=run.id,
                label_id=label.id,
                editeur_siren=label.editeur_siren,
                sha256=run.sha256,
                report_sha256=run.report_sha256,
                rows=run.counted.rows,
                declaration=declared,
                used_at=moment,
            ),
        )
