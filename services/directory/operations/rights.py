"""Who may write what: an organisation its own entries, a moderator everything, an operator's key what it brings in."""

from shared.auth import Caller

WRITE = "directory:write"
MODERATE = "directory:moderate"

# In which quality somebody wrote, as the public history tells it.
ROLES: dict[str, tuple[str, str]] = {
    "organisation": ("L'organisation elle-même", "The organisation itself"),
    "moderation": ("La modération", "The moderators"),
    "exploitant": ("L'exploitant de l'annuaire", "The operator of the directory"),
    "tiers": ("Une autre organisation", "Another organisation"),
    "formulaire": ("Le formulaire public", "The public form"),
    "systeme": ("L'annuaire lui-même", "The directory itself"),
}

# In whose name the directory does what it does by itself.
SYSTEM = Caller(None, frozenset(), None, "systeme")
# One speaker for all who send the public form: two of them never confirm one another.
FORM = Caller(None, frozenset(), None, "formulaire")


def moderates(caller: Caller) -> bool:
    """Tell whether a caller may decide what others send."""
    return caller.key_id is not None and bool(caller.scopes & {MODERATE, "admin"})


def trusted(caller: Caller) -> bool:
    """Tell whether what a caller writes is published at once: a moderator, or a key bound to no organisation."""
    return moderates(caller) or (WRITE in caller.scopes and caller.owner_siren is None)


def may_write(caller: Caller, siren: str | None) -> bool:
    """Tell whether a caller may write what belongs to an organisation; its scope was required before."""
    return trusted(caller) or (siren is not None and caller.owner_siren == siren)


def may_wish(caller: Caller, siren: str, vendor: str | None, said: bool | None) -> bool:
    """Tell whether a caller may say that a body wants an export, when `said` was said before.

    The body itself, a moderator, an operator and the moderated form may; another organisation while nobody has; the
    vendor never: it has an interest in the demand for its own application.
    """
    if trusted(caller) or caller == FORM or caller.owner_siren == siren:
        return True
    return said is None and caller.owner_siren != vendor


def require_writer(caller: Caller) -> None:
    """Raise `Unauthenticated` or `Forbidden` unless a caller may write something."""
    if not moderates(caller):
        caller.require(WRITE)


def role(caller: Caller, siren: str | None) -> str:
    """Return the quality in which a caller writes what belongs to an organisation."""
    if caller == SYSTEM:
        return "systeme"
    if moderates(caller):
        return "moderation"
    if caller.key_id is None:
        return "formulaire"
    if caller.owner_siren is None:
        return "exploitant"
    return "organisation" if caller.owner_siren == siren else "tiers"
