"""The label "Conformité OpenData SCDL" as the directory shows it; only the validation service gives and takes it."""

from collections.abc import Iterable
from datetime import date

STATES: dict[str, tuple[str, str]] = {
    "valide": ("valide", "valid"),
    "a_renouveler": ("à renouveler", "to be renewed"),
    "suspendu": ("suspendu", "suspended"),
    "revoque": ("révoqué", "revoked"),
    "expire": ("expiré", "expired"),
}
# How far the conformity of an export module is established, from the least to the most.
ASSURANCES: dict[str, tuple[str, str]] = {
    "declare": ("déclaré", "declared"),
    "verifie": ("vérifié", "verified"),
    "confirme": ("confirmé", "confirmed"),
}
IN_FORCE = frozenset({"valide", "a_renouveler"})


def state_on(state: str, valid_until: date, day: date) -> str:
    """Return the state on a day: a label whose last day is past has expired, even before an event says so."""
    return "expire" if state in IN_FORCE and day > valid_until else state


def assurance_of(borne: Iterable[str]) -> str:
    """Return the assurance of a module whose labels in force have these; without any, it is only declared."""
    return max(borne, key=list(ASSURANCES).index, default="declare")
