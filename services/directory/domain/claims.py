"""What is said of software in use, by whom and when, and what follows from it. Nothing said is ever overwritten.

A usage or an export module is known by claims. Its status is computed from all of them: a vendor's own word
never confirms, the body that uses the software knows best, and what nobody repeats grows out of date.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Statement(StrEnum):
    """What a claim says of its subject."""

    DECLARE = "declare"
    CONFIRM = "confirme"
    CONTEST = "conteste"
    WITHDRAW = "retire"


class Status(StrEnum):
    """What is to be thought of a subject, all claims weighed."""

    DECLARED = "declare"
    CONFIRMED = "confirme"
    CONTESTED = "conteste"
    OUTDATED = "perime"


STATUS_LABELS: dict[Status, tuple[str, str]] = {
    Status.DECLARED: ("déclaré", "declared"),
    Status.CONFIRMED: ("confirmé", "confirmed"),
    Status.CONTESTED: ("contesté", "contested"),
    Status.OUTDATED: ("périmé", "out of date"),
}

# code: (French, English); where a claim comes from.
SOURCES: dict[str, tuple[str, str]] = {
    "formulaire": ("Formulaire", "Form"),
    "import": ("Import d'un fichier", "Import of a file"),
    "editeur": ("Éditeur", "Vendor"),
    "catalogue": ("Jeu de données publié", "Published dataset"),
    "label": ("Label", "Label"),
}

# After so many years without a new supporting claim, a subject is out of date.
VALID_YEARS = 2


@dataclass(frozen=True)
class Terms:
    """On which commercial terms an export module is said to be had."""

    policy: str
    price_note: str


@dataclass(frozen=True)
class Claim:
    """One thing said: `author` tells one speaker from another, `author_siren` is their body when it is known."""

    statement: Statement
    author: str
    author_siren: str | None
    stated_on: date
    recorded_at: datetime
    # Those that it gives, of an export module.
    terms: Terms | None = None

    @property
    def supports(self) -> bool:
        """Whether it says that the subject is so."""
        return self.statement in (Statement.DECLARE, Statement.CONFIRM)


@dataclass(frozen=True)
class Standing:
    """The status of a subject, and the last day on which it holds unless something new is said."""

    status: Status
    valid_until: date

    def on(self, day: date) -> Status:
        """Return the status on a day: it grows out of date by itself."""
        return Status.OUTDATED if day > self.valid_until else self.status


def standing(claims: Sequence[Claim], *, first_hand: str | None, interested: str | None) -> Standing:
    """Return what follows from the claims on one subject; there is at least one, in any order.

    `first_hand` is the SIREN of the body that knows from its own use, `interested` that of the vendor.
    """
    ordered = sorted(claims, key=lambda claim: claim.recorded_at)
    valid_until = _years_later(max(_supporting(ordered), default=ordered[0].stated_on), VALID_YEARS)
    own = [claim for claim in ordered if first_hand is not None and claim.author_siren == first_hand]
    if own and own[-1].statement is Statement.WITHDRAW:
        return Standing(Status.OUTDATED, valid_until)
    return Standing(_weighed(ordered, own, interested), valid_until)


def says_again(claims: Sequence[Claim], author: str, stated_on: date, terms: Terms | None = None) -> bool:
    """Tell whether a speaker has said already what is said again, as lately: then it is no news."""
    return any(
        claim.supports
        and claim.author == author
        and claim.stated_on >= stated_on
        and terms in (None, claim.terms)
        for claim in claims
    )


def _weighed(ordered: Sequence[Claim], own: Sequence[Claim], interested: str | None) -> Status:
    settled = _last(own, Statement.DECLARE, Statement.CONFIRM)
    contested = _last(ordered, Statement.CONTEST, Statement.WITHDRAW)
    if contested is not None and (settled is None or contested.recorded_at > settled.recorded_at):
        since = [claim for claim in ordered if claim.recorded_at > contested.recorded_at]
        # After a contest, only someone who is neither the vendor nor the first to declare settles the matter.
        return Status.CONFIRMED if _independent(ordered[0], since, interested) else Status.CONTESTED
    if settled is not None or _independent(ordered[0], ordered, interested):
        return Status.CONFIRMED
    return Status.DECLARED


def _independent(first: Claim, claims: Sequence[Claim], interested: str | None) -> bool:
    return any(
        claim.supports
        and not _same_speaker(claim, first)
        and (interested is None or claim.author_siren != interested)
        for claim in claims
    )


def _same_speaker(one: Claim, other: Claim) -> bool:
    same_body = one.author_siren is not None and one.author_siren == other.author_siren
    return one.author == other.author or same_body


def _supporting(claims: Sequence[Claim]) -> list[date]:
    return [claim.stated_on for claim in claims if claim.supports]


def _last(claims: Sequence[Claim], *statements: Statement) -> Claim | None:
    return next((claim for claim in reversed(claims) if claim.statement in statements), None)


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)
