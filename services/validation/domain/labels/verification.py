"""Whether a credential presented is one of ours, unaltered, and what its label is worth at a moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.validation.domain.labels import jwt, status_list
from services.validation.domain.labels.addresses import PURPOSES, Issuer
from services.validation.domain.labels.facts import GrantedLabel, LabelState, state_on
from services.validation.domain.labels.instants import read_instant
from services.validation.domain.labels.keys import KeyRing, LabelKey
from services.validation.domain.labels.presented import Presented
from services.validation.domain.labels.proof import Altered, check_proof, proof_of


class Outcome(StrEnum):
    """What a verification comes to."""

    VALID = "valid"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    ALTERED = "altered"
    UNKNOWN = "unknown"


# Of a reason -> what a verification comes to, where the outcome alone would say too much.
TITLES = {
    "status-not-checked": (
        "Attestation authentique, révocation non vérifiée",
        "Authentic credential, revocation not checked",
    ),
    "key-revoked": ("Attestation révoquée : ne vous y fiez pas", "Credential revoked: do not rely on it"),
    "status": ("État invérifiable : ne vous y fiez pas", "Status not verifiable: do not rely on it"),
    "revoked-in-list": ("Attestation révoquée : ne vous y fiez pas", "Credential revoked: do not rely on it"),
    "replaced": ("Attestation remplacée : ne vous y fiez pas", "Credential replaced: do not rely on it"),
}
OUTCOMES = {
    Outcome.VALID: ("Label authentique et en vigueur", "Authentic label, in force"),
    Outcome.EXPIRED: ("Label authentique mais expiré", "Authentic label, expired"),
    Outcome.SUSPENDED: ("Label authentique mais suspendu", "Authentic label, suspended"),
    Outcome.REVOKED: ("Label révoqué", "Label revoked"),
    Outcome.ALTERED: ("Attestation altérée : ne vous y fiez pas", "Altered credential: do not rely on it"),
    Outcome.UNKNOWN: ("Label inconnu", "Unknown label"),
}

# Code of a reason -> the reason, in French and in English.
REASONS = {
    "in-force": (
        "La signature est bonne et le label est en vigueur.",
        "The signature is right and the label is in force.",
    ),
    "status-not-checked": (
        "La signature et les dates sont bonnes ; la révocation et la suspension n'ont pas été vérifiées.",
        "The signature and the dates are right; revocation and suspension were not checked.",
    ),
    "to-renew": (
        "Le label est en vigueur, et bientôt à renouveler.",
        "The label is in force, and soon to be renewed.",
    ),
    "past-end": ("La date de fin de validité est passée.", "The end of validity is past."),
    "before-start": (
        "La validité n'a pas encore commencé : l'attestation n'est pas encore utilisable.",
        "Validity has not begun: the credential cannot be relied on yet.",
    ),
    "suspended": (
        "Le label est suspendu pour le moment : voyez sa page.",
        "The label is suspended for the time being: see its page.",
    ),
    "revoked": ("Le label a été retiré définitivement.", "The label has been withdrawn for good."),
    "revoked-in-list": (
        "La liste d'état dit cette attestation révoquée : son label a été retiré, ou une autre l'a remplacée ; "
        "l'adresse du label le dit.",
        "The status list says that this credential is revoked: its label was withdrawn, or another replaced it; the "
        "label's address tells.",
    ),
    "key-revoked": (
        "La clé qui a signé a été compromise : reprenez l'attestation rééditée, à l'adresse du label.",
        "The key that signed was compromised: take the credential issued anew, at the label's address.",
    ),
    "replaced": (
        "Cette attestation ne dit plus ce qui est : reprenez celle qui l'a remplacée, à l'adresse du label.",
        "This credential no longer tells what is so: take the one that replaced it, at the label's address.",
    ),
    "key-unknown": (
        "Aucune clé du service ne porte ce nom : ce n'est pas le service qui a signé.",
        "No key of the service has this name: it was not the service that signed.",
    ),
    "key-period": (
        "La signature est datée hors de la période de sa clé.",
        "The signature is dated outside of the period of its key.",
    ),
    "signature": (
        "Le contenu n'est pas celui qui a été signé : au moins un octet a changé.",
        "The content is not what was signed: at least one byte has changed.",
    ),
    "proof": (
        "La preuve manque, ou n'est pas de la sorte attendue (eddsa-jcs-2022).",
        "The proof is missing, or not of the kind expected (eddsa-jcs-2022).",
    ),
    "header": (
        "L'en-tête du jeton n'est pas celui attendu (EdDSA, vc+jwt).",
        "The header of the token is not the one expected (EdDSA, vc+jwt).",
    ),
    "claims": (
        "Les champs du jeton (iss, sub, jti, nbf, exp) contredisent l'attestation.",
        "The claims of the token (iss, sub, jti, nbf, exp) contradict the credential.",
    ),
    "json": (
        "Le contenu ne peut pas s'écrire sous la forme canonique signée.",
        "The content cannot be written in the canonical form that is signed.",
    ),
    "dates": ("Les dates de validité sont illisibles.", "The dates of validity cannot be read."),
    "status": (
        "La place dans les listes d'état est illisible, ou la liste n'est pas la bonne.",
        "The place in the status lists cannot be read, or the list is not the right one.",
    ),
    "other-issuer": (
        "Un autre émetteur est nommé : cette attestation n'est pas du label vérifié ici.",
        "Another issuer is named: this is not a credential of the label verified here.",
    ),
    "no-such-label": (
        "Aucun label n'a cet identifiant : reprenez l'adresse que donne l'éditeur.",
        "No label has this id: take the address that the vendor gives.",
    ),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome, and the code of its reason (a key of `REASONS`); `status_checked` tells about the status lists."""

    outcome: Outcome
    code: str
    status_checked: bool = False

    @property
    def title(self) -> tuple[str, str]:
        """Return what it comes to in a few words, in French and in English."""
        return TITLES.get(self.code, OUTCOMES[self.outcome])


def check_signature(presented: Presented, did: str, ring: KeyRing) -> Verdict | None:
    """Return why a credential is not one that this issuer signed; None when it is."""
    try:
        if _issuer_of(presented.document) != did:
            return Verdict(Outcome.UNKNOWN, "other-issuer")
        key = _key(presented, did, ring)
        if key is None:
            return Verdict(Outcome.ALTERED, "key-unknown")
        if presented.header is not None:
            jwt.check(presented.token, presented.header, presented.document, key.public)
        else:
            check_proof(presented.document, key.public)
            if not key.covers(_instant(proof_of(presented.document), "created")):
                return Verdict(Outcome.ALTERED, "key-period")
    except Altered as error:
        return Verdict(Outcome.ALTERED, error.part)
    return Verdict(Outcome.REVOKED, "key-revoked") if key.revoked is not None else None


def check_dates(document: Mapping[str, Any], moment: datetime) -> Verdict | None:
    """Return why the dates of an authentic credential are against it; None when they are not."""
    try:
        begins, ends = _instant(document, "validFrom"), _instant(document, "validUntil")
    except Altered as error:
        return Verdict(Outcome.ALTERED, error.part)
    if moment > ends:
        return Verdict(Outcome.EXPIRED, "past-end")
    return Verdict(Outcome.UNKNOWN, "before-start") if moment < begins else None


def check_state(label: GrantedLabel, moment: datetime) -> Verdict:
    """Return what a label is worth at a moment, as the service that gives it knows."""
    return {
        LabelState.REVOQUE: Verdict(Outcome.REVOKED, "revoked", True),
        LabelState.SUSPENDU: Verdict(Outcome.SUSPENDED, "suspended", True),
        LabelState.EXPIRE: Verdict(Outcome.EXPIRED, "past-end", True),
        LabelState.A_RENOUVELER: Verdict(Outcome.VALID, "to-renew", True),
        LabelState.VALIDE: Verdict(Outcome.VALID, "in-force", True),
    }[state_on(label.state, label.facts, moment)]


def check_place(document: Mapping[str, Any], label: GrantedLabel, issuer: Issuer) -> Verdict | None:
    """Return that an authentic credential was replaced, when its place in the lists is no longer its label's."""
    facts = label.facts
    places = [(one, issuer.status_list(one, facts.status_list), facts.status_index) for one in PURPOSES]
    try:
        named = status_list.entries(document)
    except Altered as error:
        return Verdict(Outcome.ALTERED, error.part)
    return None if named == places else Verdict(Outcome.REVOKED, "replaced", True)


def check_lists(
    document: Mapping[str, Any], lists: Sequence[dict[str, Any]], did: str, ring: KeyRing, moment: datetime
) -> Verdict:
    """Return what an authentic credential is worth by the status lists given.

    It is checked when both lists are there, signed by the same issuer, and still to be believed. A bit that is set
    means revoked or suspended.
    """
    try:
        found = {place[0]: _bit(place, lists, did, ring, moment) for place in status_list.entries(document)}
    except Altered as error:
        return Verdict(Outcome.ALTERED, error.part)
    if found.get("revocation"):
        return Verdict(Outcome.REVOKED, "revoked-in-list", True)
    if found.get("suspension"):
        return Verdict(Outcome.SUSPENDED, "suspended", True)
    checked = all(found.get(purpose) is False for purpose in PURPOSES)
    return Verdict(Outcome.VALID, "in-force" if checked else "status-not-checked", checked)


def verify_offline(
    presented: Presented, lists: Sequence[dict[str, Any]], did: str, ring: KeyRing, moment: datetime
) -> Verdict:
    """Return the verdict on a credential by what is at hand: the issuer's keys, and its status lists if given."""
    against = check_signature(presented, did, ring)
    if against is not None:
        return against
    by_lists = check_lists(presented.document, lists, did, ring, moment)
    if by_lists.outcome is not Outcome.VALID:
        return by_lists
    return check_dates(presented.document, moment) or by_lists


def _issuer_of(document: Mapping[str, Any]) -> object:
    issuer = document.get("issuer")
    return issuer.get("id") if isinstance(issuer, dict) else issuer


def _key(presented: Presented, did: str, ring: KeyRing) -> LabelKey | None:
    header = presented.header
    method = header.get("kid") if header is not None else proof_of(presented.document)["verificationMethod"]
    if not isinstance(method, str) or not method.startswith(f"{did}#"):
        return None
    return ring.find(method.removeprefix(f"{did}#"))


def _instant(document: Mapping[str, Any], name: str) -> datetime:
    try:
        return read_instant(document[name])
    except (KeyError, TypeError, ValueError) as error:
        raise Altered("dates") from error


def _bit(
    place: tuple[str, str, int],
    lists: Sequence[dict[str, Any]],
    did: str,
    ring: KeyRing,
    moment: datetime,
) -> bool | None:
    """Return the bit of a place; None when its list is not among those given, or not to be believed (any more)."""
    purpose, address, index = place
    one = next((item for item in lists if item.get("id") == address), None)
    if one is None or check_dates(one, moment) is not None:
        return None
    against = check_signature(Presented("credential", one), did, ring)
    if against is not None and against.code == "key-unknown":
        return None
    if against is not None:
        raise Altered("status")
    subject = one.get("credentialSubject")
    if not isinstance(subject, dict) or subject.get("statusPurpose") != purpose:
        raise Altered("status")
    return status_list.is_set(subject.get("encodedList"), index)
