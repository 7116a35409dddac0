"""The label "Conformité OpenData SCDL" as the directory shows it; only the validation service gives and takes it."""

from datetime import date

STATES: dict[str, tuple[str, str]] = {
    "valide": ("valide", "valid"),
    "a_renouveler": ("à renouveler", "to be renewed"),
    "suspendu": ("suspendu", "suspended"),
    "revoque": ("révoqué", "revoked"),
    "expire": ("expiré", "expired"),
}
IN_FORCE = frozenset({"valide", "a_renouveler"})


def state_on(state: str, valid_until: date, day: date) -> str:
    """Return the state on a day: a label whose last day is past has expired, even before an event says so."""
    return "expire" if state in IN_FORCE and day > valid_until else state
